//! Features in two dimensions: their first two principal components (Pearson 1901).

use hearth_data::Subset;
use hearth_model::ForwardContext;
use hearth_report::plot::Series;
use hearth_train::task::outputs::values;
use nalgebra::{DMatrix, SymmetricEigen};

use super::Subject;

/// The most images of an embedding.
const IMAGES: usize = 1000;

/// Images as points in two dimensions.
pub struct Embedding {
    /// One series of points for each class.
    pub points: Vec<Series>,
    /// The share of the total variance along each axis.
    pub explained: [f64; 2],
}

/// The embedding of a set by the features `[images, features]` that the head takes.
pub fn of(subject: &Subject, set: &Subset) -> Embedding {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for batch in Subject::batches(set, IMAGES) {
        let images = subject.input.tensor(&batch, &subject.device);
        rows.extend(values(subject.inference.features(images, &mut ForwardContext::default())));
        labels.extend(batch.labels);
    }
    let width = rows.len() / labels.len().max(1);
    let rows = DMatrix::from_row_iterator(labels.len(), width, rows.into_iter().map(f64::from));
    let (scores, explained) = principal(rows);
    let points = subject.classes.iter().enumerate().map(|(class, name)| {
        let own = labels.iter().zip(&scores).filter(|(label, _)| usize::from(**label) == class);
        Series { name: name.clone(), points: own.map(|(_, score)| *score).collect() }
    });
    Embedding { points: points.collect(), explained }
}

/// The scores of each row `[samples, features]` on the first two principal components, and the share of the variance
/// along each.
fn principal(mut rows: DMatrix<f64>) -> (Vec<(f64, f64)>, [f64; 2]) {
    let (count, width) = rows.shape();
    if count == 0 || width == 0 {
        return (Vec::new(), [0.0; 2]);
    }
    let mean = rows.row_mean();
    for mut row in rows.row_iter_mut() {
        row -= &mean;
    }
    // X X^T and X^T X have the same eigenvalues other than 0; the smaller one is decomposed.
    let narrow = width <= count;
    let products = if narrow { rows.tr_mul(&rows) } else { &rows * rows.transpose() };
    let total = products.trace().max(f64::MIN_POSITIVE);
    let SymmetricEigen { eigenvectors, eigenvalues } = products.symmetric_eigen();
    let mut order: Vec<usize> = (0..eigenvalues.len()).collect();
    order.sort_by(|a, b| eigenvalues[*b].total_cmp(&eigenvalues[*a]));
    let axis = |rank: usize| -> (Vec<f64>, f64) {
        let Some(&column) = order.get(rank) else { return (vec![0.0; count], 0.0) };
        let (value, vector) = (eigenvalues[column].max(0.0), eigenvectors.column(column));
        let scores = if narrow { &rows * vector } else { vector * value.sqrt() };
        // The sign of an eigenvector is arbitrary: the largest score is positive.
        let largest = scores.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sign = largest.map_or(1.0, f64::signum);
        (scores.iter().map(|score| score * sign).collect(), value / total)
    };
    let ((first, share), (second, other)) = (axis(0), axis(1));
    (first.into_iter().zip(second).collect(), [share, other])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_products_give_the_same_components() {
        // Scores ±10 along (3, 4) / 5 and ±2.5 along (-4, 3) / 5, with more rows than columns and the reverse.
        let rows = [[-6.0, -8.0], [6.0, 8.0], [-2.0, 1.5], [2.0, -1.5]];
        let tall = DMatrix::from_fn(4, 2, |row, column| rows[row][column]);
        let wide =
            DMatrix::from_fn(4, 9, |row, column| if column < 2 { rows[row][column] } else { 7.0 });
        for matrix in [tall, wide] {
            let (scores, [first, second]) = principal(matrix);
            for (score, expected) in
                scores.iter().zip([(10.0, 0.0), (10.0, 0.0), (0.0, 2.5), (0.0, 2.5)])
            {
                assert!((score.0.abs() - expected.0).abs() < 1e-9, "{scores:?}");
                assert!((score.1.abs() - expected.1).abs() < 1e-9, "{scores:?}");
            }
            assert!((first - 200.0 / 212.5).abs() < 1e-12 && (second - 12.5 / 212.5).abs() < 1e-12);
        }
        assert!(principal(DMatrix::zeros(0, 3)).0.is_empty());
    }
}
