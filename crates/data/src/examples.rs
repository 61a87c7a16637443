//! Pictures with labels, and choices among them that copy no picture.

use std::fmt;
use std::sync::Arc;

/// The size of every picture of a set.
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
    /// Bytes in one picture.
    pub fn pixels(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Pictures and their labels, all in memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// `[count, channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[count]`: the class of each picture.
    pub labels: Vec<u16>,
    /// The size of each picture.
    pub shape: PictureShape,
}

impl Examples {
    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// One picture: `[channels, height, width]`.
    ///
    /// # Panics
    /// When `index` is not below `len()`.
    pub fn picture(&self, index: usize) -> &[u8] {
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

/// Some pictures of a set, by their places in it.
#[derive(Clone, Debug)]
pub struct Subset {
    /// The set that the places refer to.
    pub examples: Arc<Examples>,
    /// `[count]`: places in `examples`, ascending.
    pub indices: Arc<[u32]>,
}

impl Subset {
    /// The pixels of the picture at this place of the subset, `[channels, height, width]`.
    ///
    /// # Panics
    /// When `place` is not below `len()`.
    pub fn picture(&self, place: usize) -> &[u8] {
        self.examples.picture(self.indices[place] as usize)
    }

    /// How many pictures of each class there are.
    pub fn class_counts(&self, num_classes: usize) -> Vec<usize> {
        let mut counts = vec![0; num_classes];
        for &index in self.indices.iter() {
            counts[usize::from(self.examples.labels[index as usize])] += 1;
        }
        counts
    }

    /// Every picture of a set.
    pub fn all(examples: Arc<Examples>) -> Self {
        let indices = (0..examples.len() as u32).collect();
        Self { examples, indices }
    }

    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}
