//! What could be a sample of a set: precision and recall (Kynkaanniemi et al. 2019).

use burn::tensor::Tensor;
use rayon::prelude::*;

/// "In practice k = 3" (section 2).
const NEIGHBOURS: usize = 3;

/// Rows of a matrix of distances that are in memory at the same time.
const ROWS: usize = 500;

/// Features, each with the ball around it that reaches its third neighbour: together they cover
/// what could be a sample of the same set.
#[derive(Clone, Debug)]
pub struct Manifold {
    /// `[samples, features]`.
    features: Tensor<2>,
    /// Of each sample: the square of its features' length.
    squares: Vec<f32>,
    /// Of each sample: the square of its ball's radius.
    radii: Vec<f32>,
}

impl Manifold {
    /// Of features `[samples, features]`.
    pub fn new(features: Tensor<2>) -> Self {
        let squares = numbers(features.clone().square().sum_dim(1));
        let mut manifold = Self { features, squares, radii: Vec::new() };
        manifold.radii = manifold.rows(&manifold, |row, distances| {
            let mut nearest = [f32::INFINITY; NEIGHBOURS];
            for (column, distance) in distances.iter().enumerate() {
                // No sample is its own neighbour.
                if *distance < nearest[NEIGHBOURS - 1] && column != row {
                    nearest[NEIGHBOURS - 1] = *distance;
                    nearest.sort_unstable_by(f32::total_cmp);
                }
            }
            nearest[NEIGHBOURS - 1]
        });
        manifold
    }

    /// The share of `others` that lie in at least one ball (equation 1).
    pub fn holds(&self, others: &Self) -> f64 {
        let inside = others.rows(self, |_, distances| {
            distances.iter().zip(&self.radii).any(|(distance, radius)| distance <= radius)
        });
        let held = inside.iter().filter(|inside| **inside).count();
        held as f64 / inside.len().max(1) as f64
    }

    /// What `look` says of each sample and the squares of its distances to all samples of `others`.
    fn rows<R: Send>(&self, others: &Self, look: impl Fn(usize, &[f32]) -> R + Sync) -> Vec<R> {
        let [samples, _] = self.features.dims();
        let columns = others.features.clone().transpose();
        let mut results = Vec::with_capacity(samples);
        for first in (0..samples).step_by(ROWS) {
            let rows = first..samples.min(first + ROWS);
            let part = self.features.clone().slice(rows.clone());
            let products = hearth_kernels::linear(
                part,
                columns.clone(),
                None,
                hearth_kernels::FusedActivation::None,
            );
            let mut distances = numbers(products);
            let found: Vec<R> = distances
                .par_chunks_exact_mut(others.squares.len())
                .zip(rows.into_par_iter())
                .map(|(distances, row)| {
                    for (distance, square) in distances.iter_mut().zip(&others.squares) {
                        *distance = self.squares[row] + square - 2.0 * *distance;
                    }
                    look(row, distances)
                })
                .collect();
            results.extend(found);
        }
        results
    }
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("features are f32 on every backend here")
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use hearth_train::Backend;

    /// Points on a line.
    fn manifold(points: &[f32]) -> Manifold {
        let data = TensorData::new(points.to_vec(), [points.len(), 1]);
        Manifold::new(Tensor::from_data(data, &Backend::default().device().expect("a CPU")))
    }

    #[test]
    fn a_ball_reaches_the_third_neighbour() {
        let found = manifold(&[0.0, 1.0, 3.0, 6.0, 10.0]);
        // The distances in order are 1 3 6, 1 2 5, 2 3 3, 3 4 5 and 4 7 9.
        let wanted = [6.0_f32, 5.0, 3.0, 5.0, 9.0].map(|radius| radius * radius);
        assert_eq!(found.radii, wanted);
    }

    #[test]
    fn precision_and_recall_tell_quality_from_variety() {
        let real = manifold(&[0.0, 1.0, 2.0, 3.0, 100.0, 101.0, 102.0, 103.0]);
        // All of one kind: every one could be real, and half of the real ones could be made.
        let narrow = manifold(&[0.5, 1.0, 1.5, 2.0, 0.8, 2.2, 1.2, 2.5]);
        assert!((real.holds(&narrow) - 1.0).abs() < 1e-12);
        assert!((narrow.holds(&real) - 0.5).abs() < 1e-12, "{}", narrow.holds(&real));
        // Nothing like the real ones.
        let wrong = manifold(&[500.0, 501.0, 502.0, 503.0]);
        assert!(real.holds(&wrong).abs() < 1e-12 && wrong.holds(&real).abs() < 1e-12);
    }

    #[test]
    fn more_samples_than_one_part_are_compared() {
        let points: Vec<f32> =
            (0..ROWS as u16 * 2 + 3).map(|point| f32::from(point % 97)).collect();
        let whole = manifold(&points);
        assert_eq!(whole.radii.len(), points.len());
        assert!((whole.holds(&whole) - 1.0).abs() < 1e-12);
    }
}
