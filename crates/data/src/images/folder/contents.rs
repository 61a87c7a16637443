//! Direct contents of a folder: candidates for data, and folders that Hearth itself wrote.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::catalog;
use crate::error::DataError;
use crate::names::{is_ignored, is_image, portable};

/// Direct contents of a folder, sorted by name, without hidden files and files that operating systems leave behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// Subfolders, links to folders included.
    pub folders: Vec<PathBuf>,
    /// All other files.
    pub files: Vec<PathBuf>,
    /// Subfolders that Hearth wrote: runs, sweeps, exports, datasets of the catalog.
    pub own: Vec<PathBuf>,
}

/// Position of the images in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Neither images nor subfolders.
    Empty,
    /// Images and no subfolders, as in a class folder.
    Flat,
    /// Subfolders and no images, as in a split.
    Nested,
    /// Images and subfolders.
    Mixed,
}

impl Contents {
    /// Lists a folder.
    pub fn of(folder: &Path) -> Result<Self, DataError> {
        let unreadable = |error| DataError::unreadable(folder, error);
        let mut contents = Self::default();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if is_ignored(&entry.file_name()) {
                continue;
            }
            let path = entry.path();
            let group = match is_folder(&entry) {
                false => &mut contents.files,
                true if is_own(&path) => &mut contents.own,
                true => &mut contents.folders,
            };
            group.push(path);
        }
        for group in [&mut contents.folders, &mut contents.files, &mut contents.own] {
            group.sort_by(|a, b| {
                let [a, b] = [a, b].map(|path| path.file_name().unwrap_or_default());
                portable(a).cmp(&portable(b)).then_with(|| a.cmp(b))
            });
        }
        Ok(contents)
    }

    /// The position of the images, as far as the direct contents tell.
    pub fn shape(&self) -> Shape {
        let images = self.files.iter().any(|file| is_image(file));
        match (self.folders.is_empty(), images) {
            (true, false) => Shape::Empty,
            (true, true) => Shape::Flat,
            (false, false) => Shape::Nested,
            (false, true) => Shape::Mixed,
        }
    }
}

/// True if a folder holds an image or an unreadable folder at any depth, in folders that Hearth did not write.
pub(crate) fn holds_images(folder: &Path) -> bool {
    let walk = WalkDir::new(folder).follow_links(false).into_iter();
    let is_left_out = |entry: &walkdir::DirEntry| {
        is_ignored(entry.file_name()) || entry.file_type().is_dir() && is_own(entry.path())
    };
    let walk = walk.filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry));
    let mut walk = walk.map(|entry| {
        entry.map_or(true, |entry| !entry.file_type().is_dir() && is_image(entry.path()))
    });
    walk.any(|found| found)
}

fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    }
}

/// True for a folder that Hearth wrote: a run, a sweep, an export, a dataset of the catalog, or a folder of only
/// such folders.
pub(crate) fn is_own(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).exists();
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    // A run that was killed at its start has a lock and a config alone.
    has("config.toml") && (any(&["run.json", "metrics.jsonl", ".lock"]) || has_checkpoint(folder))
        || has("sweep.json") && has("sweep.toml")
        || has("config.json") && any(&["model.onnx", "model.safetensors", "model.bpk"])
        || is_dataset(folder)
        || holds_only_own(folder)
}

/// True if `checkpoints` holds an entry with the name of a checkpoint: `step-00000032`.
fn has_checkpoint(run: &Path) -> bool {
    let Ok(entries) = fs::read_dir(run.join("checkpoints")) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("step-").and_then(|number| number.get(..8));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn is_dataset(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    catalog::entry(name).is_ok_and(|entry| {
        let there = |name: &str| folder.join(name).exists();
        entry.files.iter().any(|file| there(file.name) || there(&format!("{}.gz", file.name)))
    })
}

/// True if a folder holds at least one folder that Hearth wrote, no image, and no other nonempty folder. Links are
/// not followed, since they may form cycles.
fn holds_only_own(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let mut found = false;
    for entry in entries.flatten().filter(|entry| !is_ignored(&entry.file_name())) {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if is_image(&path) {
                return false;
            }
        } else if is_own(&path) {
            found = true;
        } else if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
            return false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::folder::load::tests::TempImages;

    #[test]
    fn folders_that_hearth_wrote_are_recognised() {
        let images = TempImages::new();
        let write = |name: &str| images.write(name, b"");
        let own = |name: &str| is_own(&images.path(name));
        write("runs/a-001/config.toml");
        assert!(!own("runs/a-001") && !own("runs"), "a config alone is anyone's");
        write("runs/a-001/run.json");
        images.add("runs/a-001/samples/step-1.png", [1; 3]);
        write("runs/compare.html");
        std::fs::create_dir(images.path("runs/a-002")).unwrap();
        assert!(own("runs/a-001") && own("runs"));
        write("sweeps/a-sweep-001/sweep.json");
        write("sweeps/a-sweep-001/sweep.toml");
        write("exported/config.json");
        write("exported/model.bpk");
        write("datasets/mnist/t10k-labels-idx1-ubyte.gz");
        for name in ["sweeps", "exported", "datasets"] {
            assert!(own(name), "{name}");
        }
        images.add("runs/cat/0.png", [1; 3]);
        assert!(!own("runs"), "not only runs");
        images.add("cat/0.png", [1; 3]);
        assert!(!own("cat"));
        // The run of another program, until it has a checkpoint of Hearth's.
        write("other/config.toml");
        write("other/checkpoints/epoch=3.ckpt");
        assert!(!own("other"));
        std::fs::create_dir(images.path("other/checkpoints/step-00000032")).unwrap();
        assert!(own("other"));
    }

    #[test]
    fn the_shape_tells_parts_from_classes() {
        let images = TempImages::new();
        let shape = |name: &str| Contents::of(&images.path(name)).unwrap().shape();
        images.write("part/cat/README", b"none");
        assert_eq!((shape("part"), shape("part/cat")), (Shape::Nested, Shape::Empty));
        images.write("part/labels.csv", b"");
        images.add("part/cat/0.png", [1; 3]);
        assert_eq!((shape("part"), shape("part/cat")), (Shape::Nested, Shape::Flat));
        images.add("part/stray.png", [1; 3]);
        assert_eq!(shape("part"), Shape::Mixed);
        assert!(holds_images(&images.path("part")));
        images.write("notes/deep/a.txt", b"");
        assert!(!holds_images(&images.path("notes")));
        // Folders that Hearth wrote are no data.
        images.write("notes/runs/a-001/config.toml", b"");
        images.write("notes/runs/a-001/run.json", b"");
        images.add("notes/runs/a-001/samples/step-1.png", [1; 3]);
        assert!(!holds_images(&images.path("notes")));
    }
}
