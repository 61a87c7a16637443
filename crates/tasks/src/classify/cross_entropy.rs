//! Cross-entropy with class weights and label smoothing.

use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};

/// Softmax cross-entropy with a weight for each class and label smoothing.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// One weight for each class.
    pub class_weights: Vec<f64>,
    /// The share s of the target that is spread uniformly over all classes, from 0 to 1.
    pub label_smoothing: f64,
}

impl CrossEntropy {
    /// The sum of the class weights of these labels, which a batch's loss is divided by. It is positive even if every
    /// class in the batch has weight 0, so that the loss is 0 and not NaN.
    pub fn total_weight(&self, labels: &[u16]) -> f64 {
        let sum: f64 = labels.iter().map(|label| self.class_weights[usize::from(*label)]).sum();
        sum.max(f64::MIN_POSITIVE)
    }

    /// The loss of logits `[batch, classes]` in nats, divided by `total_weight`:
    ///
    /// `-sum_i w[y_i] sum_k t_ik log softmax(logits)_ik / total_weight`
    ///
    /// with `t_ik = (1 - s) [k = y_i] + s / classes` (Szegedy et al. 2016, section 7). The result is `[1]`. A single
    /// batch is divided by its own `total_weight`; the parts of an accumulated batch share the sum of all parts, so
    /// that their losses add up to the loss of the whole.
    pub fn forward(&self, logits: Tensor<2>, labels: &[u16], total_weight: f64) -> Tensor<1> {
        let targets = self.targets(labels, total_weight, &logits.device());
        (log_softmax(logits, 1) * targets).sum().neg()
    }

    /// `w[y_i] t_ik / total_weight`, as `[batch, classes]`.
    fn targets(&self, labels: &[u16], total_weight: f64, device: &Device) -> Tensor<2> {
        let num_classes = self.class_weights.len();
        let mut values = vec![0.0_f32; labels.len() * num_classes];
        for (row, label) in values.chunks_exact_mut(num_classes).zip(labels) {
            let label = usize::from(*label);
            let weight = self.class_weights[label] / total_weight;
            row.fill((weight * self.label_smoothing / num_classes as f64) as f32);
            let spread = self.label_smoothing * (1.0 - 1.0 / num_classes as f64);
            row[label] = (weight * (1.0 - spread)) as f32;
        }
        Tensor::from_data(TensorData::new(values, [labels.len(), num_classes]), device)
    }
}

#[cfg(test)]
mod tests {
    use hearth_train::Backend;

    use super::*;

    /// `[[ln 1, ln 2, ln 1], [ln 3, ln 1, ln 4]]`: the softmax is in quarters and eighths.
    fn logits() -> Tensor<2> {
        let rows = [[1.0_f32, 2.0, 1.0], [3.0, 1.0, 4.0]].map(|row| row.map(f32::ln));
        Tensor::from_data(rows, &Backend::default().device().expect("a CPU"))
    }

    fn loss(class_weights: [f64; 3], label_smoothing: f64, labels: &[u16]) -> f64 {
        let entropy = CrossEntropy { class_weights: class_weights.to_vec(), label_smoothing };
        let total = entropy.total_weight(labels);
        entropy.forward(logits(), labels, total).into_scalar::<f32>().into()
    }

    #[test]
    fn it_is_the_mean_negative_log_likelihood() {
        let expected = -((0.5_f64).ln() + (3.0 / 8.0_f64).ln()) / 2.0;
        assert!((loss([1.0; 3], 0.0, &[1, 0]) - expected).abs() < 1e-6);
    }

    #[test]
    fn class_weights_give_a_weighted_mean() {
        let expected = -(3.0 * (0.5_f64).ln() + (3.0 / 8.0_f64).ln()) / 4.0;
        assert!((loss([1.0, 3.0, 1.0], 0.0, &[1, 0]) - expected).abs() < 1e-6);
    }

    #[test]
    fn label_smoothing_spreads_its_share_over_all_classes() {
        let first = 0.8 * (0.5_f64).ln() + 0.1 * 2.0 * (0.25_f64).ln();
        let second = 0.8 * (3.0 / 8.0_f64).ln() + 0.1 * ((1.0 / 8.0_f64).ln() + (0.5_f64).ln());
        let expected = -(first + second) / 2.0;
        assert!((loss([1.0; 3], 0.3, &[1, 0]) - expected).abs() < 1e-6);
    }
}
