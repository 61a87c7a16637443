//! Recognition of class folders among folders that could be splits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{FolderSplit, is_parted};
use crate::error::DataError;
use crate::images::folder::contents::{Contents, Shape};
use crate::names::{composed, listed, name_of, some_of};

/// Names of folders that merely contain the images of a class.
const CONTAINERS: [&str; 14] = [
    "data", "files", "frames", "image", "images", "img", "imgs", "jpeg", "jpg", "photo", "photos",
    "picture", "pictures", "png",
];

/// Most folders that may be splits by unusual names.
const MOST_PARTS: usize = 8;

/// Accepts folders with names of splits as classes if other folders of images stand beside them, and adds a note; an
/// error if they may be splits nevertheless.
pub(super) fn beside_parts(
    root: &Path,
    parts: &[&PathBuf],
    classes: &[&PathBuf],
    notes: &mut Vec<String>,
) -> Result<(), DataError> {
    let inner = |folder: &Path| Contents::of(folder).unwrap_or_default();
    let nested: Vec<_> =
        parts.iter().filter(|folder| inner(folder).shape() == Shape::Nested).collect();
    // Folders of equal names inside and beside a split are the same classes.
    let beside: BTreeSet<_> = classes
        .iter()
        .flat_map(|folder| names(&inner(folder)).into_iter().chain([key(folder)]))
        .collect();
    for folder in &nested {
        let inside = inner(folder);
        if parts.len() == 1 && classes.len() >= 2 && beside.is_disjoint(&names(&inside)) {
            continue;
        }
        let name = name_of(folder);
        let part = FolderSplit::of(folder).map_or("train", FolderSplit::name);
        let has_train =
            parts.iter().any(|folder| FolderSplit::of(folder) == Some(FolderSplit::Train));
        let place = if has_train { "elsewhere" } else { "into a folder train/" };
        let fault = format!(
            "{name}/ holds folders ({}) and has {} beside it: is it the {part} part, or a class? For a part, \
             move what is beside it {place}; for a class, move all class folders into a folder train/",
            listed(inside.folders.iter().map(PathBuf::as_path)),
            listed(classes.iter().map(|folder| folder.as_path())),
        );
        return Err(DataError::set(root, fault));
    }
    notes.push(format!(
        "{}: {} counts as a class, beside {}",
        root.display(),
        listed(parts.iter().map(|folder| folder.as_path())),
        listed(classes.iter().map(|folder| folder.as_path())),
    ));
    Ok(())
}

/// Checks that folders are classes, and neither splits by unusual names nor classes with splits inside.
pub(super) fn check(root: &Path, folders: &[PathBuf]) -> Result<(), DataError> {
    let mut nested: Vec<(&Path, BTreeSet<String>)> = Vec::new();
    let mut others = 0;
    for folder in folders {
        // An unreadable folder is reported when its images are read.
        let Ok(inner) = Contents::of(folder) else { continue };
        check_parts_inside(root, folder, &inner)?;
        match inner.shape() {
            Shape::Empty => {}
            Shape::Flat | Shape::Mixed => others += 1,
            Shape::Nested => {
                let mut own = names(&innermost(folder, inner));
                own.retain(|name| !CONTAINERS.contains(&name.as_str()));
                nested.push((folder, own));
            }
        }
    }
    let Some((alike, common)) = alike(&nested, others == 0) else { return Ok(()) };
    let fault = format!(
        "{} hold folders of the same names ({}): are they parts, or classes? For parts, name them train/, \
         valid/ and test/; for classes, move all class folders into a folder train/",
        listed(alike),
        some_of(common, 3),
    );
    Err(DataError::set(root, fault))
}

/// Folders with the same subfolder names, and these names: all folders, or two of a few that share two names.
fn alike<'a>(
    nested: &[(&'a Path, BTreeSet<String>)],
    are_all: bool,
) -> Option<(Vec<&'a Path>, BTreeSet<String>)> {
    let (first, rest) = nested.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let mut common = first.1.clone();
    for (_, names) in rest {
        common.retain(|name| names.contains(name));
    }
    if are_all && !common.is_empty() {
        return Some((nested.iter().map(|(folder, _)| *folder).collect(), common));
    }
    let pairs = nested
        .iter()
        .enumerate()
        .flat_map(|(place, first)| nested[..place].iter().map(move |second| (second, first)));
    let few = nested.len() <= MOST_PARTS;
    pairs.filter(|_| few).find_map(|((first, names), (second, others))| {
        let common: BTreeSet<String> = names.intersection(others).cloned().collect();
        (common.len() > 1).then(|| (vec![*first, *second], common))
    })
}

/// The contents of a folder, or of its only subfolder if that has the folder's own name.
fn innermost(folder: &Path, contents: Contents) -> Contents {
    match &contents.folders[..] {
        [inner] if key(inner) == key(folder) => Contents::of(inner).unwrap_or(contents),
        _ => contents,
    }
}

/// Checks that a class folder does not hold splits: `CLASS/train`, `CLASS/test`.
fn check_parts_inside(root: &Path, folder: &Path, inner: &Contents) -> Result<(), DataError> {
    let parts: Vec<_> = inner
        .folders
        .iter()
        .filter_map(|folder| Some((FolderSplit::of(folder)?, folder)))
        .collect();
    let kinds: BTreeSet<FolderSplit> = parts.iter().map(|(part, _)| *part).collect();
    if kinds.len() < 2 {
        return Ok(());
    }
    let class = name_of(folder);
    if is_parted(inner) {
        let fault = format!(
            "{class}/ holds {} with folders in them: data.path = \"{}\" reads these",
            listed(parts.iter().map(|(_, folder)| folder.as_path())),
            folder.display()
        );
        return Err(DataError::set(root, fault));
    }
    let laid_out = parts.iter().map(|(part, _)| format!("{}/{class}/", part.name()));
    let fault = format!(
        "{class}/ holds {}, so that the class stands outside and the parts inside: lay it out as {}. If these \
         are no parts, move all class folders into a folder train/",
        listed(parts.iter().map(|(_, folder)| folder.as_path())),
        some_of(laid_out, 3),
    );
    Err(DataError::set(root, fault))
}

/// The names of the subfolders, in Unicode's composed form and lower case.
fn names(contents: &Contents) -> BTreeSet<String> {
    contents.folders.iter().map(|folder| key(folder)).collect()
}

fn key(folder: &Path) -> String {
    composed(&name_of(folder)).to_lowercase()
}
