//! Description of the preprocessing from image file to pixels, for other programs: in words, and as Python code.
//!
//! It describes [`to_pixels`](crate::to_pixels); a test of the exports compares the two.

use crate::samples::ImageShape;

/// Version of these steps, written into exports.
pub const VERSION: u32 = 1;

/// Weights of red, green and blue in luma: ITU-R BT.709, as the crate `image` derives them from the primaries and the
/// white point of sRGB.
pub const GREY: [f32; 3] = [0.212_647_84, 0.715_179_2, 0.072_173_04];

/// Name and description of each step, in order.
pub fn steps(shape: ImageShape) -> Vec<(&'static str, String)> {
    let ImageShape { channels, height, width } = shape;
    let [red, green, blue] = GREY;
    let color = if channels == 1 {
        format!(
            "grey: {red} R + {green} G + {blue} B of the 8-bit values as they are stored (ITU-R BT.709; neither \
             gamma nor a colour profile is applied), rounded to the nearest"
        )
    } else {
        "RGB of 8 bits as they are stored; no colour profile is applied".to_owned()
    };
    vec![
        (
            "frame",
            "of several pages or frames, the first; of the images of an ICO, the largest".to_owned(),
        ),
        ("orientation", "turned upright as the EXIF data say".to_owned()),
        ("depth", "16 bits become 8: (value + 128) / 257, rounded down".to_owned()),
        (
            "transparency",
            "on white: (value * alpha + 255 * (255 - alpha) + 127) / 255, rounded down; the colours of a TIFF \
             with associated alpha are divided by it first"
                .to_owned(),
        ),
        ("color", color),
        (
            "size",
            format!(
                "stretched to {height} rows and {width} columns, in no proportion; by a cubic filter (Catmull-Rom, a \
                 = -0.5) that reaches 2 pixels, or as many times more as the image gets smaller; rows first, \
                 then columns, in floating point, then rounded and kept within 0 to 255; left as it is where \
                 it has that size"
            ),
        ),
        ("layout", "channels, rows, columns".to_owned()),
    ]
}

/// Python code of these steps with NumPy and Pillow: `prepare(path)` returns `[1, channels, height, width]`, floats
/// from 0 to 255.
pub fn python(shape: ImageShape) -> String {
    let ImageShape { channels, height, width } = shape;
    let [red, green, blue] = GREY;
    let colour = if channels == 1 {
        format!("    pixels = numpy.floor(pixels @ [{red}, {green}, {blue}] + 0.5)[:, :, None]\n")
    } else {
        String::new()
    };
    format!(
        r#"import numpy
from PIL import Image, ImageOps


def weights(source, target):
    """The share of each source pixel in each target pixel: Catmull-Rom, wider where the image gets smaller."""
    ratio = source / target
    centers = (numpy.arange(target) + 0.5) * ratio - 0.5
    x = abs(numpy.arange(source) - centers[:, None]) / max(ratio, 1)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    kernel = numpy.where(x < 1, near, numpy.where(x < 2, far, 0))
    return kernel / kernel.sum(1, keepdims=True)


def prepare(path):
    """An image file as pixels [1, {channels}, {height}, {width}], from 0 to 255."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I"):  # grey, 16 bits
        grey = (numpy.asarray(image).astype(numpy.int64) + 128) // 257
        pixels = numpy.stack([grey] * 3, 2)
    elif image.has_transparency_data:
        rgba = numpy.asarray(image.convert("RGBA")).astype(numpy.int64)
        alpha = rgba[:, :, 3:]
        pixels = (rgba[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    else:
        pixels = numpy.asarray(image.convert("RGB"))
{colour}    if pixels.shape[:2] != ({height}, {width}):
        rows, columns = weights(pixels.shape[0], {height}), weights(pixels.shape[1], {width})
        pixels = columns @ numpy.tensordot(rows, pixels, 1)
        pixels = numpy.clip(numpy.floor(pixels + 0.5), 0, 255)
    return pixels.transpose(2, 0, 1)[None].astype(numpy.float32)
"#
    )
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, Rgb32FImage};

    use super::*;

    #[test]
    fn steps_describe_differences_between_formats() {
        let steps = steps(ImageShape { channels: 3, height: 2, width: 2 });
        for (step, word) in [("frame", "of an ICO, the largest"), ("transparency", "a TIFF with")] {
            assert!(steps.iter().any(|(name, how)| *name == step && how.contains(word)), "{word}");
        }
    }

    #[test]
    fn grey_is_made_by_these_shares() {
        for (channel, share) in GREY.into_iter().enumerate() {
            let mut colour = [0.0; 3];
            colour[channel] = 1.0;
            let image = DynamicImage::from(Rgb32FImage::from_pixel(1, 1, Rgb(colour)));
            let luma = image.to_luma32f().get_pixel(0, 0).0[0];
            assert!((luma - share).abs() < 1e-7, "{channel}: {luma}");
        }
    }
}
