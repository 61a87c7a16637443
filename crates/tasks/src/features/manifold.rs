//! Precision and recall of generated images by manifolds of features (Kynkaanniemi et al. 2019).

use burn::tensor::Tensor;
use rayon::prelude::*;

/// The k of the k-nearest-neighbour balls: "in practice k = 3" (section 2).
const NEIGHBOURS: usize = 3;

/// Rows of the distance matrix that are in memory at once.
const ROWS: usize = 500;

/// The manifold of a set of features: the union of the balls around each sample that reach its k-th nearest
/// neighbour.
#[derive(Clone, Debug)]
pub struct Manifold {
    /// `[samples, features]`.
    features: Tensor<2>,
    /// The squared L2 norm of each sample's features.
    squares: Vec<f32>,
    /// The squared radius of each sample's ball.
    squared_radii: Vec<f32>,
}

impl Manifold {
    /// The manifold of features `[samples, features]`.
    pub fn new(features: Tensor<2>) -> Self {
        let squares = to_vec(features.clone().square().sum_dim(1));
        let mut manifold = Self { features, squares, squared_radii: Vec::new() };
        manifold.squared_radii = manifold.map_distances(&manifold, |row, distances| {
            let mut nearest = [f32::INFINITY; NEIGHBOURS];
            for (column, distance) in distances.iter().enumerate() {
                // A sample is not its own neighbour.
                if *distance < nearest[NEIGHBOURS - 1] && column != row {
                    nearest[NEIGHBOURS - 1] = *distance;
                    nearest.sort_unstable_by(f32::total_cmp);
                }
            }
            nearest[NEIGHBOURS - 1]
        });
        manifold
    }

    /// The share of `others` that lie in at least one ball (equation 1): precision when `self` is of real images
    /// and `others` are fake, recall the other way round (equation 2).
    pub fn share_inside(&self, others: &Self) -> f64 {
        let inside = others.map_distances(self, |_, distances| {
            distances.iter().zip(&self.squared_radii).any(|(distance, radius)| distance <= radius)
        });
        let count = inside.iter().filter(|inside| **inside).count();
        count as f64 / inside.len().max(1) as f64
    }

    /// Maps each sample, by its index and its squared distances to all samples of `others`, through `reduce`.
    fn map_distances<R: Send>(
        &self,
        others: &Self,
        reduce: impl Fn(usize, &[f32]) -> R + Sync,
    ) -> Vec<R> {
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
            let mut distances = to_vec(products);
            let found: Vec<R> = distances
                .par_chunks_exact_mut(others.squares.len())
                .zip(rows.into_par_iter())
                .map(|(distances, row)| {
                    for (distance, square) in distances.iter_mut().zip(&others.squares) {
                        *distance = self.squares[row] + square - 2.0 * *distance;
                    }
                    reduce(row, distances)
                })
                .collect();
            results.extend(found);
        }
        results
    }
}

fn to_vec(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("features are f32 on every backend here")
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use hearth_train::Backend;

    use super::*;

    /// One feature: points on a line.
    fn manifold(points: &[f32]) -> Manifold {
        let data = TensorData::new(points.to_vec(), [points.len(), 1]);
        Manifold::new(Tensor::from_data(data, &Backend::default().device().expect("a CPU")))
    }

    #[test]
    fn a_ball_reaches_the_third_neighbour() {
        let found = manifold(&[0.0, 1.0, 3.0, 6.0, 10.0]);
        // Each row's distances in order: 1 3 6, 1 2 5, 2 3 3, 3 4 5 and 4 7 9.
        let expected = [6.0_f32, 5.0, 3.0, 5.0, 9.0].map(|radius| radius * radius);
        assert_eq!(found.squared_radii, expected);
    }

    #[test]
    fn precision_measures_quality_and_recall_variety() {
        let real = manifold(&[0.0, 1.0, 2.0, 3.0, 100.0, 101.0, 102.0, 103.0]);
        // One mode alone: full precision, and half the recall.
        let narrow = manifold(&[0.5, 1.0, 1.5, 2.0, 0.8, 2.2, 1.2, 2.5]);
        assert!((real.share_inside(&narrow) - 1.0).abs() < 1e-12);
        assert!((narrow.share_inside(&real) - 0.5).abs() < 1e-12, "{}", narrow.share_inside(&real));
        // Far from all real samples.
        let wrong = manifold(&[500.0, 501.0, 502.0, 503.0]);
        assert!(real.share_inside(&wrong).abs() < 1e-12 && wrong.share_inside(&real).abs() < 1e-12);
    }

    #[test]
    fn more_samples_than_one_block_are_compared() {
        let points: Vec<f32> =
            (0..ROWS as u16 * 2 + 3).map(|point| f32::from(point % 97)).collect();
        let whole = manifold(&points);
        assert_eq!(whole.squared_radii.len(), points.len());
        assert!((whole.share_inside(&whole) - 1.0).abs() < 1e-12);
    }
}
