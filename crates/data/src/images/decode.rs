//! Decoding: an image file of any format that the crate `image` reads -> the pixels of a network's input.

mod claims;
mod complete;
mod explain;
mod flaw;
mod jpeg;
mod tiff;

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use crate::error::DataError;
use crate::samples::ImageShape;
use flaw::Flaw;

/// Longest image file, in bytes.
const LONGEST_FILE: u64 = 256 << 20;

/// Largest width and height, in pixels.
const LARGEST_SIDE: u32 = 30_000;

/// Memory limit of decoding: the larger of a constant, in bytes, and a multiple of the file's length, which no
/// photograph comes near.
const MEMORY: (u64, u64) = (40 << 20, 1024);

/// Memory limit of the header, such as its colour profile: the sum of a constant, in bytes, and a multiple of the
/// file's length.
const HEAD: (u64, u64) = (8 << 20, 2);

/// Size limits of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Largest number of pixels.
    pub pixels: u64,
    /// Largest memory of decoding and resizing, in bytes, for a long file; a short one may always take 40 MiB.
    pub memory: u64,
}

impl Bounds {
    /// Limits of a file that the user names.
    pub const FILE: Self =
        Self { pixels: (LARGEST_SIDE as u64) * (LARGEST_SIDE as u64), memory: 2 << 30 };
}

/// Reads an image file as `[channels, height, width]` of `shape`, 0 to 255.
///
/// The image is rotated by its EXIF orientation, composed on white where it is transparent, converted to grey (ITU-R
/// BT.709 luma) or RGB, and resized by a cubic filter (Catmull-Rom) without keeping its aspect ratio. `invert`
/// replaces each value by 255 minus the value.
pub fn read_image(path: &Path, shape: ImageShape, invert: bool) -> Result<Vec<u8>, DataError> {
    read_image_bytes(path, &read_file(path)?, shape, invert, Bounds::FILE)
}

/// Decodes an image in memory as [`read_image`] does; the extension of `name` gives the format where the bytes do
/// not.
pub fn read_image_bytes(
    name: &Path,
    bytes: &[u8],
    shape: ImageShape,
    invert: bool,
    bounds: Bounds,
) -> Result<Vec<u8>, DataError> {
    let fault = |fault: String| DataError::Image { path: name.to_owned(), fault };
    if !matches!(shape.channels, 1 | 3) || shape.height == 0 || shape.width == 0 {
        return Err(fault(format!(
            "there are no images of {} channels, {}x{}",
            shape.channels, shape.height, shape.width
        )));
    }
    // A panic of a decoder on hostile bytes must not end the program.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(name, bytes, shape, bounds)));
    let image = match decoded {
        Ok(result) => result.map_err(|flaw| fault(flaw.reason(bytes).into_owned()))?,
        Err(_) => return Err(fault("its decoder failed".to_owned())),
    };
    let mut pixels = to_pixels(image, shape);
    if invert {
        for pixel in &mut pixels {
            *pixel = 255 - *pixel;
        }
    }
    Ok(pixels)
}

/// The bytes of an image file; an error if it is longer than [`LONGEST_FILE`].
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| DataError::unreadable(path, error))?;
    if bytes.len() as u64 > LONGEST_FILE {
        let fault = format!("it is longer than {} MB", LONGEST_FILE >> 20);
        return Err(DataError::Image { path: path.to_owned(), fault });
    }
    Ok(bytes)
}

/// Converts a decoded image to `[channels, height, width]` of `shape`, as [`read_image`] does.
pub fn to_pixels(image: DynamicImage, shape: ImageShape) -> Vec<u8> {
    let image = on_white(image);
    let (width, height) = (shape.width as u32, shape.height as u32);
    let image = if shape.channels == 1 {
        DynamicImage::ImageLuma8(image.into_luma8())
    } else {
        DynamicImage::ImageRgb8(image.into_rgb8())
    };
    let image = if (image.width(), image.height()) == (width, height) {
        image
    } else {
        image.resize_exact(width, height, FilterType::CatmullRom)
    };
    let interleaved = image.into_bytes();
    if shape.channels == 1 {
        return interleaved;
    }
    (0..3).flat_map(|channel| interleaved.iter().skip(channel).step_by(3).copied()).collect()
}

/// Number of pixels by the header of an image; `None` if the header cannot be read.
pub fn pixels(name: &Path, bytes: &[u8]) -> Option<u64> {
    let format = format(name, bytes).ok()?;
    let size = || open(format, bytes).ok().map(|(_, decoder)| decoder.dimensions());
    let (width, height) = catch_unwind(AssertUnwindSafe(size)).ok()??;
    Some(u64::from(width) * u64::from(height))
}

/// The format of a file, by its first bytes; TGA has no signature and is recognised by its name.
fn format(name: &Path, bytes: &[u8]) -> Result<ImageFormat, Flaw> {
    if tiff::is_big(bytes) {
        return Ok(ImageFormat::Tiff);
    }
    let named = || ImageFormat::from_path(name).ok().filter(|format| *format == ImageFormat::Tga);
    let format = image::guess_format(bytes).ok().or_else(named);
    format.filter(ImageFormat::reading_enabled).ok_or(Flaw::Unknown)
}

/// Reads the header. The format returned is that of the inner file for a PNG within an icon.
fn open(format: ImageFormat, bytes: &[u8]) -> Result<(ImageFormat, impl ImageDecoder), Flaw> {
    let (format, bytes) = claims::checked(format, bytes)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(HEAD.0 + HEAD.1 * bytes.len() as u64);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    Ok((format, reader.into_decoder()?))
}

/// Decodes an image within the limits and turns it upright; a truncated file is an error.
fn decode(
    name: &Path,
    bytes: &[u8],
    shape: ImageShape,
    bounds: Bounds,
) -> Result<DynamicImage, Flaw> {
    let format = format(name, bytes)?;
    match upright(format, bytes, shape, bounds) {
        Ok(image) => complete::check(format, bytes).map(|()| image),
        Err(flaw) => Err(flaw.explained(format, bytes)),
    }
}

fn upright(
    format: ImageFormat,
    bytes: &[u8],
    shape: ImageShape,
    bounds: Bounds,
) -> Result<DynamicImage, Flaw> {
    let (format, mut decoder) = open(format, bytes)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Flaw::Unread("it has no pixels".into()));
    }
    if u64::from(width) * u64::from(height) > bounds.pixels {
        return Err(Flaw::TooLarge);
    }
    // Damaged EXIF data are ignored.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let (least, ratio) = MEMORY;
    let memory = (bytes.len() as u64).saturating_mul(ratio).min(bounds.memory).max(least);
    let mut limits = Limits::default();
    limits.max_alloc = Some(memory);
    limits.clone().reserve(peak_memory(format, &decoder, orientation, shape))?;
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    if format == ImageFormat::Tiff && image.color().has_alpha() && tiff::is_multiplied(bytes) {
        image = straight_alpha(image);
    }
    image.apply_orientation(orientation);
    Ok(image)
}

/// Peak memory of decoding and resizing, in bytes. It is estimated here because most decoders count only their
/// pixels.
fn peak_memory(
    format: ImageFormat,
    decoder: &impl ImageDecoder,
    orientation: Orientation,
    shape: ImageShape,
) -> u64 {
    let color = decoder.color_type();
    let (width, height) = decoder.dimensions();
    let [width, height] =
        if is_on_its_side(orientation) { [height, width] } else { [width, height] };
    // Bytes per pixel.
    let pixel = u64::from(color.bytes_per_pixel());
    let channels = shape.channels as u64;
    let beside = match (format, color) {
        // Coefficients of a progressive JPEG.
        (ImageFormat::Jpeg, ColorType::L8) => 3,
        (ImageFormat::Jpeg, _) => 8,
        // A frame, its alpha channel and a canvas.
        (ImageFormat::WebP, _) => 10,
        // The stored samples: four per pixel for CMYK, of which three remain.
        (ImageFormat::Tiff, _) => pixel + pixel.div_ceil(3),
        (ImageFormat::Tga, _) => pixel,
        _ => 0,
    };
    let turned = if is_on_its_side(orientation) { pixel } else { 0 };
    let converted = match (color, shape.channels) {
        (ColorType::L8, 1) | (ColorType::Rgb8 | ColorType::Rgba8, 3) => 0,
        (ColorType::Rgba8, _) => channels,
        (color, _) if color.has_alpha() => 4,
        _ => channels,
    };
    let each = pixel + beside.max(turned).max(converted);
    // Resizing first makes an intermediate image of the result's height and the source's width, with four floats per
    // pixel.
    let resized = u64::from(width) * shape.height as u64 * 16;
    let area = u64::from(width) * u64::from(height);
    area.saturating_mul(each).max(area.saturating_mul(channels + 1).saturating_add(resized))
}

/// True if the orientation swaps width and height.
fn is_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// Converts premultiplied alpha to straight alpha.
fn straight_alpha(image: DynamicImage) -> DynamicImage {
    let mut image = image.into_rgba8();
    for pixel in image.pixels_mut() {
        let alpha = u32::from(pixel.0[3]).max(1);
        for value in &mut pixel.0[..3] {
            *value = ((u32::from(*value) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
    DynamicImage::ImageRgba8(image)
}

/// Composes a transparent image on white, in place.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let mut bytes = image.into_raw();
    let count = bytes.len() / 4;
    for index in 0..count {
        let alpha = bytes[4 * index + 3];
        let (opaque, clear) = (u32::from(alpha), u32::from(255 - alpha));
        for channel in 0..3 {
            let value = u32::from(bytes[4 * index + channel]);
            // Rounds to nearest.
            bytes[3 * index + channel] = ((value * opaque + 255 * clear + 127) / 255) as u8;
        }
    }
    bytes.truncate(3 * count);
    let image = RgbImage::from_raw(width, height, bytes).expect("three bytes for each pixel");
    DynamicImage::ImageRgb8(image)
}

#[cfg(test)]
mod tests;
