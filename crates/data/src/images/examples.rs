//! Images with labels, and batches of them.

use std::fmt;

use hearth_config::AugmentConfig;
use hearth_config::seed::Stream;

use crate::images::augment;
use crate::source::{Source, Splits, Subset};

/// Shape of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PictureShape {
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

impl PictureShape {
    /// Bytes of an image: channels x height x width.
    pub fn pixels(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Images of one size and their labels, in memory.
#[derive(Clone, Default, PartialEq)]
pub struct Examples {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each image.
    pub labels: Vec<u16>,
    /// Shape of each image.
    pub shape: PictureShape,
    /// Augmentation, applied to training batches.
    pub augment: Option<AugmentConfig>,
}

impl Examples {
    /// One image: `[channels, height, width]`.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn image(&self, index: usize) -> &[u8] {
        let pixels = self.shape.pixels();
        &self.pixels[index * pixels..(index + 1) * pixels]
    }
}

impl fmt::Debug for Examples {
    /// Shows the number of images and their shape, without pixels.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Examples")
            .field("len", &self.len())
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

/// A batch of images in one buffer, ready to become a tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each image.
    pub labels: Vec<u16>,
    /// `[count]`: index of each image in the dataset.
    pub indices: Vec<u32>,
    /// Shape of each image.
    pub shape: PictureShape,
}

impl Batch {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True if there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

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
