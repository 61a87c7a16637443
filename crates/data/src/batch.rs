//! Batches: which pictures, in which order, copied into one buffer.

use std::ops::Range;

use hearth_config::AugmentConfig;
use hearth_config::seed::{Purpose, Stream};

use crate::augment;
use crate::examples::{Examples, PictureShape, Subset};

/// Some pictures in one buffer, ready to become a tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each picture.
    pub labels: Vec<u16>,
    /// `[count]`: where each picture stands in the set that it was copied from.
    pub indices: Vec<u32>,
    /// The size of each picture.
    pub shape: PictureShape,
}

impl Batch {
    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Becomes the pictures at `indices`; its buffers are used again.
    fn copy(&mut self, examples: &Examples, indices: &[u32]) {
        self.shape = examples.shape;
        self.pixels.clear();
        self.pixels.reserve_exact(indices.len() * examples.shape.pixels());
        self.labels.clear();
        for &index in indices {
            self.pixels.extend_from_slice(examples.picture(index as usize));
            self.labels.push(examples.labels[index as usize]);
        }
        self.indices.clear();
        self.indices.extend_from_slice(indices);
    }
}

impl Subset {
    /// Makes `batch` the pictures of `range`, in stored order, unchanged: for evaluation.
    ///
    /// # Panics
    /// When `range` ends beyond `len()`.
    pub fn fill(&self, range: Range<usize>, batch: &mut Batch) {
        batch.copy(&self.examples, &self.indices[range]);
    }
}

/// How a training set is cut into batches: a function of (seed, epoch, index) alone.
#[derive(Clone, Debug)]
pub struct Loader {
    subset: Subset,
    batch_size: usize,
    seed: u64,
    augment: Option<AugmentConfig>,
}

impl Loader {
    /// Batches of `batch_size` pictures of `subset`.
    ///
    /// # Panics
    /// When `subset` is empty or `batch_size` is 0: there would be no batch.
    pub fn new(
        subset: Subset,
        batch_size: usize,
        seed: u64,
        augment: Option<AugmentConfig>,
    ) -> Self {
        assert!(!subset.is_empty() && batch_size > 0, "a loader needs pictures and a batch size");
        Self { subset, batch_size, seed, augment }
    }

    /// Batches in one epoch; the last may be smaller than the others.
    pub fn batches_per_epoch(&self) -> usize {
        self.subset.len().div_ceil(self.batch_size)
    }

    /// The places of an epoch's pictures, in the order in which they are learned from.
    pub fn order(&self, epoch: u64) -> Vec<u32> {
        let mut order = self.subset.indices.to_vec();
        Stream::new(self.seed, Purpose::Order, epoch, 0).shuffle(&mut order);
        order
    }

    /// Makes `batch` batch number `index` of `epoch`, whose order is [`Self::order`].
    ///
    /// # Panics
    /// When `index` is not below `batches_per_epoch()`.
    pub fn fill(&self, order: &[u32], epoch: u64, index: usize, batch: &mut Batch) {
        let start = index * self.batch_size;
        let end = order.len().min(start + self.batch_size);
        batch.copy(&self.subset.examples, &order[start..end]);
        if let Some(config) = &self.augment {
            let mut stream = Stream::new(self.seed, Purpose::Augment, epoch, index as u64);
            for picture in batch.pixels.chunks_exact_mut(batch.shape.pixels().max(1)) {
                augment::apply(picture, batch.shape, config, &mut stream);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    /// Pictures of 2x3 pixels that all hold their own place, of three classes.
    pub(crate) fn numbered(count: usize) -> Subset {
        let shape = PictureShape { channels: 1, height: 2, width: 3 };
        let pixels = (0..count).flat_map(|place| [place as u8; 6]).collect();
        let labels = (0..count).map(|place| place as u16 % 3).collect();
        Subset::all(Arc::new(Examples { pixels, labels, shape }))
    }

    #[test]
    fn evaluation_keeps_the_stored_order() {
        let subset = Subset { indices: [1, 4, 5, 9].into(), ..numbered(10) };
        let mut batch = Batch::default();
        subset.fill(1..3, &mut batch);
        assert_eq!(batch.pixels, [[4; 6], [5; 6]].concat());
        assert_eq!(
            (&batch.labels[..], &batch.indices[..], batch.len()),
            (&[1, 2][..], &[4, 5][..], 2)
        );
        subset.fill(3..4, &mut batch);
        assert_eq!((batch.pixels.len(), batch.indices[0]), (6, 9));
    }

    #[test]
    fn a_buffer_that_is_filled_again_is_not_allocated_again() {
        let loader = Loader::new(
            numbered(100),
            16,
            7,
            Some(AugmentConfig { flip: 0.5, shift: 1, erase: 0.5 }),
        );
        let order = loader.order(0);
        let mut batch = Batch::default();
        loader.fill(&order, 0, 0, &mut batch);
        let before = (batch.pixels.as_ptr(), batch.labels.as_ptr(), batch.indices.as_ptr());
        (1..7).for_each(|index| loader.fill(&order, 0, index, &mut batch));
        assert_eq!(before, (batch.pixels.as_ptr(), batch.labels.as_ptr(), batch.indices.as_ptr()));
        assert_eq!(batch.len(), 100 - 6 * 16);
    }

    proptest! {
        #[test]
        fn an_epoch_shows_every_picture_once(count in 1_usize..200, batch_size in 1_usize..50, seed: u64, epoch: u64) {
            let subset = Subset { indices: (0..count as u32).step_by(2).collect(), ..numbered(count) };
            let loader = Loader::new(subset.clone(), batch_size, seed, None);
            let order = loader.order(epoch);
            let mut seen = Vec::new();
            let mut batch = Batch::default();
            for index in 0..loader.batches_per_epoch() {
                loader.fill(&order, epoch, index, &mut batch);
                prop_assert!(batch.len() == batch_size || index + 1 == loader.batches_per_epoch());
                for (place, picture) in batch.indices.iter().zip(batch.pixels.chunks(6)) {
                    prop_assert_eq!(picture, [*place as u8; 6]);
                }
                seen.extend_from_slice(&batch.indices);
            }
            prop_assert_eq!(&seen, &order);
            seen.sort_unstable();
            prop_assert_eq!(&seen[..], &subset.indices[..]);
            prop_assert_eq!(order, loader.order(epoch));
        }
    }

    #[test]
    fn orders_differ_between_epochs_and_seeds() {
        let order = |seed, epoch| Loader::new(numbered(50), 8, seed, None).order(epoch);
        assert_ne!(order(1, 0), order(1, 1));
        assert_ne!(order(1, 0), order(2, 0));
    }

    #[test]
    fn augmentation_depends_on_seed_epoch_and_index_alone() {
        let config = AugmentConfig { flip: 0.5, shift: 1, erase: 0.5 };
        let filled = |seed, epoch, index| {
            let loader = Loader::new(numbered(32), 8, seed, Some(config.clone()));
            let mut batch = Batch::default();
            // The same pictures each time, so that only the changes can differ.
            loader.fill(&loader.subset.indices.repeat(2)[..], epoch, index, &mut batch);
            batch.pixels
        };
        assert_eq!(filled(1, 2, 0), filled(1, 2, 0));
        assert_ne!(filled(1, 2, 0), filled(2, 2, 0));
        assert_ne!(filled(1, 2, 0), filled(1, 3, 0));
        assert_ne!(filled(1, 2, 0), filled(1, 2, 4), "order 4 shows the same pictures as 0");
    }
}
