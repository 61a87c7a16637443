//! Data loader: shuffled batches of a training set.

use hearth_config::seed::{Purpose, Stream};

use crate::samples::Examples;
use crate::samples::{Source, Subset};

/// A training set in shuffled batches. Each batch is a function of (seed, epoch, index).
#[derive(Clone, Debug)]
pub struct Loader<S = Examples> {
    subset: Subset<S>,
    batch_size: usize,
    seed: u64,
}

impl<S: Source> Loader<S> {
    /// Batches of `batch_size` samples of `subset`.
    ///
    /// # Panics
    /// If `subset` is empty or `batch_size` is 0.
    pub fn new(subset: Subset<S>, batch_size: usize, seed: u64) -> Self {
        assert!(!subset.is_empty() && batch_size > 0, "a loader needs samples and a batch size");
        Self { subset, batch_size, seed }
    }

    /// Batches in one epoch; the last may be smaller than the others.
    pub fn batches_per_epoch(&self) -> usize {
        self.subset.len().div_ceil(self.batch_size)
    }

    /// `[num_samples]`: the shuffled sample indices of an epoch.
    pub fn order(&self, epoch: u64) -> Vec<u32> {
        let mut random = Stream::new(self.seed, Purpose::Order, epoch, 0);
        self.subset.source.order(&self.subset.indices, self.batch_size, &mut random)
    }

    /// Fills `batch` with batch number `index` of `epoch`; `order` is the epoch's [`Self::order`].
    ///
    /// # Panics
    /// If `index` is not below `batches_per_epoch()`.
    pub fn fill(&self, order: &[u32], epoch: u64, index: usize, batch: &mut S::Batch) {
        let mut random = Stream::new(self.seed, Purpose::Augment, epoch, index as u64);
        self.subset.source.fill(self.indices(order, index), Some(&mut random), batch);
    }

    /// `[batch_size]` or fewer: the sample indices of batch number `index` in an epoch of this order.
    ///
    /// # Panics
    /// If `index` is not below `batches_per_epoch()`.
    pub fn indices<'o>(&self, order: &'o [u32], index: usize) -> &'o [u32] {
        let start = index * self.batch_size;
        &order[start..order.len().min(start + self.batch_size)]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use hearth_config::AugmentConfig;
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{Batch, ImageShape};

    const AUGMENT: AugmentConfig = AugmentConfig { flip: 0.5, shift: 1, erase: 0.5 };

    /// The images of [`numbered`], with augmentation.
    pub(crate) fn augmented(count: usize) -> Subset {
        let Subset { source, indices } = numbered(count);
        let examples = Examples { augment: Some(AUGMENT), ..Examples::clone(&source) };
        Subset { source: Arc::new(examples), indices }
    }

    /// Images of 2x3 pixels, each pixel the image's own index, in three classes.
    pub(crate) fn numbered(count: usize) -> Subset {
        let shape = ImageShape { channels: 1, height: 2, width: 3 };
        let pixels = (0..count).flat_map(|place| [place as u8; 6]).collect();
        let labels = (0..count).map(|place| place as u16 % 3).collect();
        Subset::all(Arc::new(Examples { pixels, labels, shape, augment: None }))
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
    fn batch_buffers_are_reused() {
        let loader = Loader::new(augmented(100), 16, 7);
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
        fn an_epoch_shows_every_image_once(count in 1_usize..200, batch_size in 1_usize..50, seed: u64, epoch: u64) {
            let subset = Subset { indices: (0..count as u32).step_by(2).collect(), ..numbered(count) };
            let loader = Loader::new(subset.clone(), batch_size, seed);
            let order = loader.order(epoch);
            let mut seen = Vec::new();
            let mut batch = Batch::default();
            for index in 0..loader.batches_per_epoch() {
                loader.fill(&order, epoch, index, &mut batch);
                prop_assert!(batch.len() == batch_size || index + 1 == loader.batches_per_epoch());
                for (place, image) in batch.indices.iter().zip(batch.pixels.chunks(6)) {
                    prop_assert_eq!(image, [*place as u8; 6]);
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
    fn images_are_shuffled_one_by_one() {
        let mut expected: Vec<u32> = (0..50).collect();
        Stream::new(7, Purpose::Order, 3, 0).shuffle(&mut expected);
        assert_eq!(Loader::new(numbered(50), 8, 7).order(3), expected);
    }

    #[test]
    fn orders_differ_between_epochs_and_seeds() {
        let order = |seed, epoch| Loader::new(numbered(50), 8, seed).order(epoch);
        assert_ne!(order(1, 0), order(1, 1));
        assert_ne!(order(1, 0), order(2, 0));
    }

    #[test]
    fn augmentation_depends_on_seed_epoch_and_index_alone() {
        let filled = |seed, epoch, index| {
            let loader = Loader::new(augmented(32), 8, seed);
            let mut batch = Batch::default();
            // The same images each time, so that only the augmentation can differ.
            loader.fill(&loader.subset.indices.repeat(2)[..], epoch, index, &mut batch);
            batch.pixels
        };
        assert_eq!(filled(1, 2, 0), filled(1, 2, 0));
        assert_ne!(filled(1, 2, 0), filled(2, 2, 0));
        assert_ne!(filled(1, 2, 0), filled(1, 3, 0));
        assert_ne!(filled(1, 2, 0), filled(1, 2, 4), "order 4 shows the same images as 0");
    }
}
