//! Mean and standard deviation of each channel, for the normalisation of pixels.

use rayon::prelude::*;

use crate::samples::Subset;

/// Channel statistics of a dataset, of pixels scaled to 0..1. The network's input is `(pixel / 255 - mean) / std`.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// `[channels]`: mean.
    pub mean: Vec<f64>,
    /// `[channels]`: population standard deviation (divided by n), or 1 where it is 0.
    pub std: Vec<f64>,
}

/// Images per parallel task.
const CHUNK: usize = 1024;

/// Number of squared bytes whose sum fits in 32 bits.
const SQUARES: usize = (u32::MAX / (255 * 255)) as usize;

/// Sum of pixels, and sum of their squares.
type Sums = (u64, u64);

impl Normalization {
    /// Computes the statistics of `subset` from exact integer sums, which do not depend on the order of addition.
    pub fn of(subset: &Subset) -> Self {
        let shape = subset.source.shape;
        let plane = (shape.height * shape.width).max(1);
        let zeros = || vec![(0, 0); shape.channels];
        let sums = subset
            .indices
            .par_chunks(CHUNK)
            .map(|indices| {
                let mut sums = zeros();
                for &index in indices {
                    let planes = subset.source.image(index as usize).chunks_exact(plane);
                    sums.iter_mut()
                        .zip(planes)
                        .for_each(|(sum, plane)| *sum = add(*sum, sums_of(plane)));
                }
                sums
            })
            .reduce(zeros, |left, right| {
                left.into_iter().zip(right).map(|(left, right)| add(left, right)).collect()
            });
        let count = subset.len() * plane;
        let (mean, std) = sums.into_iter().map(|sums| mean_and_std(sums, count)).unzip();
        Self { mean, std }
    }
}

fn add(left: Sums, right: Sums) -> Sums {
    (left.0 + right.0, left.1 + right.1)
}

fn sums_of(plane: &[u8]) -> Sums {
    // 32-bit sums within a piece let the compiler vectorise.
    plane.chunks(SQUARES).fold((0, 0), |sums, piece| {
        let sum: u32 = piece.iter().map(|&pixel| u32::from(pixel)).sum();
        let squares: u32 = piece.iter().map(|&pixel| u32::from(pixel) * u32::from(pixel)).sum();
        add(sums, (sum.into(), squares.into()))
    })
}

fn mean_and_std((sum, squares): Sums, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    // count^2 times the variance, without rounding.
    let spread = count as u128 * u128::from(squares) - u128::from(sum) * u128::from(sum);
    let std = (spread as f64).sqrt() / count as f64 / 255.0;
    (sum as f64 / count as f64 / 255.0, if spread == 0 { 1.0 } else { std })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::samples::{Examples, ImageShape};

    fn subset(pixels: Vec<u8>, shape: ImageShape) -> Subset {
        let labels = vec![0; pixels.len() / shape.pixels()];
        Subset::all(Arc::new(Examples { pixels, labels, shape, augment: None }))
    }

    #[test]
    fn each_channel_has_its_own_mean_and_std() {
        let shape = ImageShape { channels: 3, height: 1, width: 2 };
        let set = subset(vec![0, 255, 51, 51, 0, 102, 0, 255, 51, 51, 204, 102], shape);
        let Normalization { mean, std } = Normalization::of(&set);
        let close = |left: f64, right: f64| assert!((left - right).abs() < 1e-12, "{left} {right}");
        close(mean[0], 0.5);
        close(std[0], 0.5);
        close(mean[1], 0.2);
        close(std[1], 1.0);
        // 0, 0.4, 0.8, 0.4: mean 0.4, variance (0.16 + 0.16) / 4.
        close(mean[2], 0.4);
        close(std[2], 0.08_f64.sqrt());
    }

    #[test]
    fn only_the_subset_counts_and_none_is_no_fault() {
        let shape = ImageShape { channels: 1, height: 1, width: 1 };
        let all = subset(vec![10, 20, 30, 255], shape);
        let some = Subset { indices: [0, 2].into(), ..all.clone() };
        assert!((Normalization::of(&some).mean[0] - 20.0 / 255.0).abs() < 1e-15);
        let none = Subset { indices: [].into(), ..all };
        assert_eq!(Normalization::of(&none), Normalization { mean: vec![0.0], std: vec![1.0] });
    }

    #[test]
    fn white_images_of_any_size_do_not_overflow() {
        let shape = ImageShape { channels: 1, height: 300, width: 1000 };
        let Normalization { mean, std } = Normalization::of(&subset(vec![255; 600_000], shape));
        assert_eq!((mean[0], std[0]), (1.0, 1.0));
    }
}
