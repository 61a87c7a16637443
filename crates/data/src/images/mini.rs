//! Creation of `fashion-mnist-mini`, a subset of `fashion-mnist` for tests and for first runs without a network.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::catalog;
use crate::digest::sha256;
use crate::error::DataError;
use crate::images::idx;
use crate::images::load;
use crate::samples::Examples;
use crate::split::{EveryClassIn, stratified};

/// Seed of the subset; part of the dataset's definition.
const SEED: u64 = 2017;

const TRAIN_IMAGES: usize = 2000;
const TEST_IMAGES: usize = 1000;

/// Writes `fashion-mnist-mini` into the datasets folder `root`, the same number of images of each class, in stored
/// order. Returns the name and SHA-256 of each file for the catalog.
///
/// The full dataset is fetched if it is missing. The output is reproducible byte by byte.
pub fn cut(root: &Path, notice: &mut dyn FnMut(&str)) -> Result<Vec<(String, String)>, DataError> {
    let full = load::known("fashion-mnist", root, notice)?;
    let entry = catalog::entry("fashion-mnist-mini")?;
    let folder = entry.folder(root);
    fs::create_dir_all(&folder).map_err(|error| DataError::unwritable(&folder, error))?;
    let [train_images, train_labels] = chosen(&full.train, full.classes.len(), TRAIN_IMAGES);
    let [test_images, test_labels] = chosen(&full.test, full.classes.len(), TEST_IMAGES);
    let contents = [train_images, train_labels, test_images, test_labels];
    entry
        .files
        .iter()
        .zip(contents)
        .map(|(file, bytes)| {
            let path = folder.join(format!("{}.gz", file.name));
            // `GzBuilder` writes no time and no name, so that the file depends on the contents alone.
            let written = File::create(&path).and_then(|target| {
                let mut target = GzBuilder::new().write(target, Compression::best());
                target.write_all(&bytes)?;
                target.finish()?.sync_all()
            });
            written.map_err(|error| DataError::unwritable(&path, error))?;
            Ok((file.name.to_owned(), sha256([&bytes[..]])))
        })
        .collect()
}

/// IDX files of `count` images, the same number of each class, and of their labels.
fn chosen(examples: &Examples, num_classes: usize, count: usize) -> [Vec<u8>; 2] {
    let indices =
        stratified(&examples.labels, num_classes, count, (SEED, 0), EveryClassIn::Taken).taken;
    let indices = || indices.iter().map(|&index| index as usize);
    let pixels: Vec<u8> = indices().flat_map(|index| examples.image(index)).copied().collect();
    let labels: Vec<u8> = indices().map(|index| examples.labels[index] as u8).collect();
    let dims = [count, examples.shape.height, examples.shape.width];
    [idx::encode(&dims, &pixels), idx::encode(&[count], &labels)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::ImageShape;

    #[test]
    fn images_keep_their_labels_and_their_order() {
        let shape = ImageShape { channels: 1, height: 1, width: 2 };
        let labels: Vec<u16> = (0..40).map(|index| index % 4).collect();
        let pixels = (0..40).flat_map(|index| [index, index % 4]).collect();
        let [images, labels] = chosen(&Examples { pixels, labels, shape, augment: None }, 4, 12);
        assert_eq!(images[..16], [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2]);
        let each: Vec<&[u8]> = images[16..].chunks(2).collect();
        assert!(each.is_sorted());
        assert_eq!(each.iter().map(|image| image[1]).collect::<Vec<_>>(), labels[8..]);
        for class in 0..4 {
            assert_eq!(labels[8..].chunks(1).filter(|label| label[0] == class).count(), 3);
        }
    }
}
