//! Manifests: the checksums of a folder's files.
//!
//! `MANIFEST` is a text: one line per file with its BLAKE3, its size in bytes and its name, sorted
//! by name, and a last line with the BLAKE3 of all that stands before it:
//!
//! ```text
//! 0c1f... 814 model.safetensors
//! 77a0... 1628 optimizer.safetensors
//! 5be9... 212 state.json
//! 31d4...
//! ```

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{
    StoreError,
    disk::{self, Context},
};

/// The manifest's file name.
pub(crate) const NAME: &str = "MANIFEST";
/// The maximum size of a manifest in bytes, far above any real one.
const LARGEST: u64 = 64 * 1024;
/// The length of the last line: a BLAKE3 in hexadecimal and a line feed.
const LAST_LINE: usize = 2 * blake3::OUT_LEN + 1;

/// The size and checksum of each file of a folder, by name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Manifest(BTreeMap<String, Entry>);

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    size: u64,
    hash: blake3::Hash,
}

impl Manifest {
    /// The manifest of files, given by name and content.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let entry = |bytes: &[u8]| Entry { size: bytes.len() as u64, hash: blake3::hash(bytes) };
        let files = files.into_iter();
        Self(files.map(|(name, bytes)| (name.to_owned(), entry(bytes))).collect())
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, Entry { size, hash }) in &self.0 {
            writeln!(text, "{hash} {size} {name}").expect("a String takes all that is written");
        }
        text.push_str(&last_line(&text));
        text
    }

    /// Reads the manifest of a folder, which must contain no other files than those listed.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let bytes = read_regular(&path, |size| {
            (size > LARGEST).then(|| format!("it has {size} bytes, which no manifest has"))
        })?;
        let manifest = Self::parse(&bytes).map_err(|fault| damaged(&path, fault))?;
        for name in disk::names(folder)? {
            if name != NAME && !manifest.0.contains_key(&name) {
                let fault = format!("it is not listed in {NAME}, and nothing else may be here");
                return Err(damaged(&folder.join(name), fault));
            }
        }
        Ok(manifest)
    }

    /// The BLAKE3 checksum of a file, in hexadecimal; none for a file that is not listed.
    pub fn checksum(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|entry| entry.hash.to_hex().to_string())
    }

    /// The names that it lists, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads a file of the folder and verifies it. It is read once, so the returned bytes are the verified ones.
    pub fn read_file(&self, folder: &Path, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = folder.join(name);
        let Some(entry) = self.0.get(name) else {
            return Err(damaged(&folder.join(NAME), format!("it does not list {name}")));
        };
        let bytes = read_regular(&path, |size| {
            (size != entry.size)
                .then(|| format!("it has {size} bytes, and {NAME} says {}", entry.size))
        })?;
        if blake3::hash(&bytes) == entry.hash {
            Ok(bytes)
        } else {
            Err(damaged(&path, format!("its content is not the one that {NAME} describes")))
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|_| "it is not a text")?;
        let (listing, last) = text
            .len()
            .checked_sub(LAST_LINE)
            .and_then(|middle| text.split_at_checked(middle))
            .ok_or("it is too short")?;
        if last != last_line(listing) {
            return Err("its last line is not the checksum of the lines before it".to_owned());
        }
        // With a valid checksum, the rest can fail only on a forged file.
        let mut entries = BTreeMap::new();
        for line in listing.lines() {
            let (name, entry) = parse_line(line).ok_or(format!("`{line}` describes no file"))?;
            entries.insert(name.to_owned(), entry);
        }
        Ok(Self(entries))
    }
}

fn parse_line(line: &str) -> Option<(&str, Entry)> {
    let mut parts = line.splitn(3, ' ');
    let hash = blake3::Hash::from_hex(parts.next()?).ok()?;
    let size = parts.next()?.parse().ok()?;
    Some((parts.next()?, Entry { size, hash }))
}

fn last_line(listing: &str) -> String {
    format!("{}\n", blake3::hash(listing.as_bytes()))
}

/// Reads a regular file, unless `refuse` returns an error for its size.
fn read_regular(
    path: &Path,
    refuse: impl Fn(u64) -> Option<String>,
) -> Result<Vec<u8>, StoreError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(damaged(path, "it is missing".to_owned()));
        }
        found => found.context("look at", path)?,
    };
    if !found.is_file() {
        return Err(damaged(path, "it is not a plain file".to_owned()));
    }
    if let Some(fault) = refuse(found.len()) {
        return Err(damaged(path, fault));
    }
    let mut bytes = Vec::new();
    // One byte more than its size, so that growth meanwhile is detected and bounded.
    bytes
        .try_reserve_exact(usize::try_from(found.len() + 1).unwrap_or(usize::MAX))
        .map_err(io::Error::from)
        .and_then(|()| File::open(path)?.take(found.len() + 1).read_to_end(&mut bytes))
        .context("read", path)?;
    match refuse(bytes.len() as u64) {
        Some(fault) => Err(damaged(path, fault)),
        None => Ok(bytes),
    }
}

/// The error for a damaged file.
pub(crate) fn damaged(file: &Path, fault: String) -> StoreError {
    StoreError::Damaged { file: file.to_owned(), fault, others: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_documented_one() {
        let manifest = Manifest::of([("b.txt", &b"abc"[..]), ("a.txt", b"")]);
        let text = manifest.to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        // BLAKE3's own test vectors give this hash of the empty input.
        assert_eq!(
            lines[0],
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262 0 a.txt"
        );
        assert!(lines[1].ends_with(" 3 b.txt"));
        assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest));
    }

    #[test]
    fn a_manifest_made_to_mislead_is_an_error() {
        let hash = "0".repeat(64);
        for listing in ["a\n", "x 1 a\n", &format!("{hash} -1 a\n"), &format!("{hash} 1\n"), "\n"] {
            let text = format!("{listing}{}", last_line(listing));
            assert!(Manifest::parse(text.as_bytes()).is_err(), "{listing}");
        }
        // Bytes that are no text, and a character that spans the place where it is cut.
        assert!(Manifest::parse(&[0xff; 200]).is_err());
        assert!(Manifest::parse("é".repeat(100).as_bytes()).is_err());
    }
}
