//! Pictures as files: grids and animations.

use std::path::{Path, PathBuf};

use hearth_data::PictureShape;
use hearth_report::png;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, ImageError};

/// A picture of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Its size.
    pub shape: PictureShape,
    /// `[channels, height, width]`, contiguous.
    pub pixels: Vec<u8>,
}

/// Black pixels between the pictures of a grid.
const GAP: usize = 2;

/// How long an animation shows each frame, and its last one, in milliseconds.
const FRAME: u32 = 250;
const LAST_FRAME: u32 = 2000;

/// The name of the file with the picture of a step.
pub fn file_of(step: u64) -> String {
    format!("step-{step:08}.png")
}

/// The step whose picture a file holds.
pub fn step_of(file: &Path) -> Option<u64> {
    file.file_stem()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

impl Bitmap {
    /// Pictures next to each other in rows of `columns`; `pixels` holds whole pictures of `shape`,
    /// one after the other.
    ///
    /// # Panics
    ///
    /// When `pixels` does not hold whole pictures, or `columns` is 0.
    pub fn grid(pixels: &[u8], shape: PictureShape, columns: usize) -> Self {
        let pictures = pixels.chunks_exact(shape.pixels());
        assert!(pictures.remainder().is_empty(), "whole pictures of {shape:?}");
        let rows = pictures.len().div_ceil(columns);
        let side = |count: usize, size: usize| count * (size + GAP) + GAP;
        let whole = PictureShape {
            channels: shape.channels,
            height: side(rows, shape.height),
            width: side(columns, shape.width),
        };
        let mut grid = vec![0; whole.pixels()];
        for (place, picture) in pictures.enumerate() {
            let (row, column) = (place / columns, place % columns);
            let (top, left) =
                (row * (shape.height + GAP) + GAP, column * (shape.width + GAP) + GAP);
            for (line, bytes) in picture.chunks_exact(shape.width).enumerate() {
                let (channel, y) = (line / shape.height, line % shape.height);
                let start = (channel * whole.height + top + y) * whole.width + left;
                grid[start..start + shape.width].copy_from_slice(bytes);
            }
        }
        Self { shape: whole, pixels: grid }
    }

    /// The picture as a PNG file: RGB where it has three channels, else its first one in grey.
    pub fn to_png(&self) -> Vec<u8> {
        let PictureShape { channels, height, width } = self.shape;
        png([channels, height, width], &self.pixels)
    }
}

/// An animated GIF of pictures, in this order, that begins again at its end. The error names the
/// picture that cannot be read.
pub fn animate(pictures: &[PathBuf]) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    encoder.set_repeat(Repeat::Infinite).map_err(|error| error.to_string())?;
    for (index, path) in pictures.iter().enumerate() {
        let fault = |error: ImageError| format!("{}: {error}", path.display());
        let picture = image::open(path).map_err(fault)?.into_rgba8();
        let time = if index + 1 == pictures.len() { LAST_FRAME } else { FRAME };
        let frame = Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(time, 1));
        encoder.encode_frame(frame).map_err(fault)?;
    }
    drop(encoder);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_grid_keeps_every_picture_and_reads_back_as_a_png() {
        for channels in [1, 3] {
            let shape = PictureShape { channels, height: 2, width: 3 };
            let pixels: Vec<u8> = (1..=shape.pixels() as u8 * 3).collect();
            let grid = Bitmap::grid(&pixels, shape, 2);
            assert_eq!(grid.shape, PictureShape { channels, height: 10, width: 12 });
            let file = image::load_from_memory(&grid.to_png()).expect("a PNG").into_rgb8();
            // The third picture stands below the first.
            let third = &pixels[2 * shape.pixels()..];
            for y in 0..2 {
                for x in 0..3 {
                    let found = file.get_pixel(x + 2, y + 6).0;
                    let at = (y * 3 + x) as usize;
                    let plane = |c: usize| third[if channels == 3 { c * 6 + at } else { at }];
                    assert_eq!(found, [0, 1, 2].map(plane));
                }
            }
            assert_eq!(file.get_pixel(0, 0).0, [0; 3], "the gap");
            assert_eq!(file.get_pixel(7, 7).0, [0; 3], "no fourth picture");
        }
    }

    #[test]
    fn an_animation_has_a_frame_for_each_picture() {
        use image::AnimationDecoder as _;
        let folder = tempfile::tempdir().expect("a folder");
        let shape = PictureShape { channels: 1, height: 4, width: 4 };
        let paths: Vec<_> = (0..3_u8)
            .map(|frame| {
                let path = folder.path().join(format!("{frame}.png"));
                let picture = Bitmap { shape, pixels: vec![frame * 80; 16] };
                std::fs::write(&path, picture.to_png()).expect("written");
                path
            })
            .collect();
        let file = animate(&paths).expect("a GIF");
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(file)).expect("a GIF");
        let frames = decoder.into_frames().collect_frames().expect("frames");
        assert_eq!(frames.len(), 3);
        assert!(frames[2].buffer().get_pixel(1, 1).0[0].abs_diff(160) < 4);
        assert!(animate(&[folder.path().join("absent.png")]).is_err());
    }
}
