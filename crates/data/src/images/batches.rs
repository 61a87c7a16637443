//! Images as samples: batches with augmentation, and counts of classes.

use hearth_config::seed::Stream;

use crate::images::augment;
use crate::samples::{Batch, Examples, Source, Splits, Subset};

impl Batch {
    /// Fills the batch with the images at `indices`, and reuses its buffers.
    fn copy(&mut self, examples: &Examples, indices: &[u32]) {
        self.shape = examples.shape;
        self.pixels.clear();
        self.pixels.reserve_exact(indices.len() * examples.shape.pixels());
        self.labels.clear();
        for &index in indices {
            self.pixels.extend_from_slice(examples.image(index as usize));
            self.labels.push(examples.labels[index as usize]);
        }
        self.indices.clear();
        self.indices.extend_from_slice(indices);
    }
}

impl Source for Examples {
    type Batch = Batch;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn fill(&self, indices: &[u32], random: Option<&mut Stream>, batch: &mut Batch) {
        batch.copy(self, indices);
        if let (Some(config), Some(stream)) = (&self.augment, random) {
            for image in batch.pixels.chunks_exact_mut(batch.shape.pixels().max(1)) {
                augment::apply(image, batch.shape, config, stream);
            }
        }
    }
}

impl Subset {
    /// The pixels of an image of the subset, `[channels, height, width]`.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn image(&self, index: usize) -> &[u8] {
        self.source.image(self.indices[index] as usize)
    }

    /// `[num_classes]`: number of images of each class.
    pub fn class_counts(&self, num_classes: usize) -> Vec<usize> {
        let mut counts = vec![0; num_classes];
        for &index in self.indices.iter() {
            counts[usize::from(self.source.labels[index as usize])] += 1;
        }
        counts
    }
}

impl Splits {
    /// `[num_classes]`: for each class, counts of training, validation and test images.
    pub fn class_counts(&self, num_classes: usize) -> Vec<[usize; 3]> {
        let parts = [&self.train, &self.valid, &self.test];
        let [train, valid, test] = parts.map(|part| part.class_counts(num_classes));
        let counts = train.into_iter().zip(valid).zip(test);
        counts.map(|((train, valid), test)| [train, valid, test]).collect()
    }
}
