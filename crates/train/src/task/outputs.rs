//! Outputs of networks as numbers on the host.

use burn::tensor::{Int, Tensor, TensorData};

use crate::backend::scalar::{Readback, Scalar};

/// How many rows of logits `[batch, classes]`, without differentiation, are largest at their label.
pub fn hits(logits: Tensor<2>, labels: &[u16], reading: Readback) -> Scalar {
    let [_, num_classes] = logits.dims();
    match reading {
        Readback::Immediate => {
            let logits = values(logits);
            let rows = logits.chunks_exact(num_classes).zip(labels);
            let hit = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
            Scalar::Host(rows.filter(hit).count() as f64)
        }
        Readback::Deferred => {
            let labels: Vec<i32> = labels.iter().map(|label| i32::from(*label)).collect();
            let labels = TensorData::new(labels, [logits.dims()[0], 1]);
            let labels = Tensor::<2, Int>::from_data(labels, &logits.device());
            Scalar::Device(logits.argmax(1).equal(labels).float().sum())
        }
    }
}

/// The numbers of outputs `[batch, outputs]`, row by row.
pub fn values(outputs: Tensor<2>) -> Vec<f32> {
    outputs.into_data().try_into_vec().expect("outputs are f32 on every backend here")
}

/// The place of the largest number; the first of equal ones, and NaN is never the largest.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] || row[best].is_nan() {
            best = place;
        }
    }
    best
}

/// The logarithms of the softmax of one row.
pub fn log_softmax(row: &[f32]) -> Vec<f64> {
    let largest = f64::from(row[argmax(row)]);
    let sum: f64 = row.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum();
    row.iter().map(|logit| f64::from(*logit) - largest - sum.ln()).collect()
}

/// The softmax of one row: probabilities that sum to 1.
pub fn softmax(row: &[f32]) -> Vec<f64> {
    log_softmax(row).into_iter().map(f64::exp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;
    use crate::backend::scalar::read;

    #[test]
    fn hits_are_the_same_here_and_there() {
        let device = Backend::default().device().expect("a CPU");
        let logits = Tensor::<2>::from_data([[1.0_f32, 2.0], [3.0, 0.0], [0.0, 4.0]], &device);
        for reading in [Readback::Immediate, Readback::Deferred] {
            assert_eq!(read(vec![hits(logits.clone(), &[1, 1, 1], reading)]), [2.0]);
        }
    }

    #[test]
    fn softmax_survives_large_logits() {
        let found = softmax(&[1000.0, 1000.0, -1000.0]);
        assert!((found[0] - 0.5).abs() < 1e-12 && found[2] < 1e-12);
    }
}
