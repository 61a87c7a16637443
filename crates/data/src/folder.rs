//! Folders of pictures, one subfolder per class.
//!
//! ```text
//! path/train/CLASS/**/picture.png        path/CLASS/**/picture.png
//! path/test/CLASS/**/picture.png         (test_fraction of each class becomes the test set)
//! ```
//! Names that start with a dot are ignored. Classes and pictures are in the byte
//! order of their names, so the same folder gives the same dataset anywhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearth_config::{ImageFolderConfig, OnBroken};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::dataset::Dataset;
use crate::digest::hex;
use crate::error::DataError;
use crate::examples::{Examples, PictureShape};
use crate::listing::{Broken, Layout, Listing};
use crate::picture::{Bounds, read_file, read_picture_bytes};

/// The most files of a part that are named when they are left out.
const MOST_NAMED: usize = 20;

/// Loads a folder of pictures.
pub(crate) fn load(config: &ImageFolderConfig) -> Result<Dataset, DataError> {
    let path = Path::new(&config.path);
    let shape =
        PictureShape { channels: config.color.channels(), height: config.size, width: config.size };
    let (train, test) = match Layout::of(path)? {
        Layout::Parts { train, test } => {
            let (train, test) = (Listing::of(&train)?, Listing::of(&test)?);
            test.check_classes(&train.classes)?;
            train.check_count()?;
            (train, test)
        }
        Layout::Whole(folder) => {
            let all = Listing::of(&folder)?;
            all.check_count()?;
            all.split(config.test_fraction)?
        }
    };

    let mut warnings = Vec::new();
    let mut checksums = BTreeMap::new();
    let classes = train.classes.clone();
    let mut part = |name: &str, listing: Listing| {
        let root = listing.root.clone();
        let (examples, sum) = listing.read(shape, config.on_broken, &mut warnings)?;
        checksums.insert(name.to_owned(), sum);
        let mut counts = vec![0; classes.len()];
        examples.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        let empty = counts.iter().position(|&count| count == 0).map(|class| &classes[class]);
        match empty {
            Some(_) if examples.is_empty() => {
                Err(DataError::set(&root, format!("no picture is left for the {name} set")))
            }
            Some(class) if name == "train" => Err(DataError::set(
                &root,
                format!("class {class} has no picture to train on; add some or remove its folder"),
            )),
            Some(class) => {
                warnings.push(format!(
                    "{}: class {class} has no picture in the {name} set",
                    root.display()
                ));
                Ok(Arc::new(examples))
            }
            None => Ok(Arc::new(examples)),
        }
    };
    let (train, test) = (part("train", train)?, part("test", test)?);
    Ok(Dataset { name: "image-folder".to_owned(), classes, train, test, checksums, warnings })
}

impl Listing {
    /// Decodes all pictures into one buffer; gives the SHA-256 over those that it holds.
    fn read(
        self,
        shape: PictureShape,
        on_broken: OnBroken,
        warnings: &mut Vec<String>,
    ) -> Result<(Examples, String), DataError> {
        if let Some(path) = self.loose.first() {
            let number = self.loose.len();
            warnings.push(format!(
                "{}: left out, for it is in no class folder ({number} such files)",
                path.display()
            ));
        }
        let mut broken = self.broken;
        let size = shape.pixels().max(1);
        let mut pixels = buffer(self.pictures.len().saturating_mul(size), &self.root)?;
        let read: Vec<_> = (pixels.par_chunks_mut(size).zip(&self.pictures))
            .map(|(slot, (path, _))| {
                let bytes = read_file(path)?;
                slot.copy_from_slice(&read_picture_bytes(
                    path,
                    &bytes,
                    shape,
                    false,
                    Bounds::FILE,
                )?);
                Ok(Sha256::digest(&bytes))
            })
            .collect();

        // What could be read moves together; its order stays.
        let mut labels = Vec::with_capacity(self.pictures.len());
        let mut sums = Sha256::new();
        for (place, ((path, label), sum)) in self.pictures.iter().zip(read).enumerate() {
            match sum {
                Ok(sum) => {
                    pixels.copy_within(place * size..(place + 1) * size, labels.len() * size);
                    labels.push(*label);
                    sums.update(portable_name(path.strip_prefix(&self.root).unwrap_or(path)));
                    sums.update([0]);
                    sums.update(sum);
                }
                Err(error) => broken.push(Broken { path: path.clone(), fault: fault(&error) }),
            }
        }
        pixels.truncate(labels.len() * size);
        let unnamed = broken.len().saturating_sub(MOST_NAMED);
        for Broken { path, fault } in broken.into_iter().take(MOST_NAMED) {
            if on_broken == OnBroken::Fail {
                return Err(DataError::Picture { path, fault });
            }
            warnings.push(format!(
                "{}: left out, for it cannot be read as a picture: {fault}",
                path.display()
            ));
        }
        if unnamed > 0 {
            warnings.push(format!(
                "{}: {unnamed} more files are left out; `hearth data check` names them all",
                self.root.display()
            ));
        }
        Ok((Examples { pixels, labels, shape }, hex(&sums.finalize())))
    }
}

/// What is wrong, without the path that an error's message names too.
pub(crate) fn fault(error: &DataError) -> String {
    match error {
        DataError::Picture { fault, .. } => fault.clone(),
        DataError::Io { source, .. } => hearth_config::reason(source),
        other => other.to_string(),
    }
}

/// So many zeros, or an error where the memory does not suffice.
fn buffer(bytes: usize, path: &Path) -> Result<Vec<u8>, DataError> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes).map_err(|_| {
        let fault =
            format!("its pictures need {} MB of memory; choose a smaller data.size", bytes >> 20);
        DataError::set(path, fault)
    })?;
    buffer.resize(bytes, 0);
    Ok(buffer)
}

/// The bytes of a relative path, with `/` between its parts on every system.
fn portable_name(path: &Path) -> Vec<u8> {
    let parts: Vec<&[u8]> = path.iter().map(std::ffi::OsStr::as_encoded_bytes).collect();
    parts.join(&b'/')
}

#[cfg(test)]
pub(crate) mod tests;
