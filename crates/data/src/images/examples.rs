//! Images with labels, and batches of them.

use std::fmt;

use hearth_config::AugmentConfig;
use hearth_config::seed::Stream;

use crate::images::augment;
use crate::source::{Source, Splits, Subset};

/// The size of every image of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PictureShape {
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl PictureShape {
    /// Bytes in one image.
    pub fn pixels(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Images and their labels, all in memory.
#[derive(Clone, Default, PartialEq)]
pub struct Examples {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each image.
    pub labels: Vec<u16>,
    /// The size of each image.
    pub shape: PictureShape,
    /// Random changes to those that are trained on.
    pub augment: Option<AugmentConfig>,
}

impl Examples {
    /// One image: `[channels, height, width]`.
    ///
    /// # Panics
    /// When `index` is not below `len()`.
    pub fn image(&self, index: usize) -> &[u8] {
        let pixels = self.shape.pixels();
        &self.pixels[index * pixels..(index + 1) * pixels]
    }
}

impl fmt::Debug for Examples {
    /// Says how many there are and of which size, not every pixel.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Examples")
            .field("len", &self.len())
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

/// Some images in one buffer, ready to become a tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each image.
    pub labels: Vec<u16>,
    /// `[count]`: where each image stands in the set that it was copied from.
    pub indices: Vec<u32>,
    /// The size of each image.
    pub shape: PictureShape,
}

impl Batch {
    /// How many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Becomes the images at `indices`; its buffers are used again.
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
    /// The pixels of the image at this index of the subset, `[channels, height, width]`.
    ///
    /// # Panics
    /// When `index` is not below `len()`.
    pub fn image(&self, index: usize) -> &[u8] {
        self.source.image(self.indices[index] as usize)
    }

    /// How many images of each class there are.
    pub fn class_counts(&self, num_classes: usize) -> Vec<usize> {
        let mut counts = vec![0; num_classes];
        for &index in self.indices.iter() {
            counts[usize::from(self.source.labels[index as usize])] += 1;
        }
        counts
    }
}

impl Splits {
    /// How many images of each class are in the training, validation and test sets.
    pub fn class_counts(&self, num_classes: usize) -> Vec<[usize; 3]> {
        let parts = [&self.train, &self.valid, &self.test];
        let [train, valid, test] = parts.map(|part| part.class_counts(num_classes));
        let counts = train.into_iter().zip(valid).zip(test);
        counts.map(|((train, valid), test)| [train, valid, test]).collect()
    }
}
