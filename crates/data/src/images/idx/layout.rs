//! Dimensions of an array of images: channels first or channels last.

use crate::samples::ImageShape;

/// Position of the channels in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelOrder {
    /// `[channels, height, width]`, as in the rest of Hearth.
    First,
    /// `[height, width, channels]`, as in `TensorFlow`, Pillow and `OpenCV`.
    Last,
}

/// Image shape and channel order of an array with these dimensions. An error states both readings, or why there is
/// none.
pub(super) fn layout(dims: &[usize]) -> Result<(ImageShape, ChannelOrder), String> {
    let can_be_channels = |count: usize| matches!(count, 1 | 3);
    let first =
        |channels, height, width| (ImageShape { channels, height, width }, ChannelOrder::First);
    match *dims {
        [_] => Err("it holds labels and not images; were two files swapped?".to_owned()),
        [count, pixels] => Err(format!(
            "it has {count} rows of {pixels} values; images have a height and a width: reshape it to [{count}, \
             height, width]"
        )),
        [_, height, width] => Ok(first(1, height, width)),
        [_, 1, 1, 1] => Ok(first(1, 1, 1)),
        [_, a, b, c] => match (can_be_channels(a), can_be_channels(c)) {
            (true, false) => Ok(first(a, b, c)),
            (false, true) => {
                Ok((ImageShape { channels: c, height: a, width: b }, ChannelOrder::Last))
            }
            (true, true) => Err(format!(
                "its images of {a}x{b}x{c} are {b}x{c} with {} first or {a}x{b} with {} last; {}",
                channels(a),
                channels(c),
                decisive(dims)
            )),
            (false, false) => Err(format!(
                "its images of {a}x{b}x{c} have neither 1 nor 3 channels, first or last; keep 1 or 3 of them"
            )),
        },
        _ => unreachable!("an IDX file has 1 to 4 dimensions"),
    }
}

fn channels(count: usize) -> String {
    format!("{count} channel{}", if count == 1 { "" } else { "s" })
}

/// An unambiguous shape for an array with these dimensions.
fn decisive(dims: &[usize]) -> String {
    match *dims {
        [count, 1, height, width] | [count, height, width, 1] => {
            format!("reshape it to [{count}, {height}, {width}] where they are grey")
        }
        _ => "pad them until height and width are neither 1 nor 3".to_owned(),
    }
}

/// Transposes each image from channels last to channels first, in place.
pub(super) fn channels_first(pixels: &mut [u8], shape: ImageShape) {
    let mut interleaved = vec![0; shape.pixels()];
    let plane = shape.height * shape.width;
    for image in pixels.chunks_exact_mut(shape.pixels()) {
        interleaved.copy_from_slice(image);
        for (place, value) in interleaved.iter().enumerate() {
            image[place % shape.channels * plane + place / shape.channels] = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_1_or_3_and_stand_first_or_last() {
        let shape = |channels, height, width| ImageShape { channels, height, width };
        for (dims, read) in [
            (&[9, 28, 30][..], (shape(1, 28, 30), ChannelOrder::First)),
            (&[9, 3, 28, 30], (shape(3, 28, 30), ChannelOrder::First)),
            (&[9, 1, 28, 30], (shape(1, 28, 30), ChannelOrder::First)),
            (&[9, 28, 30, 3], (shape(3, 28, 30), ChannelOrder::Last)),
            (&[9, 28, 30, 1], (shape(1, 28, 30), ChannelOrder::Last)),
            (&[9, 1, 1, 1], (shape(1, 1, 1), ChannelOrder::First)),
            (&[9, 3, 1, 2], (shape(3, 1, 2), ChannelOrder::First)),
        ] {
            assert_eq!(layout(dims), Ok(read), "{dims:?}");
        }
        for (dims, fault) in [
            (
                &[9, 3, 28, 3][..],
                "are 28x3 with 3 channels first or 3x28 with 3 channels last; pad",
            ),
            (
                &[9, 1, 28, 1],
                "are 28x1 with 1 channel first or 1x28 with 1 channel last; reshape it to [9, 28, 1]",
            ),
            (&[9, 3, 3, 3], "are 3x3 with 3 channels first or 3x3 with 3 channels last"),
            (&[9, 1, 28, 3], "reshape it to [9, 28, 3] where they are grey"),
            (&[9, 3, 28, 1], "reshape it to [9, 3, 28] where they are grey"),
            (&[9, 28, 28, 4], "neither 1 nor 3 channels"),
            (&[9, 2, 28, 28], "neither 1 nor 3 channels"),
            (&[9, 784], "9 rows of 784 values"),
            (&[9], "swapped"),
        ] {
            let message = layout(dims).unwrap_err();
            assert!(message.contains(fault), "{message}\nshould say: {fault}");
        }
    }

    #[test]
    fn the_channels_are_moved() {
        let mut pixels: Vec<u8> = (0..12).collect();
        channels_first(&mut pixels, ImageShape { channels: 3, height: 1, width: 2 });
        assert_eq!(pixels, [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    }
}
