//! Atomic writes: a crash leaves the old content or the new one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use crate::StoreError;

/// The prefix of the names of unfinished files and folders.
const TEMPORARY: &str = ".tmp-";

/// Adds the action and the path to an I/O error.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}

/// The path of `name` in `folder` until it is finished.
pub(crate) fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{TEMPORARY}{name}-{}", process::id()))
}

pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
}

/// Writes a new file and syncs it to the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = File::create_new(path).context("create", path)?;
    file.write_all(bytes).context("write", path)?;
    file.sync_all().context("write", path)
}

/// Writes the file `name` in `folder` atomically, and syncs it to the disk.
pub(crate) fn write_atomic(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = temporary(folder, name);
    let path = folder.join(name);
    remove(&temporary)?;
    let renamed = write_synced(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, &path).context("replace", &path));
    if renamed.is_err() {
        // The first error is the one to report.
        let _ = remove(&temporary);
    }
    renamed.and_then(|()| sync_folder(folder))
}

/// Syncs a folder's entries to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // Only Unix opens folders as files.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).context("write", folder)?;
    }
    Ok(())
}

/// Creates a folder and its missing parents.
pub(crate) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    if !parent(folder).is_dir() && parent(folder) != folder {
        create_folder(parent(folder))?;
    }
    create_in_parent(folder)
}

/// Creates a folder, if it is missing, in an existing parent.
pub(crate) fn create_in_parent(folder: &Path) -> Result<(), StoreError> {
    match fs::create_dir(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        created => created.context("create", folder).and_then(|()| sync_folder(parent(folder))),
    }
}

/// The parent folder of `path`; `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// True if anything exists at `path`, even a broken link.
pub(crate) fn exists(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(false)
        }
        Err(error) => Err(error).context("look at", path),
    }
}

/// True if a file exists at `path`. A path that cannot be examined is an error, and not absent.
pub(crate) fn is_file(path: &Path) -> Result<bool, StoreError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(false),
        found => Ok(found.context("look at", path)?.is_file()),
    }
}

/// Removes a file, or a folder with its contents; a missing path is no error.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    };
    removed.context("remove", path)
}

/// The names in a folder, sorted; none when there is no such folder.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.context("list", folder)?,
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()
        .context("list", folder)?;
    names.sort_unstable();
    Ok(names)
}

/// Removes the remains of interrupted writes in a folder. No other process may write there meanwhile.
pub(crate) fn clear_temporary(folder: &Path) -> Result<(), StoreError> {
    names(folder)?
        .iter()
        .filter(|name| is_temporary(name))
        .try_for_each(|name| remove(&folder.join(name)))
}

/// Checks that `name` is a plain file name: no path, and no temporary name.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let plain = Path::new(name).file_name().is_some_and(|last| last == name);
    if plain && !is_temporary(name) {
        Ok(())
    } else {
        Err(StoreError::FileName { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_the_whole_or_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        write_atomic(folder.path(), "a.txt", b"old and long")?;
        write_atomic(folder.path(), "a.txt", b"new")?;
        assert_eq!(fs::read(folder.path().join("a.txt"))?, b"new");
        assert_eq!(names(folder.path())?, ["a.txt"]);

        // A folder cannot be replaced by a file.
        fs::create_dir_all(folder.path().join("b.txt/inside"))?;
        let error = write_atomic(folder.path(), "b.txt", b"new").expect_err("b.txt is a folder");
        assert!(matches!(error, StoreError::Io { path, .. } if path.ends_with("b.txt")));
        assert_eq!(names(folder.path())?, ["a.txt", "b.txt"]);
        Ok(())
    }

    #[test]
    fn only_plain_names_are_names() {
        for name in ["config.toml", "a b", "..."] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "/a", "a/", "../a", ".tmp-a"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
