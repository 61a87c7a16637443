//! Weights and activations as grids of images.

use burn::tensor::Tensor;
use hearth_data::ImageShape;
use hearth_train::task::bitmap::Bitmap;

/// The most channels of a layer in a grid, and the channels in one row.
const MOST: usize = 64;
const COLUMNS: usize = 16;

/// Features without height and width in one row.
const ROW: usize = 64;

/// The side that smaller images are enlarged to, about, in pixels.
const SIDE: usize = 28;

/// A grid of images of signed values, each scaled by its largest magnitude; 0 is the middle grey.
pub fn signed(images: &[Vec<f32>], shape: ImageShape) -> Bitmap {
    let pixels = images.iter().flat_map(|values| {
        let largest = values.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
        values.iter().map(move |value| (127.5 + 127.5 * value / largest).round() as u8)
    });
    grid(&pixels.collect::<Vec<_>>(), shape)
}

/// A grid of the activations of a layer, `[1, channels, height, width]`: each channel in grey, all on one scale from
/// the smallest value, black, to the largest, white.
pub fn activations(features: Tensor<4>) -> Bitmap {
    let [_, channels, height, width] = features.dims();
    let values: Vec<f32> =
        features.into_data().try_into_vec().expect("features are f32 on every backend here");
    let (low, high) = values
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    let scale = 255.0 / (high - low).max(f32::MIN_POSITIVE);
    let mut pixels: Vec<u8> =
        values.iter().map(|value| ((value - low) * scale).round() as u8).collect();
    if height * width == 1 {
        // Features without height and width: one square each, in rows.
        pixels.resize(channels.next_multiple_of(ROW.min(channels)), 0);
        let width = ROW.min(channels);
        let shape = ImageShape { channels: 1, height: pixels.len() / width, width };
        let (shape, pixels) = enlarged(&pixels, shape, 8);
        return Bitmap { shape, pixels };
    }
    pixels.truncate(MOST * height * width);
    grid(&pixels, ImageShape { channels: 1, height, width })
}

/// A grid of images of `shape`, enlarged if they are small.
pub fn grid(pixels: &[u8], shape: ImageShape) -> Bitmap {
    rows(pixels, shape, COLUMNS)
}

/// A grid like [`grid`] with at most `columns` images in a row.
pub fn rows(pixels: &[u8], shape: ImageShape, columns: usize) -> Bitmap {
    let factor = (SIDE / shape.height.max(shape.width)).max(1);
    let mut all = Vec::new();
    let mut large = shape;
    for image in pixels.chunks_exact(shape.pixels()) {
        let pixels;
        (large, pixels) = enlarged(image, shape, factor);
        all.extend(pixels);
    }
    let count = all.len() / large.pixels();
    Bitmap::grid(&all, large, columns.min(count).max(1))
}

/// Nearest-neighbour enlargement: each pixel becomes a square of `factor` pixels a side.
fn enlarged(pixels: &[u8], shape: ImageShape, factor: usize) -> (ImageShape, Vec<u8>) {
    let ImageShape { channels, height, width } = shape;
    let large = ImageShape { channels, height: height * factor, width: width * factor };
    let rows = pixels.chunks_exact(width).flat_map(|row| {
        let row: Vec<u8> =
            row.iter().flat_map(|pixel| std::iter::repeat_n(*pixel, factor)).collect();
        std::iter::repeat_n(row, factor)
    });
    (large, rows.flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOT: ImageShape = ImageShape { channels: 1, height: 1, width: 2 };

    #[test]
    fn zero_is_the_middle_grey() {
        let grid = signed(&[vec![-2.0, 0.0], vec![0.5, 0.25]], DOT);
        // Enlarged by 14, with gaps of 2.
        assert_eq!(grid.shape, ImageShape { channels: 1, height: 18, width: 62 });
        let at = |x: usize| grid.pixels[4 * 62 + x];
        assert_eq!([at(3), at(17), at(33), at(47)], [0, 128, 255, 191]);
        assert!(signed(&[vec![0.0, 0.0]], DOT).pixels.contains(&128), "all zeros");
    }

    #[test]
    fn an_enlarged_pixel_is_a_square() {
        let (shape, pixels) = enlarged(&[1, 2], DOT, 2);
        assert_eq!((shape.height, shape.width), (2, 4));
        assert_eq!(pixels, [1, 1, 2, 2, 1, 1, 2, 2]);
    }
}
