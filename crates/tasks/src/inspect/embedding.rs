//! Features in two dimensions: their first two principal components (Pearson 1901).

use hearth_data::Subset;
use hearth_model::ForwardContext;
use hearth_report::plot::Series;
use nalgebra::{DMatrix, SymmetricEigen};

use super::Subject;
use hearth_train::task::outputs::values;

/// Pictures that are shown.
const PICTURES: usize = 1000;

/// Pictures as points.
pub struct Embedding {
    /// One cloud for each class.
    pub points: Vec<Series>,
    /// The share of all variance along each axis.
    pub explained: [f64; 2],
}

/// Of the features that the head reads.
pub fn of(subject: &Subject, set: &Subset) -> Embedding {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for batch in Subject::over(set, PICTURES) {
        let pictures = subject.input.tensor(&batch, &subject.device);
        rows.extend(values(subject.still.features(pictures, &mut ForwardContext::default())));
        labels.extend(batch.labels);
    }
    let width = rows.len() / labels.len().max(1);
    let rows = DMatrix::from_row_iterator(labels.len(), width, rows.into_iter().map(f64::from));
    let (places, explained) = principal(rows);
    let points = subject.classes.iter().enumerate().map(|(class, name)| {
        let own = labels.iter().zip(&places).filter(|(label, _)| usize::from(**label) == class);
        Series { name: name.clone(), points: own.map(|(_, place)| *place).collect() }
    });
    Embedding { points: points.collect(), explained }
}

/// The first two principal components of each row, and the share of the variance along them.
fn principal(mut rows: DMatrix<f64>) -> (Vec<(f64, f64)>, [f64; 2]) {
    let (count, width) = rows.shape();
    if count == 0 || width == 0 {
        return (Vec::new(), [0.0; 2]);
    }
    let mean = rows.row_mean();
    for mut row in rows.row_iter_mut() {
        row -= &mean;
    }
    // Products of rows with each other have the same eigenvalues as those of columns, and are fewer or more.
    let narrow = width <= count;
    let products = if narrow { rows.tr_mul(&rows) } else { &rows * rows.transpose() };
    let total = products.trace().max(f64::MIN_POSITIVE);
    let SymmetricEigen { eigenvectors, eigenvalues } = products.symmetric_eigen();
    let mut order: Vec<usize> = (0..eigenvalues.len()).collect();
    order.sort_by(|a, b| eigenvalues[*b].total_cmp(&eigenvalues[*a]));
    let axis = |place: usize| -> (Vec<f64>, f64) {
        let Some(&at) = order.get(place) else { return (vec![0.0; count], 0.0) };
        let (value, vector) = (eigenvalues[at].max(0.0), eigenvectors.column(at));
        let places = if narrow { &rows * vector } else { vector * value.sqrt() };
        // An eigenvector has no sign of its own.
        let largest = places.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sign = largest.map_or(1.0, f64::signum);
        (places.iter().map(|place| place * sign).collect(), value / total)
    };
    let ((first, share), (second, other)) = (axis(0), axis(1));
    (first.into_iter().zip(second).collect(), [share, other])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_the_same_components() {
        // Along (3, 4) by -2, 0, 2 and along (-4, 3) by 0, ±1/2: few rows in many columns, and the reverse.
        let rows = [[-6.0, -8.0], [6.0, 8.0], [-2.0, 1.5], [2.0, -1.5]];
        let tall = DMatrix::from_fn(4, 2, |row, column| rows[row][column]);
        let wide =
            DMatrix::from_fn(4, 9, |row, column| if column < 2 { rows[row][column] } else { 7.0 });
        for matrix in [tall, wide] {
            let (places, [first, second]) = principal(matrix);
            for (place, wanted) in
                places.iter().zip([(10.0, 0.0), (10.0, 0.0), (0.0, 2.5), (0.0, 2.5)])
            {
                assert!((place.0.abs() - wanted.0).abs() < 1e-9, "{places:?}");
                assert!((place.1.abs() - wanted.1).abs() < 1e-9, "{places:?}");
            }
            assert!((first - 200.0 / 212.5).abs() < 1e-12 && (second - 12.5 / 212.5).abs() < 1e-12);
        }
        assert!(principal(DMatrix::zeros(0, 3)).0.is_empty());
    }
}
