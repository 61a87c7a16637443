//! Images as files: PNG grids and GIF animations.

use std::path::{Path, PathBuf};

use hearth_data::ImageShape;
use hearth_report::{Alignment, png};
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame, RgbaImage};

/// An image of 8-bit channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Channels, height and width.
    pub shape: ImageShape,
    /// `[channels, height, width]`, contiguous, 0 to 255.
    pub pixels: Vec<u8>,
}

/// Black pixels between the images of a grid.
const GAP: usize = 2;

/// The duration of each frame of an animation, in milliseconds.
const FRAME: u32 = 250;
/// The duration of its last frame, in milliseconds.
const LAST_FRAME: u32 = 2000;

/// The name of the image file of a step.
pub fn file_of(step: u64) -> String {
    format!("step-{step:08}.png")
}

/// The step that an image file is of; None for a file with another name.
pub fn step_of(file: &Path) -> Option<u64> {
    file.file_stem()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

impl Bitmap {
    /// A grid of images in rows of `columns`, on black; `pixels` is `[images, channels, height, width]`, with
    /// images of `shape`.
    ///
    /// # Panics
    ///
    /// When `pixels` does not hold whole images, or `columns` is 0.
    pub fn grid(pixels: &[u8], shape: ImageShape, columns: usize) -> Self {
        let images = pixels.chunks_exact(shape.pixels());
        assert!(images.remainder().is_empty(), "whole images of {shape:?}");
        let rows = images.len().div_ceil(columns);
        let side = |count: usize, size: usize| count * (size + GAP) + GAP;
        let whole = ImageShape {
            channels: shape.channels,
            height: side(rows, shape.height),
            width: side(columns, shape.width),
        };
        let mut grid = vec![0; whole.pixels()];
        for (index, image) in images.enumerate() {
            let (row, column) = (index / columns, index % columns);
            let (top, left) =
                (row * (shape.height + GAP) + GAP, column * (shape.width + GAP) + GAP);
            for (line, bytes) in image.chunks_exact(shape.width).enumerate() {
                let (channel, y) = (line / shape.height, line % shape.height);
                let start = (channel * whole.height + top + y) * whole.width + left;
                grid[start..start + shape.width].copy_from_slice(bytes);
            }
        }
        Self { shape: whole, pixels: grid }
    }

    /// The weights of an attention; see [`Alignment::image`].
    pub fn attention(alignment: &Alignment) -> Self {
        let ([channels, height, width], pixels) = alignment.image();
        Self { shape: ImageShape { channels, height, width }, pixels }
    }

    /// The image as the bytes of a PNG file: RGB where it has three channels, else its first channel in grey.
    pub fn to_png(&self) -> Vec<u8> {
        let ImageShape { channels, height, width } = self.shape;
        png([channels, height, width], &self.pixels)
    }
}

/// The bytes of an animated GIF of image files, in this order, that loops. The error names the file that cannot
/// be read.
pub fn animate(images: &[PathBuf]) -> Result<Vec<u8>, String> {
    let open =
        |path: &PathBuf| image::open(path).map_err(|error| format!("{}: {error}", path.display()));
    gif(images.iter().map(|path| open(path).map(DynamicImage::into_rgba8)), FRAME)
}

/// The bytes of an animated GIF of images, each shown for this many milliseconds and the last one for longer, that
/// loops. An image that is an error ends it.
pub fn gif(
    images: impl ExactSizeIterator<Item = Result<RgbaImage, String>>,
    milliseconds: u32,
) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    encoder.set_repeat(Repeat::Infinite).map_err(|error| error.to_string())?;
    let last = images.len().saturating_sub(1);
    for (index, image) in images.enumerate() {
        let time = if index == last { LAST_FRAME } else { milliseconds };
        let frame = Frame::from_parts(image?, 0, 0, Delay::from_numer_denom_ms(time, 1));
        encoder.encode_frame(frame).map_err(|error| error.to_string())?;
    }
    drop(encoder);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_grid_holds_every_image_and_reads_back_as_a_png() {
        for channels in [1, 3] {
            let shape = ImageShape { channels, height: 2, width: 3 };
            let pixels: Vec<u8> = (1..=shape.pixels() as u8 * 3).collect();
            let grid = Bitmap::grid(&pixels, shape, 2);
            assert_eq!(grid.shape, ImageShape { channels, height: 10, width: 12 });
            let file = image::load_from_memory(&grid.to_png()).expect("a PNG").into_rgb8();
            // The third image stands below the first.
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
            assert_eq!(file.get_pixel(7, 7).0, [0; 3], "no fourth image");
        }
    }

    #[test]
    fn an_animation_has_a_frame_for_each_image() {
        use image::AnimationDecoder as _;
        let folder = tempfile::tempdir().expect("a folder");
        let shape = ImageShape { channels: 1, height: 4, width: 4 };
        let paths: Vec<_> = (0..3_u8)
            .map(|frame| {
                let path = folder.path().join(format!("{frame}.png"));
                let image = Bitmap { shape, pixels: vec![frame * 80; 16] };
                std::fs::write(&path, image.to_png()).expect("written");
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
