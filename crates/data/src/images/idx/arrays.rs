//! Images and labels of IDX files.

use std::ops::RangeInclusive;
use std::path::Path;

use super::layout::{self, ChannelOrder};
use super::{Idx, Type};
use crate::error::DataError;
use crate::samples::ImageShape;

/// Images of an IDX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageArray {
    /// `[count, channels, height, width]`, 0 to 255.
    pub pixels: Vec<u8>,
    /// Shape of each image.
    pub shape: ImageShape,
    /// A note for the user on the channel order, if it was inferred.
    pub notice: Option<String>,
}

impl ImageArray {
    /// Number of images.
    pub fn count(&self) -> usize {
        self.pixels.len() / self.shape.pixels()
    }
}

impl Idx {
    /// Interprets the values as images; errors and the notice name `path`.
    ///
    /// Channels may be last, `[count, height, width, channels]`, if only that gives 1 or 3 channels; they are moved
    /// to the front. Values may be integers of any type, from 0 to 255.
    pub fn images(self, path: &Path) -> Result<ImageArray, DataError> {
        let fault = |fault: String| DataError::set(path, fault);
        let (shape, order) = layout::layout(&self.dims).map_err(fault)?;
        if let Some(name) = self.kind.fraction() {
            let (least, most) = self.kind.reach(&self.bytes);
            let how = if least >= 0.0 && most <= 1.0 {
                "in NumPy by `(255 * x).round().astype('uint8')`"
            } else if least >= 0.0 && most <= 255.0 {
                "in NumPy by `x.round().astype('uint8')`"
            } else {
                "scaled to 0 to 255"
            };
            return Err(fault(format!(
                "its values are of type {name}, from {least} to {most}, and pixels are bytes: convert to bytes, {how}"
            )));
        }
        let (kind, mut pixels) = (self.kind, self.bytes);
        if kind != Type::Byte {
            check_range(kind, &pixels, &(0..=255))
                .map_err(|found| fault(format!("{found}; pixels are bytes from 0 to 255")))?;
            // Values fit in the lowest byte.
            let size = kind.size();
            for index in 0..pixels.len() / size {
                pixels[index] = pixels[(index + 1) * size - 1];
            }
            pixels.truncate(pixels.len() / size);
            pixels.shrink_to_fit();
        }
        let mut notice = None;
        if order == ChannelOrder::Last {
            layout::channels_first(&mut pixels, shape);
            let ImageShape { channels, height, width } = shape;
            notice = Some(format!(
                "{}: {height}x{width}x{channels} was read as images of {height}x{width} with their channels last",
                path.display()
            ));
        }
        Ok(ImageArray { pixels, shape, notice })
    }

    /// Interprets the values as labels, integers of any type; errors name `path`.
    pub fn labels(&self, path: &Path) -> Result<Vec<u16>, DataError> {
        let fault = |fault: String| DataError::set(path, fault);
        match self.dims[..] {
            [_] => {}
            [_, width] => return Err(fault(self.rows(width))),
            _ => {
                return Err(fault(
                    "it holds images and not labels; were two files swapped?".into(),
                ));
            }
        }
        if let Some(name) = self.kind.fraction() {
            return Err(fault(format!(
                "its values are of type {name}, and labels are whole numbers: convert to bytes, in NumPy by \
                 `y.astype('uint8')`"
            )));
        }
        check_range(self.kind, &self.bytes, &(0..=u16::MAX.into()))
            .map_err(|found| fault(format!("{found}; labels are whole numbers from 0 on")))?;
        Ok(self.kind.numbers(&self.bytes).map(|label| label as u16).collect())
    }

    /// The fault of labels with two dimensions, and its remedy.
    fn rows(&self, width: usize) -> String {
        let count = self.dims[0];
        let size = self.kind.size();
        let is_one_hot = |row: &[u8]| {
            let mut others =
                row.chunks_exact(size).filter(|value| value.iter().any(|byte| *byte != 0));
            others.next().is_some() && others.next().is_none()
        };
        let remedy = if width == 1 {
            "reshape it, in NumPy by `y.ravel()`"
        } else if self.bytes.chunks_exact(width * size).all(is_one_hot) {
            "its labels are one-hot: store the place of each 1, in NumPy `y.argmax(1)`"
        } else {
            "labels have one dimension: the number of each image's class"
        };
        format!("it has {count} rows of {width} values; {remedy}")
    }
}

/// Checks that all values are integers within the range.
fn check_range(kind: Type, bytes: &[u8], range: &RangeInclusive<i32>) -> Result<(), String> {
    // Labels that are all multiples of 256 are byte-swapped.
    if kind.are_swapped(bytes, &(0..=255)) {
        return Err("its values are stored with the lowest byte first; in IDX the highest is, as in NumPy's \
                    '>i4'"
            .to_owned());
    }
    match kind.numbers(bytes).enumerate().find(|(_, value)| !range.contains(value)) {
        Some((index, value)) => Err(format!("value number {index} is {value}")),
        None => Ok(()),
    }
}
