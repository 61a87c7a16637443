//! Outputs of networks on the host: predictions, softmax, the number of correct predictions.

use burn::tensor::{Int, Tensor, TensorData};

use crate::backend::scalar::{Readback, Scalar};

/// The number of correct predictions: rows of logits `[batch, classes]`, without differentiation, whose argmax is
/// their label.
pub fn num_correct(logits: Tensor<2>, labels: &[u16], readback: Readback) -> Scalar {
    let [_, num_classes] = logits.dims();
    match readback {
        Readback::Immediate => {
            let logits = values(logits);
            let rows = logits.chunks_exact(num_classes).zip(labels);
            let is_correct = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
            Scalar::Host(rows.filter(is_correct).count() as f64)
        }
        Readback::Deferred => {
            let labels: Vec<i32> = labels.iter().map(|label| i32::from(*label)).collect();
            let labels = TensorData::new(labels, [logits.dims()[0], 1]);
            let labels = Tensor::<2, Int>::from_data(labels, &logits.device());
            Scalar::Device(logits.argmax(1).equal(labels).float().sum())
        }
    }
}

/// The elements of outputs `[batch, outputs]` in f32, row by row.
pub fn values(outputs: Tensor<2>) -> Vec<f32> {
    outputs.into_data().try_into_vec().expect("outputs are f32 on every backend here")
}

/// The index of the largest element: the first of equal ones, and never a NaN unless all are.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] || row[best].is_nan() {
            best = index;
        }
    }
    best
}

/// `ln(sum_k exp(logit_k))` of one row of logits, in f64 and shifted by the largest logit against overflow.
pub fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = f64::from(row[argmax(row)]);
    largest + row.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum::<f64>().ln()
}

/// The log-softmax of one row of logits, in f64.
pub fn log_softmax(row: &[f32]) -> Vec<f64> {
    let normaliser = log_sum_exp(row);
    row.iter().map(|logit| f64::from(*logit) - normaliser).collect()
}

/// The softmax of one row of logits: probabilities that sum to 1.
pub fn softmax(row: &[f32]) -> Vec<f64> {
    log_softmax(row).into_iter().map(f64::exp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;
    use crate::backend::scalar::read;

    #[test]
    fn num_correct_is_the_same_on_host_and_device() {
        let device = Backend::default().device().expect("a CPU");
        let logits = Tensor::<2>::from_data([[1.0_f32, 2.0], [3.0, 0.0], [0.0, 4.0]], &device);
        for readback in [Readback::Immediate, Readback::Deferred] {
            assert_eq!(read(vec![num_correct(logits.clone(), &[1, 1, 1], readback)]), [2.0]);
        }
    }

    #[test]
    fn softmax_survives_large_logits() {
        let found = softmax(&[1000.0, 1000.0, -1000.0]);
        assert!((found[0] - 0.5).abs() < 1e-12 && found[2] < 1e-12);
    }
}
