//! Paths in a config, resolved to files and folders.

use std::path::{Component, Display, Path, PathBuf};

use crate::config::{Config, Origin};
use crate::models::ModelConfig;
use crate::raw::RawConfig;
use crate::syntax::diagnostic::Location;
use crate::syntax::text::composed;

/// A config with absolute paths.
#[derive(Clone, Debug)]
pub struct ResolvedConfig {
    /// The config.
    pub config: Config,
    /// Notes for the user, in sentences, on relative paths that could mean two files or folders.
    pub notes: Vec<String>,
    /// The paths to no file or folder.
    pub missing: Vec<MissingPath>,
}

/// A path of a config to no file or folder.
#[derive(Clone, Debug)]
pub struct MissingPath {
    /// The setting's dotted path.
    pub key: &'static str,
    /// The absolute paths that were tried.
    pub tried: Vec<PathBuf>,
    /// The location of the setting.
    pub location: Location,
}

impl RawConfig {
    /// Makes the paths of `config`, which was made from these settings, absolute. A relative path is tried from the
    /// working directory, then from the folder of the config's file. A path from the command line is tried only
    /// from the working directory, and so is every path of a run's own config (`is_stored`).
    pub fn resolve_paths(&self, mut config: Config, is_stored: bool) -> ResolvedConfig {
        let (mut notes, mut missing) = (Vec::new(), Vec::new());
        for (key, path) in config.paths_mut() {
            let location = self.location_of(key);
            let is_beside = !is_stored && !location.is_typed();
            let beside = is_beside.then(|| folder_of(&location.source.name));
            let tried = candidates(Path::new(path.as_str()), beside.as_deref());
            let found = tried.iter().position(|candidate| may_exist(candidate));
            match (found, &tried[..]) {
                (None, _) => missing.push(MissingPath { key, tried: tried.clone(), location }),
                (Some(0), [here, there]) if may_exist(there) && !are_same(here, there) => {
                    notes.push(format!(
                        "{key} is {}, from the working directory; there is {} too, beside the config",
                        here.display(),
                        there.display()
                    ));
                }
                (Some(1), [_, there]) => notes.push(format!(
                    "{key} is {}, from the config's folder: the working directory has no `{path}`",
                    there.display()
                )),
                _ => {}
            }
            // A path that is not UTF-8 stays as typed.
            if let Some(text) = tried.get(found.unwrap_or(0)).and_then(|path| path.to_str()) {
                text.clone_into(path);
            }
        }
        ResolvedConfig { config, notes, missing }
    }
}

impl Config {
    /// The settings that are paths, by their dotted paths, to change.
    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        let mut paths = Vec::new();
        match &mut self.origin {
            Origin::Data(data) => paths.extend(data.source.settings_mut().paths_mut()),
            Origin::Environment(_) => {}
        }
        if let ModelConfig::Classifier { init, .. } = &mut self.model {
            paths.extend(init.init.as_mut().map(|path| ("model.init", path)));
        }
        if let Some(evaluate) = &mut self.evaluate {
            paths.extend(evaluate.classifier.as_mut().map(|path| ("evaluate.classifier", path)));
        }
        paths
    }

    /// The settings that are paths, by their dotted paths.
    pub fn paths(&self) -> Vec<(&'static str, String)> {
        let mut config = self.clone();
        config.paths_mut().into_iter().map(|(key, path)| (key, std::mem::take(path))).collect()
    }

    /// The missing files and folders of the data: setting and absolute path.
    pub fn missing_data(&self) -> Vec<(&'static str, PathBuf)> {
        let paths = self.paths().into_iter().filter(|(key, _)| key.starts_with("data."));
        let paths = paths.map(|(key, path)| (key, absolute(Path::new(&path))));
        paths.filter(|(_, path)| !may_exist(path)).collect()
    }

    /// These settings with only the file name of each path, for other machines.
    #[must_use]
    pub fn without_folders(&self) -> Self {
        let mut config = self.clone();
        for (_, path) in config.paths_mut() {
            let name = Path::new(path).file_name().and_then(|name| name.to_str());
            if let Some(name) = name.map(str::to_owned) {
                *path = name;
            }
        }
        config
    }

    /// These settings with the IDX paths of `stored`, an earlier config of the same run, wherever they mean the same
    /// files: feature classifiers are identified by these paths.
    #[must_use]
    pub fn with_files_of(mut self, stored: &Self) -> Self {
        let stored = stored.paths();
        for (key, path) in self.paths_mut() {
            let is_file = key.ends_with("_images") || key.ends_with("_labels");
            let old = stored.iter().filter(|_| is_file).find(|(found, _)| *found == key);
            if let Some((_, old)) = old
                && are_same(&absolute(Path::new(old)), &absolute(Path::new(path)))
            {
                path.clone_from(old);
            }
        }
        self
    }
}

/// A path for messages: relative to the working directory where it lies within.
pub fn shown(path: &Path) -> Display<'_> {
    let inside = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok());
    match inside {
        Some(inside) if inside.as_os_str().is_empty() => Path::new(".").display(),
        inside => inside.unwrap_or(path).display(),
    }
}

/// True if a run's stored path, relative in earlier versions, means the same file or folder as `path`.
pub(crate) fn means_same(stored: &str, path: &str) -> bool {
    let (stored, path) = (Path::new(stored), Path::new(path));
    let plain = |path: &Path| path.components().collect::<PathBuf>();
    plain(stored) == plain(path)
        || stored.is_relative() && plain(path).ends_with(plain(stored))
        || stored.is_relative() && are_same(&absolute(stored), &absolute(path))
}

/// The folder of a file, absolute.
fn folder_of(file: &str) -> PathBuf {
    let file = absolute(Path::new(file));
    file.parent().map_or_else(|| file.clone(), Path::to_owned)
}

/// The paths that `path` may mean, without duplicates: from the working directory, and from the folder `beside`.
fn candidates(path: &Path, beside: Option<&Path>) -> Vec<PathBuf> {
    let mut all = vec![as_on_disk(absolute(path))];
    let other = beside.map(|folder| as_on_disk(absolute(&folder.join(path))));
    all.extend(other.filter(|other| *other != all[0]));
    all
}

/// The path in the Unicode form of the names on the disk, where `é` may be one character or two. A path that exists, or
/// that exists in no form, stays unchanged.
fn as_on_disk(path: PathBuf) -> PathBuf {
    if path.to_str().is_none_or(str::is_ascii) || may_exist(&path) {
        return path;
    }
    let mut found = PathBuf::new();
    for part in &path {
        let next = found.join(part);
        if may_exist(&next) {
            found = next;
            continue;
        }
        let Some(wanted) = part.to_str().map(composed) else { return path };
        let is_wanted =
            |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| composed(name) == wanted);
        let names = std::fs::read_dir(&found).into_iter().flatten().flatten();
        match names.map(|entry| entry.file_name()).find(|name| is_wanted(name)) {
            Some(name) => found.push(name),
            None => return path,
        }
    }
    found
}

/// The absolute path; unchanged, where the working directory is unknown. `..` and the folders before it are resolved,
/// because those folders may be removed later.
fn absolute(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().filter(|part| part.as_os_str() != ".").collect();
    let whole = std::path::absolute(&plain)
        .or_else(|_| std::env::current_dir())
        .unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = whole.components().collect();
    let back = parts.iter().rposition(|part| *part == Component::ParentDir);
    let Some(end) = back.map(|at| at + 1) else { return whole };
    // On the disk: the parent of a symbolic link's target is not that of the link.
    match parts[..end].iter().collect::<PathBuf>().canonicalize() {
        Ok(found) => found.components().chain(parts[end..].iter().copied()).collect(),
        Err(_) => whole,
    }
}

/// True if a path exists or cannot be examined; reading it then gives the reason.
fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

fn are_same(left: &Path, right: &Path) -> bool {
    match (left.canonicalize(), right.canonicalize()) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests;
