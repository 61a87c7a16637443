//! Names of files and folders, in a form that is the same on every operating system.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

pub(crate) use hearth_config::composed;

/// Files and folders that operating systems and programs leave behind, in lower case: never an image or a class.
const OF_SYSTEMS: [&str; 9] = [
    "$recycle.bin",
    "@eadir",
    "__macosx",
    "__pycache__",
    "desktop.ini",
    "ehthumbs.db",
    "lost+found",
    "system volume information",
    "thumbs.db",
];

/// Extensions of image files, those of formats without a decoder here included.
const OF_IMAGES: [&str; 24] = [
    "avif", "bmp", "dib", "gif", "heic", "heif", "ico", "jfif", "jp2", "jpe", "jpeg", "jpg", "jxl",
    "pbm", "pgm", "png", "pnm", "ppm", "qoi", "svg", "tga", "tif", "tiff", "webp",
];

/// True if two lists hold the same names, up to Unicode normalisation (NFC, NFD).
pub fn same_names(a: &[String], b: &[String]) -> bool {
    a.iter().map(|name| composed(name)).eq(b.iter().map(|name| composed(name)))
}

/// The bytes of a name, in Unicode's composed form (NFC) where it is text: the key for sorting and checksums.
pub(crate) fn portable(name: &OsStr) -> Cow<'_, [u8]> {
    match name.to_str().map(composed) {
        Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        None => Cow::Borrowed(name.as_encoded_bytes()),
    }
}

/// The bytes of a relative path, with `/` between its parts on every system.
pub(crate) fn portable_path(path: &Path) -> Vec<u8> {
    path.iter().map(portable).collect::<Vec<_>>().join(&b'/')
}

/// True for hidden files and for files that operating systems leave behind.
pub(crate) fn is_ignored(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
        || name.to_str().is_some_and(|name| OF_SYSTEMS.contains(&name.to_lowercase().as_str()))
}

/// True for a file with the extension of an image, or without one and with the first bytes of an image.
pub(crate) fn is_image(path: &Path) -> bool {
    match path.extension() {
        Some(ending) => ending
            .to_str()
            .is_some_and(|ending| OF_IMAGES.contains(&ending.to_lowercase().as_str())),
        None => path.is_file() && starts_as_image(path).unwrap_or(false),
    }
}

fn starts_as_image(path: &Path) -> std::io::Result<bool> {
    use std::io::Read as _;
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(32).read_to_end(&mut start)?;
    Ok(image::guess_format(&start).is_ok())
}

/// The last part of a path, for messages.
pub(crate) fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
}

/// `a/, b/ and 3 more`: the names of some folders.
pub(crate) fn listed<'a>(folders: impl IntoIterator<Item = &'a Path>) -> String {
    some_of(folders.into_iter().map(|folder| format!("{}/", name_of(folder))), 3)
}

/// `path/a`, or `path/a and 2 more`; `None` for an empty list.
pub(crate) fn first_of(paths: &[impl AsRef<Path>]) -> Option<String> {
    let first = paths.first()?.as_ref().display();
    Some(match paths.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} and {more} more"),
    })
}

/// `a, b, c and 3 more`: the first `most` names, and the number of the others.
pub(crate) fn some_of(names: impl IntoIterator<Item = impl ToString>, most: usize) -> String {
    let names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    match &names[..] {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] if names.len() <= most => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..most].join(", "), names.len() - most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_however_it_is_composed() {
        let (one, two) = ("caf\u{e9}", "cafe\u{301}");
        assert_eq!(portable(OsStr::new(two)), one.as_bytes());
        let list = |name: &str| [name.to_owned(), "a".to_owned()];
        assert!(same_names(&list(one), &list(two)) && !same_names(&list(one), &list("b")));
        assert_eq!(portable_path(&Path::new(two).join("a")), "caf\u{e9}/a".as_bytes());
    }

    #[test]
    fn files_of_operating_systems_are_no_data() {
        for name in [".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", ".ipynb_checkpoints"] {
            assert!(is_ignored(OsStr::new(name)), "{name}");
        }
        assert!(!is_ignored(OsStr::new("thumbs")));
    }

    #[test]
    fn images_are_known_by_their_ending_or_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            is_image(&path)
        };
        let png = b"\x89PNG\r\n\x1a\n";
        assert!(file("a.JPG", b"") && file("0001", png));
        assert!(!file("labels.csv", png) && !file("README", b"Two classes.") && !file("none", b""));
    }

    #[test]
    fn the_first_of_many_names_are_listed() {
        assert_eq!(some_of(["a"], 3), "a");
        assert_eq!(some_of(["a", "b", "c"], 3), "a, b and c");
        assert_eq!(some_of(["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
        assert_eq!(first_of(&["a/b"]).unwrap(), "a/b");
        assert_eq!(first_of(&["a/b", "c", "d"]).unwrap(), "a/b and 2 more");
        assert_eq!(first_of(&[""; 0]), None);
    }
}
