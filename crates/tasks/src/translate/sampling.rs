//! Scheduled sampling (Bengio et al. 2015): in training, the decoder reads some of its own predictions in place of true
//! tokens, as it does in free decoding.
//!
//! It is in two passes (Duckworth et al. 2019, "Parallel scheduled sampling"): the predictions of a pass that reads the
//! true target are mixed into the inputs of the pass that learns. A prediction is the most probable token. The first pass
//! is without dropout and without gradients.

use burn::module::Module as _;
use burn::tensor::Tensor;
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Config, TimeUnits};
use hearth_data::text::{PairBatch, Tokenizer};
use hearth_kernels::Tokens;
use hearth_model::{ForwardContext, Translator};
use hearth_train::task::outputs::values;
use hearth_train::task::step::StepContext;

use super::{encode, inputs, search};

/// The share of predictions among the inputs of a decoder, by the step.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledSampling {
    /// The share in the last step.
    share: f64,
    total_steps: u64,
}

impl ScheduledSampling {
    /// The scheduled sampling of a config's run; none if it has none.
    pub fn new(config: &Config, steps_per_epoch: u64) -> Option<Self> {
        let share = config.train.scheduled_sampling?;
        let units = TimeUnits { steps_per_epoch: Some(steps_per_epoch), ..TimeUnits::default() };
        let total_steps = config.train.length().steps(units)?;
        Some(Self { share, total_steps })
    }

    /// The share in step `step`, counted from 0: it grows linearly from 0 in the first step.
    fn share(self, step: u64) -> f64 {
        let last = self.total_steps.saturating_sub(1).max(1);
        self.share * (step as f64 / last as f64).min(1.0)
    }

    /// The tokens `[batch, targets]` that the decoder reads of the step's batch `index`.
    pub fn inputs(
        self,
        network: &Translator,
        batch: &PairBatch,
        index: usize,
        context: &StepContext<'_>,
    ) -> Tokens {
        let share = self.share(context.step);
        if share == 0.0 {
            return inputs(&batch.target);
        }
        let random = context.random(Purpose::ScheduledSampling, index);
        mixed(&network.valid(), batch, (share, random), |logits| context.output(logits))
    }
}

/// The inputs of a decoder `[batch, targets]`, in which each token behind the first is replaced with a probability by the
/// prediction from those before it. A predicted end leaves the true token, as nothing is read behind an end. `output`
/// converts logits to f32.
fn mixed(
    network: &Translator,
    batch: &PairBatch,
    (share, mut random): (f64, Stream),
    output: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tokens {
    let read = inputs(&batch.target);
    let mut pass = ForwardContext::default();
    let (encoding, state) = encode(network, &batch.source, &mut pass);
    let logits = output(network.decode(&encoding, state, &read, &mut pass).logits);
    let ([_, vocabulary], [_, steps]) = (logits.dims(), read.dims());
    let (logits, mut ids) = (values(logits), read.ids().to_vec());
    let rows = ids.chunks_exact_mut(steps).zip(logits.chunks_exact(steps * vocabulary));
    for ((row, logits), length) in rows.zip(&batch.target.lengths) {
        // The end of a target is not read.
        let places = row[1..*length as usize - 1].iter_mut();
        for (token, logits) in places.zip(logits.chunks_exact(vocabulary)) {
            if random.uniform() < share {
                let prediction = search::most_probable(logits, 1)[0];
                *token = if prediction == Tokenizer::END { *token } else { prediction };
            }
        }
    }
    Tokens::new(ids, read.dims())
}

#[cfg(test)]
mod tests {
    use hearth_data::text::TokenBatch;

    use super::super::tests::{VOCABULARY, networks};
    use super::*;

    #[test]
    fn the_share_grows_from_nothing() {
        for (total_steps, step, expected) in
            [(5, 0, 0.0), (5, 2, 0.2), (5, 4, 0.4), (5, 9, 0.4), (1, 0, 0.0)]
        {
            let found = ScheduledSampling { share: 0.4, total_steps }.share(step);
            assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        }
    }

    #[test]
    fn tokens_are_replaced_by_predictions_from_the_true_ones_before() {
        let target =
            TokenBatch { ids: vec![1, 4, 5, 6, 2, 1, 7, 2, 0, 0], lengths: vec![5, 3], time: 5 };
        let source = TokenBatch { ids: vec![4, 5, 2, 7, 2, 0], lengths: vec![3, 2], time: 3 };
        let batch = PairBatch { source, target, indices: vec![0, 1] };
        let random = || Stream::new(1, Purpose::ScheduledSampling, 3, 0);
        for network in networks() {
            let mix = |share| mixed(&network, &batch, (share, random()), |logits| logits);
            let read = inputs(&batch.target);
            assert_eq!(mix(0.0), read);
            let mut pass = ForwardContext::default();
            let (encoding, state) = encode(&network, &batch.source, &mut pass);
            let logits = values(network.decode(&encoding, state, &read, &mut pass).logits);
            let logits: Vec<_> = logits.chunks_exact(VOCABULARY).collect();
            let mut expected = read.ids().to_vec();
            // The first three tokens behind a start, and the one of the short target.
            for at in [1, 2, 3, 5] {
                let predicted = search::most_probable(logits[at - 1], 1)[0];
                expected[at] = if predicted == Tokenizer::END { expected[at] } else { predicted };
            }
            assert_eq!(mix(1.0).ids(), expected);
            assert_eq!(mix(0.5), mix(0.5));
        }
    }
}
