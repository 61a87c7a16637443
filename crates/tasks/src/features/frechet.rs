//! The Frechet distance between two sets of features.

use burn::tensor::Tensor;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// The mean and the covariance of features, which stand for their distribution.
#[derive(Clone, Debug)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    /// The symmetric square root of the covariance.
    root: DMatrix<f64>,
}

impl Gaussian {
    /// Of features `[samples, features]`. Sums are made in 64 bits, on one thread: the same bits
    /// every time.
    pub fn of(features: &Tensor<2>) -> Self {
        let [samples, width] = features.dims();
        let numbers: Vec<f32> =
            features.to_data().try_into_vec().expect("features are f32 on every backend here");
        let columns = DMatrix::from_iterator(width, samples, numbers.into_iter().map(f64::from));
        let mean = columns.column_mean();
        let mut centred = columns;
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        // The estimate without bias, as in the reference code of Heusel et al. 2017.
        let covariance = &centred * centred.transpose() / (samples.max(2) - 1) as f64;
        let root = square_root(&covariance);
        Self { mean, covariance, root }
    }

    /// `|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))` (Dowson and Landau 1982; Heusel et al. 2017,
    /// equation 6). The trace of the root is that of `(C^(1/2) C' C^(1/2))^(1/2)`, which is symmetric.
    pub fn distance(&self, other: &Self) -> f64 {
        let product = &self.root * &other.covariance * &self.root;
        let eigenvalues = symmetric(product).symmetric_eigenvalues();
        let root_trace: f64 = eigenvalues.iter().map(|value| value.max(0.0).sqrt()).sum();
        let traces = self.covariance.trace() + other.covariance.trace();
        // Below zero by rounding alone.
        ((&self.mean - &other.mean).norm_squared() + traces - 2.0 * root_trace).max(0.0)
    }
}

fn square_root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, eigenvalues } =
        symmetric(covariance.clone()).symmetric_eigen();
    let roots = DMatrix::from_diagonal(&eigenvalues.map(|value| value.max(0.0).sqrt()));
    &eigenvectors * roots * eigenvectors.transpose()
}

/// Without the rounding by which a product of symmetric matrices is not quite symmetric.
fn symmetric(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let transposed = matrix.transpose();
    (matrix + transposed) / 2.0
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use hearth_train::Backend;

    fn gaussian(rows: &[[f32; 2]]) -> Gaussian {
        let data = TensorData::new(rows.concat(), [rows.len(), 2]);
        Gaussian::of(&Tensor::from_data(data, &Backend::default().device().expect("a CPU")))
    }

    /// Corners of a rectangle about a centre: the covariance is `diag(4/3 a^2, 4/3 b^2)`.
    fn corners([x, y]: [f32; 2], [a, b]: [f32; 2]) -> Gaussian {
        gaussian(&[[x + a, y + b], [x + a, y - b], [x - a, y + b], [x - a, y - b]])
    }

    #[test]
    fn of_axes_it_is_the_distance_of_means_and_deviations() {
        let (left, right) = (corners([0.0, 0.0], [3.0, 1.0]), corners([1.0, -2.0], [1.0, 2.0]));
        let deviations = 4.0 / 3.0 * ((3.0_f64 - 1.0).powi(2) + (1.0_f64 - 2.0).powi(2));
        let wanted = 1.0 + 4.0 + deviations;
        assert!((left.distance(&right) - wanted).abs() < 1e-9, "{}", left.distance(&right));
        assert!((right.distance(&left) - wanted).abs() < 1e-9);
        assert!(left.distance(&left) < 1e-9);
    }

    /// Covariances [[2, 1], [1, 2]] and its mirror do not commute with a scale of one axis.
    /// For A = [[2, 1], [1, 2]] and B = diag(4, 1): AB has trace 10 and determinant 12, so that the
    /// trace of its root is sqrt(10 + 2 sqrt(12)).
    #[test]
    fn of_turned_axes_it_is_the_trace_of_the_root() {
        let scaled = |covariance: [f64; 4]| {
            let covariance = DMatrix::from_row_slice(2, 2, &covariance);
            let root = square_root(&covariance);
            Gaussian { mean: DVector::zeros(2), covariance, root }
        };
        let (a, b) = (scaled([2.0, 1.0, 1.0, 2.0]), scaled([4.0, 0.0, 0.0, 1.0]));
        let wanted = 4.0 + 5.0 - 2.0 * (10.0 + 2.0 * 12.0_f64.sqrt()).sqrt();
        assert!((a.distance(&b) - wanted).abs() < 1e-9, "{} {wanted}", a.distance(&b));
        assert!((b.distance(&a) - wanted).abs() < 1e-9);
    }

    #[test]
    fn a_feature_that_never_changes_is_no_harm() {
        let flat = gaussian(&[[1.0, 0.0], [3.0, 0.0]]);
        let other = gaussian(&[[1.0, 0.0], [3.0, 0.0]]);
        assert!(flat.distance(&other) < 1e-9);
    }
}
