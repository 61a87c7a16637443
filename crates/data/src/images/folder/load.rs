//! Datasets in folders of images, one subfolder per class.
//!
//! ```text
//! path/train/CLASS/**/image.png        path/CLASS/**/image.png
//! path/valid/CLASS/**/image.png        (test_fraction of each class becomes the test set)
//! path/test/CLASS/**/image.png
//! ```
//! Names that start with a dot are ignored. Classes and images are in the byte order of their names in
//! Unicode's composed form, so the same folder gives the same dataset anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_config::{DataSource, ImageFolderConfig, OnBroken};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::error::DataError;
use crate::images::classes::{Labels, classes_have, nothing_to_train_on};
use crate::images::dataset::Dataset;
use crate::images::decode::{Bounds, read_file, read_image_bytes};
use crate::images::folder::layout::{FolderLayout, FolderSplit};
use crate::images::folder::listing::{BrokenFile, Listing};
use crate::names::{first_of, is_image, listed, portable_path};
use crate::samples::Source as _;
use crate::samples::{Examples, ImageShape};

/// Skipped files of a split that are named; the others are counted.
const MOST_NAMED: usize = 20;

/// The splits of a folder of images, before any file is opened.
pub(crate) struct Folder {
    pub layout: FolderLayout,
    pub train: Listing,
    pub valid: Option<Listing>,
    pub test: Option<Listing>,
}

impl Folder {
    /// Finds the splits and lists their classes and files.
    pub fn of(path: &Path) -> Result<Self, DataError> {
        let mut layout = FolderLayout::of(path)?;
        let root = layout.root.clone();
        let list = |folder: &PathBuf| Listing::of(folder, &root);
        let train = list(&layout.train)?;
        let valid = layout.valid.as_ref().map(list).transpose()?;
        let test = layout.test.as_ref().map(list).transpose()?;
        let parts = [Some(&train), valid.as_ref(), test.as_ref()];
        // The layout already names what lies beside the class folders of a dataset without splits.
        let seen = |own: &&PathBuf| own.parent() == Some(&layout.root);
        let own = parts.into_iter().flatten().flat_map(|part| &part.own);
        let own: Vec<&PathBuf> = own.filter(|own| !seen(own)).collect();
        layout
            .notes
            .extend(first_of(&own).map(|own| format!("{own}: left out, written by Hearth")));
        Ok(Self { layout, train, valid, test })
    }

    /// The training split, and each split with a folder of its own.
    pub fn parts(&self) -> impl Iterator<Item = (FolderSplit, &Listing)> {
        let valid = self.valid.iter().map(|part| (FolderSplit::Valid, part));
        let test = self.test.iter().map(|part| (FolderSplit::Test, part));
        std::iter::once((FolderSplit::Train, &self.train)).chain(valid).chain(test)
    }

    /// Checks that each split has the same class folders, if the task needs labels.
    fn check(&self, labels: Labels) -> Result<(), DataError> {
        let others = || self.parts().skip(1).map(|(_, part)| part);
        if labels == Labels::Needed && self.train.is_flat && others().any(|part| part.is_flat) {
            let parts = listed(self.layout.folders().map(|(_, folder)| folder));
            let fault = format!(
                "{parts} hold images and no class folders: for parts, put the images of each class into a \
                 folder of its name in them; for classes, move them into a folder train/"
            );
            return Err(DataError::set(&self.layout.root, fault));
        }
        if labels == Labels::Needed {
            others().try_for_each(|part| part.check_classes(&self.train))?;
        }
        self.train.check_count(labels)
    }

    /// Gives each split the classes of all splits, for a task without labels.
    fn unite_classes(&mut self) {
        let classes: BTreeSet<String> =
            self.parts().flat_map(|(_, part)| part.classes.iter().cloned()).collect();
        let classes: Vec<String> = classes.into_iter().collect();
        let parts = [Some(&mut self.train), self.valid.as_mut(), self.test.as_mut()];
        for part in parts.into_iter().flatten() {
            let label = |class: &String| classes.partition_point(|other| other < class) as u16;
            let labels: Vec<u16> = part.classes.iter().map(label).collect();
            for (_, label) in &mut part.images {
                *label = labels[usize::from(*label)];
            }
            part.classes.clone_from(&classes);
        }
    }
}

/// Loads a folder of images; a test split is drawn where the folder has none.
pub(crate) fn load(config: &ImageFolderConfig, labels: Labels) -> Result<Dataset, DataError> {
    let shape =
        ImageShape { channels: config.color.channels(), height: config.size, width: config.size };
    let mut folder = Folder::of(Path::new(&config.path))?;
    folder.check(labels)?;
    folder.unite_classes();
    let mut warnings: Vec<String> = folder.train.case_warning().into_iter().collect();
    let Folder { layout, train, valid, test } = folder;
    let (train, test) = match test {
        Some(test) => (train, test),
        None => train.split(config.test_fraction)?,
    };

    let mut checksums = BTreeMap::new();
    let classes = train.classes.clone();
    let mut part = |part: FolderSplit, listing: Listing| {
        let (root, name, files) = (listing.root.clone(), part.name(), listing.num_files());
        let (examples, sum) = listing.read(shape, config.on_broken, &mut warnings)?;
        checksums.insert(name.to_owned(), sum);
        if examples.is_empty() {
            return Err(DataError::set(&root, format!("no image is left for the {name} set")));
        }
        let mut counts = vec![0; classes.len()];
        examples.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        let empty: Vec<_> = (0..classes.len()).filter(|&class| counts[class] == 0).collect();
        if labels == Labels::Needed && !empty.is_empty() {
            if part == FolderSplit::Train {
                let fault = nothing_to_train_on(&classes[empty[0]], files[empty[0]]);
                return Err(DataError::set(&root, fault));
            }
            let lacking: Vec<_> = empty.iter().map(|&class| &classes[class]).collect();
            let (root, lacking) = (root.display(), classes_have(&lacking));
            warnings.push(format!("{root}: {lacking} no image in the {name} set"));
        }
        Ok(Arc::new(examples))
    };
    let train = part(FolderSplit::Train, train)?;
    let valid = valid.map(|valid| part(FolderSplit::Valid, valid)).transpose()?;
    let test = part(FolderSplit::Test, test)?;
    Ok(Dataset {
        name: "image-folder".to_owned(),
        classes,
        train,
        valid,
        test,
        checksums,
        notes: layout.notes.clone(),
        layout: Some(layout),
        warnings,
    })
}

/// True if the source has validation samples of its own: a folder of images with a validation split, or `bible-es`.
pub fn has_valid(source: &DataSource) -> bool {
    match source {
        DataSource::ImageFolder(folder) => {
            FolderLayout::of(Path::new(&folder.path)).is_ok_and(|layout| layout.valid.is_some())
        }
        DataSource::BibleEs(_) => true,
        _ => false,
    }
}

impl Listing {
    /// Decodes all images into one buffer; returns them with the SHA-256 over their names and contents.
    fn read(
        self,
        shape: ImageShape,
        on_broken: OnBroken,
        warnings: &mut Vec<String>,
    ) -> Result<(Examples, String), DataError> {
        let stray: Vec<_> = self.loose.iter().filter(|path| is_image(path)).collect();
        let stray = first_of(&stray);
        warnings.extend(stray.map(|path| format!("{path}: left out, in no class folder")));
        let mut broken = self.broken;
        let size = shape.pixels().max(1);
        let mut pixels = buffer(self.images.len().saturating_mul(size), &self.root)?;
        let read: Vec<_> = (pixels.par_chunks_mut(size).zip(&self.images))
            .map(|(slot, (path, _))| {
                let bytes = read_file(path)?;
                slot.copy_from_slice(&read_image_bytes(path, &bytes, shape, false, Bounds::FILE)?);
                Ok(Sha256::digest(&bytes))
            })
            .collect();

        // Decoded images close the gaps of skipped ones; their order stays.
        let mut labels = Vec::with_capacity(self.images.len());
        let mut sums = Sha256::new();
        for (index, ((path, label), sum)) in self.images.iter().zip(read).enumerate() {
            match sum {
                Ok(sum) => {
                    pixels.copy_within(index * size..(index + 1) * size, labels.len() * size);
                    labels.push(*label);
                    sums.update(portable_path(path.strip_prefix(&self.root).unwrap_or(path)));
                    sums.update([0]);
                    sums.update(sum);
                }
                Err(error) => broken.push(BrokenFile { path: path.clone(), fault: fault(&error) }),
            }
        }
        pixels.truncate(labels.len() * size);
        let unnamed = broken.len().saturating_sub(MOST_NAMED);
        for BrokenFile { path, fault } in broken.into_iter().take(MOST_NAMED) {
            if on_broken == OnBroken::Fail {
                return Err(DataError::Image { path, fault });
            }
            warnings.push(format!(
                "{}: left out, for it cannot be read as an image: {fault}",
                path.display()
            ));
        }
        if unnamed > 0 {
            warnings.push(format!(
                "{}: {unnamed} more files are left out; `hearth data check` names them all",
                self.root.display()
            ));
        }
        Ok((Examples { pixels, labels, shape, augment: None }, hex(&sums.finalize())))
    }
}

/// The fault of an error, without the path that the error's message repeats.
pub(crate) fn fault(error: &DataError) -> String {
    match error {
        DataError::Image { fault, .. } => fault.clone(),
        DataError::Io { source, .. } => hearth_config::reason(source),
        other => other.to_string(),
    }
}

/// `bytes` zeros, or an error where memory does not suffice.
fn buffer(bytes: usize, path: &Path) -> Result<Vec<u8>, DataError> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes).map_err(|_| {
        let fault =
            format!("its images need {} MB of memory; choose a smaller data.size", bytes >> 20);
        DataError::set(path, fault)
    })?;
    buffer.resize(bytes, 0);
    Ok(buffer)
}

#[cfg(test)]
pub(crate) mod tests;
