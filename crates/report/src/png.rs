//! Images as PNG files.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

/// Encodes bytes `[channels, height, width]` as a PNG file: RGB for three channels, else the first channel in grey.
///
/// # Panics
///
/// If there are fewer bytes than `channels * height * width`.
pub fn png([channels, height, width]: [usize; 3], pixels: &[u8]) -> Vec<u8> {
    let (columns, rows) = (width as u32, height as u32);
    let plane = height * width;
    let image: Option<DynamicImage> = if channels == 3 {
        let pixels =
            (0..plane).flat_map(|at| [0, 1, 2].map(|channel| pixels[channel * plane + at]));
        RgbImage::from_raw(columns, rows, pixels.collect()).map(Into::into)
    } else {
        GrayImage::from_raw(columns, rows, pixels[..plane].to_vec()).map(Into::into)
    };
    let mut file = Cursor::new(Vec::new());
    image
        .expect("as many bytes as the shape says")
        .write_to(&mut file, ImageFormat::Png)
        .expect("memory takes every image");
    file.into_inner()
}
