//! Augmentation of training images, in place in the batch.
//!
//! Each image is flipped, shifted and erased, in this order. A disabled operation draws no random numbers.

use hearth_config::AugmentConfig;
use hearth_config::seed::Stream;

use crate::samples::ImageShape;

/// Bounds of the erased area as a share of the image: `s_l`, `s_h` of Zhong et al. 2020.
const ERASE_AREA: (f64, f64) = (0.02, 0.4);

/// Bounds of height / width of the erased rectangle: `r_1`, `r_2` of Zhong et al. 2020.
const ERASE_ASPECT: (f64, f64) = (0.3, 1.0 / 0.3);

/// Draws of a rectangle before the image stays unchanged. About half of the draws fit a square image, so the limit
/// matters only for thin images.
const ERASE_DRAWS: usize = 100;

/// Checks that the settings leave something of an image of this size; the error is a message for the user.
pub fn check(config: &AugmentConfig, shape: ImageShape) -> Result<(), String> {
    let ImageShape { height, width, .. } = shape;
    let side = height.min(width);
    if config.shift >= side {
        return Err(format!(
            "augment.shift is {}, and the images are {height}x{width}: allowed are 0 to {}, so that something of \
             them is left",
            config.shift,
            side.saturating_sub(1)
        ));
    }
    // An image of one or two pixels could be erased completely.
    if config.erase > 0.0 && height * width <= 2 {
        return Err(format!(
            "augment.erase is {}, and the images are {height}x{width}: the erased rectangle may be all of them; \
             leave it out",
            config.erase
        ));
    }
    Ok(())
}

/// Augments one image, `[channels, height, width]`.
pub fn apply(image: &mut [u8], shape: ImageShape, config: &AugmentConfig, stream: &mut Stream) {
    if config.flip > 0.0 && stream.uniform() < config.flip {
        flip(image, shape);
    }
    if config.shift > 0 {
        let mut draw =
            || stream.below(2 * config.shift + 1).cast_signed() - config.shift.cast_signed();
        let (down, right) = (draw(), draw());
        shift(image, shape, down, right);
    }
    if config.erase > 0.0 && stream.uniform() < config.erase {
        erase(image, shape, stream);
    }
}

/// Flips an image, `[channels, height, width]`, horizontally.
pub fn flip(image: &mut [u8], shape: ImageShape) {
    image.chunks_exact_mut(shape.width).for_each(<[u8]>::reverse);
}

/// Shifts an image, `[channels, height, width]`, by `down` and `right` pixels, and fills the uncovered pixels with
/// zeros.
pub fn shift(image: &mut [u8], shape: ImageShape, down: isize, right: isize) {
    let ImageShape { height, width, .. } = shape;
    if down.unsigned_abs() >= height || right.unsigned_abs() >= width {
        image.fill(0);
        return;
    }
    let rows = uncovered(down, height);
    let columns = uncovered(right, width);
    let distance = down * width.cast_signed() + right;
    for plane in image.chunks_exact_mut(height * width) {
        // One move of the whole plane is correct except for pixels that wrap around its edges; those lie in the rows
        // and columns that become zero.
        let end = plane.len();
        match distance.unsigned_abs() {
            by if distance > 0 => plane.copy_within(..end - by, by),
            by => plane.copy_within(by.., 0),
        }
        plane[rows.start * width..rows.end * width].fill(0);
        for row in plane.chunks_exact_mut(width) {
            row[columns.clone()].fill(0);
        }
    }
}

/// The positions of an axis that a shift by `by` uncovers.
fn uncovered(by: isize, size: usize) -> std::ops::Range<usize> {
    if by > 0 { 0..by.unsigned_abs() } else { size - by.unsigned_abs()..size }
}

/// Random erasing: fills a random rectangle of an image, `[channels, height, width]`, with random bytes. Algorithm 1
/// of Zhong et al. 2020, "Random Erasing Data Augmentation", <https://arxiv.org/abs/1708.04896>.
pub fn erase(image: &mut [u8], shape: ImageShape, stream: &mut Stream) {
    let ImageShape { height, width, .. } = shape;
    let mut between = |(low, high): (f64, f64)| low + (high - low) * stream.uniform();
    let rectangle = (0..ERASE_DRAWS).find_map(|_| {
        let area = between(ERASE_AREA) * (height * width) as f64;
        let aspect = between(ERASE_ASPECT);
        let rows = ((area * aspect).sqrt().round() as usize).max(1);
        let columns = ((area / aspect).sqrt().round() as usize).max(1);
        let top = between((0.0, height as f64)) as usize;
        let left = between((0.0, width as f64)) as usize;
        (top + rows <= height && left + columns <= width)
            .then_some((top..top + rows, left..left + columns))
    });
    let Some((rows, columns)) = rectangle else { return };
    for plane in image.chunks_exact_mut(height * width) {
        for row in plane.chunks_exact_mut(width).take(rows.end).skip(rows.start) {
            for bytes in row[columns.clone()].chunks_mut(8) {
                bytes.copy_from_slice(&stream.bits().to_le_bytes()[..bytes.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::seed::Purpose;
    use proptest::prelude::*;

    use super::*;

    fn shapes() -> impl Strategy<Value = ImageShape> {
        (1_usize..4, 1_usize..9, 1_usize..9).prop_map(|(channels, height, width)| ImageShape {
            channels,
            height,
            width,
        })
    }

    /// An image of nonzero pixels that differ from their neighbours.
    fn numbered(shape: ImageShape) -> Vec<u8> {
        (0..shape.pixels()).map(|place| (place % 251) as u8 + 1).collect()
    }

    fn stream(seed: u64) -> Stream {
        Stream::new(seed, Purpose::Augment, 0, 0)
    }

    #[test]
    fn a_flip_mirrors_each_row_of_each_channel() {
        let shape = ImageShape { channels: 2, height: 2, width: 3 };
        let mut image = numbered(shape);
        flip(&mut image, shape);
        assert_eq!(image, [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]);
    }

    #[test]
    fn a_shift_fills_with_zeros() {
        let shape = ImageShape { channels: 1, height: 2, width: 3 };
        let mut image = numbered(shape);
        shift(&mut image, shape, 1, -1);
        assert_eq!(image, [0, 0, 0, 2, 3, 0]);
    }

    #[test]
    fn something_of_an_image_is_left() {
        let shape = |height, width| ImageShape { channels: 1, height, width };
        let check = |shift, erase, shape| check(&AugmentConfig { flip: 0.5, shift, erase }, shape);
        assert!(check(27, 1.0, shape(28, 30)).is_ok());
        for (shift, told) in [(28, "0 to 27"), (200, "0 to 27")] {
            let fault = check(shift, 0.0, shape(30, 28)).expect_err("nothing is left");
            assert!(fault.contains(told), "{fault}");
        }
        for (height, width) in (1..5).flat_map(|height| (1..5).map(move |width| (height, width))) {
            let shape = shape(height, width);
            // About one draw in 2,000 is both pixels of an image of 1x2.
            let erased_whole = (0..40_000).any(|seed| {
                let mut image = vec![0; shape.pixels()];
                erase(&mut image, shape, &mut stream(seed));
                image.iter().all(|&pixel| pixel != 0)
            });
            assert_eq!(check(0, 0.1, shape).is_err(), erased_whole, "{height}x{width}");
        }
    }

    proptest! {
        #[test]
        fn a_second_flip_undoes_the_first(shape in shapes()) {
            let mut image = numbered(shape);
            flip(&mut image, shape);
            flip(&mut image, shape);
            prop_assert_eq!(image, numbered(shape));
        }

        #[test]
        fn a_shift_moves_every_pixel_as_far(shape in shapes(), down in -9_isize..10, right in -9_isize..10) {
            let before = numbered(shape);
            let mut after = before.clone();
            shift(&mut after, shape, down, right);
            let ImageShape { height, width, .. } = shape;
            for (place, &pixel) in after.iter().enumerate() {
                let (plane, row, column) = (place / (height * width), place / width % height, place % width);
                let from = row.checked_add_signed(-down).filter(|&row| row < height);
                let from = from.zip(column.checked_add_signed(-right).filter(|&column| column < width));
                let expected = from.map_or(0, |(row, column)| before[(plane * height + row) * width + column]);
                prop_assert_eq!(pixel, expected);
            }
        }

        #[test]
        fn no_shape_makes_it_fail(shape in shapes(), seed: u64) {
            let mut image = numbered(shape);
            apply(&mut image, shape, &AugmentConfig { flip: 0.5, shift: 3, erase: 1.0 }, &mut stream(seed));
        }
    }

    #[test]
    fn erasing_changes_one_rectangle_within_the_papers_bounds() {
        let shape = ImageShape { channels: 2, height: 28, width: 28 };
        let mut shares = Vec::new();
        for seed in 0..300 {
            // Two backgrounds, so that a random byte equal to one of them is still detected.
            let changed: Vec<bool> =
                [0, 255].iter().fold(vec![false; shape.pixels()], |changed, &ground| {
                    let mut image = vec![ground; shape.pixels()];
                    erase(&mut image, shape, &mut stream(seed));
                    changed
                        .iter()
                        .zip(image)
                        .map(|(&before, pixel)| before || pixel != ground)
                        .collect()
                });
            let (first, second) = changed.split_at(28 * 28);
            assert_eq!(first, second, "the same rectangle in each channel");
            let area = first.iter().filter(|&&changed| changed).count();
            let rows: Vec<usize> =
                (0..28).filter(|row| first[row * 28..][..28].contains(&true)).collect();
            let columns: Vec<usize> =
                (0..28).filter(|column| (0..28).any(|row| first[row * 28 + column])).collect();
            assert_eq!(area, rows.len() * columns.len(), "a rectangle");
            shares.push(area as f64 / (28.0 * 28.0));
            // Rounding to whole pixels moves the ratio slightly beyond its bounds.
            let aspect = rows.len() as f64 / columns.len() as f64;
            assert!((0.2..=5.0).contains(&aspect), "aspect {aspect}");
        }
        let (low, high) = shares
            .iter()
            .fold((1.0_f64, 0.0_f64), |(low, high), &share| (low.min(share), high.max(share)));
        assert!(
            (0.01..0.05).contains(&low) && (0.3..0.43).contains(&high),
            "areas from {low} to {high}"
        );
    }

    #[test]
    fn probabilities_are_kept() {
        let shape = ImageShape { channels: 1, height: 1, width: 2 };
        let config = AugmentConfig { flip: 0.3, ..AugmentConfig::default() };
        let mut stream = stream(5);
        let flipped = (0..10_000).filter(|_| {
            let mut image = [1, 2];
            apply(&mut image, shape, &config, &mut stream);
            image == [2, 1]
        });
        let part = flipped.count() as f64 / 10_000.0;
        assert!((part - 0.3).abs() < 0.02, "{part}");
    }
}
