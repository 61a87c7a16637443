//! The Frechet distance between two sets of features (Dowson and Landau 1982; Heusel et al. 2017, equation 6).

use burn::tensor::Tensor;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Mean and covariance of features: a Gaussian approximation of their distribution.
#[derive(Clone, Debug)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    /// The symmetric square root of the covariance.
    root: DMatrix<f64>,
}

impl Gaussian {
    /// Fits features `[samples, features]`. Sums in `f64` on one thread give the same bits every time.
    pub fn fit(features: &Tensor<2>) -> Self {
        let [samples, width] = features.dims();
        let numbers: Vec<f32> =
            features.to_data().try_into_vec().expect("features are f32 on every backend here");
        let columns = DMatrix::from_iterator(width, samples, numbers.into_iter().map(f64::from));
        let mean = columns.column_mean();
        let mut centred = columns;
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        // The unbiased estimate, as in the reference code of Heusel et al. 2017.
        let covariance = &centred * centred.transpose() / (samples.max(2) - 1) as f64;
        let root = square_root(&covariance);
        Self { mean, covariance, root }
    }

    /// The squared Frechet distance `|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))`. The trace of the root equals that of
    /// `(C^(1/2) C' C^(1/2))^(1/2)`, which is symmetric.
    pub fn distance(&self, other: &Self) -> f64 {
        let product = &self.root * &other.covariance * &self.root;
        let eigenvalues = symmetrized(product).symmetric_eigenvalues();
        let root_trace: f64 = eigenvalues.iter().map(|value| value.max(0.0).sqrt()).sum();
        let traces = self.covariance.trace() + other.covariance.trace();
        // Rounding alone can make it negative.
        ((&self.mean - &other.mean).norm_squared() + traces - 2.0 * root_trace).max(0.0)
    }
}

/// The symmetric square root of a covariance.
fn square_root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, eigenvalues } =
        symmetrized(covariance.clone()).symmetric_eigen();
    let roots = DMatrix::from_diagonal(&eigenvalues.map(|value| value.max(0.0).sqrt()));
    &eigenvectors * roots * eigenvectors.transpose()
}

/// `(M + M^T) / 2`: removes the asymmetry that rounding leaves in a product of symmetric matrices.
fn symmetrized(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let transposed = matrix.transpose();
    (matrix + transposed) / 2.0
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use hearth_train::Backend;

    use super::*;

    fn gaussian(rows: &[[f32; 2]]) -> Gaussian {
        let data = TensorData::new(rows.concat(), [rows.len(), 2]);
        Gaussian::fit(&Tensor::from_data(data, &Backend::default().device().expect("a CPU")))
    }

    /// The corners of a rectangle with this centre and these half sides: the covariance is `diag(4/3 a^2, 4/3 b^2)`.
    fn corners([x, y]: [f32; 2], [a, b]: [f32; 2]) -> Gaussian {
        gaussian(&[[x + a, y + b], [x + a, y - b], [x - a, y + b], [x - a, y - b]])
    }

    #[test]
    fn diagonal_covariances_give_the_distance_of_means_and_deviations() {
        let (left, right) = (corners([0.0, 0.0], [3.0, 1.0]), corners([1.0, -2.0], [1.0, 2.0]));
        let deviations = 4.0 / 3.0 * ((3.0_f64 - 1.0).powi(2) + (1.0_f64 - 2.0).powi(2));
        let expected = 1.0 + 4.0 + deviations;
        assert!((left.distance(&right) - expected).abs() < 1e-9, "{}", left.distance(&right));
        assert!((right.distance(&left) - expected).abs() < 1e-9);
        assert!(left.distance(&left) < 1e-9);
    }

    /// A = [[2, 1], [1, 2]] and B = diag(4, 1) do not commute. AB has trace 10 and determinant 12, so that the
    /// trace of its root is sqrt(10 + 2 sqrt(12)).
    #[test]
    fn covariances_that_do_not_commute_give_the_trace_of_the_root() {
        let centred = |covariance: [f64; 4]| {
            let covariance = DMatrix::from_row_slice(2, 2, &covariance);
            let root = square_root(&covariance);
            Gaussian { mean: DVector::zeros(2), covariance, root }
        };
        let (a, b) = (centred([2.0, 1.0, 1.0, 2.0]), centred([4.0, 0.0, 0.0, 1.0]));
        let expected = 4.0 + 5.0 - 2.0 * (10.0 + 2.0 * 12.0_f64.sqrt()).sqrt();
        assert!((a.distance(&b) - expected).abs() < 1e-9, "{} {expected}", a.distance(&b));
        assert!((b.distance(&a) - expected).abs() < 1e-9);
    }

    #[test]
    fn a_constant_feature_gives_a_finite_distance() {
        let flat = gaussian(&[[1.0, 0.0], [3.0, 0.0]]);
        let other = gaussian(&[[1.0, 0.0], [3.0, 0.0]]);
        assert!(flat.distance(&other) < 1e-9);
    }
}
