//! A picture file of any format that `image` reads -> the bytes that a network sees.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::error::{LimitError, LimitErrorKind};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
};

use crate::error::DataError;
use crate::examples::PictureShape;

/// The longest picture file that is read.
const LONGEST_FILE: u64 = 256 << 20;

/// The widest and highest picture.
const LARGEST_SIDE: u32 = 30_000;

/// The memory that decoding may take: this much for any file, and so many times
/// its own length for a long one, which no photograph comes near.
const DECODED: (u64, u64) = (32 << 20, 1024);

/// How large a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most pixels.
    pub pixels: u64,
    /// The most bytes of memory that decoding may take.
    pub memory: u64,
}

impl Bounds {
    /// Of a file that someone names.
    pub const FILE: Self =
        Self { pixels: (LARGEST_SIDE as u64) * (LARGEST_SIDE as u64), memory: 1 << 30 };
}

/// Reads a picture file: `[channels, height, width]` of `shape`, 0 to 255.
///
/// The picture is turned as its EXIF data say, put on white where it is
/// transparent, made grey (ITU-R BT.709 luma) or RGB, and stretched to the size
/// by a cubic filter (Catmull-Rom). `invert` turns dark into light.
pub fn read_picture(path: &Path, shape: PictureShape, invert: bool) -> Result<Vec<u8>, DataError> {
    read_picture_bytes(path, &read_file(path)?, shape, invert, Bounds::FILE)
}

/// Like [`read_picture`], for bytes in memory; `name` tells the format where the bytes do not.
pub fn read_picture_bytes(
    name: &Path,
    bytes: &[u8],
    shape: PictureShape,
    invert: bool,
    bounds: Bounds,
) -> Result<Vec<u8>, DataError> {
    let fault = |fault: String| DataError::Picture { path: name.to_owned(), fault };
    if !matches!(shape.channels, 1 | 3) || shape.height == 0 || shape.width == 0 {
        return Err(fault(format!(
            "there are no pictures of {} channels, {}x{}",
            shape.channels, shape.height, shape.width
        )));
    }
    // Decoders of strangers' formats have had panics before; one more must not end the program.
    let decoded = catch_unwind(AssertUnwindSafe(|| convert(name, bytes, shape, bounds)));
    let mut pixels = match decoded {
        Ok(result) => result.map_err(|error| fault(error.to_string().trim_end().to_owned()))?,
        Err(_) => return Err(fault("its decoder failed".to_owned())),
    };
    if invert {
        for pixel in &mut pixels {
            *pixel = 255 - *pixel;
        }
    }
    Ok(pixels)
}

/// The bytes of a picture file, as far as one may be that long.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| DataError::unreadable(path, error))?;
    if bytes.len() as u64 > LONGEST_FILE {
        let fault = format!("it is longer than {} MB", LONGEST_FILE >> 20);
        return Err(DataError::Picture { path: path.to_owned(), fault });
    }
    Ok(bytes)
}

fn convert(name: &Path, bytes: &[u8], shape: PictureShape, bounds: Bounds) -> ImageResult<Vec<u8>> {
    Ok(to_pixels(decode(name, bytes, bounds)?, shape))
}

/// A picture as [`read_picture`] makes it of a file.
pub fn to_pixels(picture: DynamicImage, shape: PictureShape) -> Vec<u8> {
    let picture = on_white(picture);
    let (width, height) = (shape.width as u32, shape.height as u32);
    let picture = if shape.channels == 1 {
        DynamicImage::ImageLuma8(picture.into_luma8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    };
    let picture = if (picture.width(), picture.height()) == (width, height) {
        picture
    } else {
        picture.resize_exact(width, height, FilterType::CatmullRom)
    };
    let interleaved = picture.into_bytes();
    if shape.channels == 1 {
        return interleaved;
    }
    (0..3).flat_map(|channel| interleaved.iter().skip(channel).step_by(3).copied()).collect()
}

/// How many pixels a picture says that it has; none where its head cannot be read.
pub fn pixels(name: &Path, bytes: &[u8]) -> Option<u64> {
    let size = || {
        let format = format_of(name, bytes).ok()?;
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok()
    };
    let (width, height) = catch_unwind(AssertUnwindSafe(size)).ok()??;
    Some(u64::from(width) * u64::from(height))
}

/// The bytes know best; some formats (TGA) have no mark, so that the name decides.
fn format_of(name: &Path, bytes: &[u8]) -> ImageResult<ImageFormat> {
    image::guess_format(bytes).or_else(|error| ImageFormat::from_path(name).map_err(|_| error))
}

/// Decodes within limits and turns the picture upright.
fn decode(name: &Path, bytes: &[u8], bounds: Bounds) -> ImageResult<DynamicImage> {
    let format = format_of(name, bytes)?;
    let (least, ratio) = DECODED;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    let memory = (bytes.len() as u64).saturating_mul(ratio).max(least).min(bounds.memory);
    limits.max_alloc = Some(memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height)?;
    if u64::from(width) * u64::from(height) > bounds.pixels {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    // Damaged EXIF data are no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// What a transparent picture looks like on white paper.
fn on_white(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let mut picture = picture.into_rgba8();
    for pixel in picture.pixels_mut() {
        let [color @ .., alpha] = &mut pixel.0;
        let (opaque, clear) = (u32::from(*alpha), u32::from(255 - *alpha));
        for value in color {
            // Rounded to the nearest.
            *value = ((u32::from(*value) * opaque + 255 * clear + 127) / 255) as u8;
        }
        *alpha = 255;
    }
    DynamicImage::ImageRgba8(picture)
}

#[cfg(test)]
mod tests;
