//! Images with labels, and batches of them.

use std::fmt;

use hearth_config::AugmentConfig;

/// Shape of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImageShape {
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

impl ImageShape {
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
    pub shape: ImageShape,
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
            .field("len", &self.labels.len())
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
    pub shape: ImageShape,
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
}
