//! Translation: a sequence of tokens for each source sequence, learned by teacher forcing (Williams and Zipser 1989;
//! Sutskever, Vinyals and Le 2014). In training, the decoder reads the true target; freely decoded, its own.
//!
//! | file | subject |
//! | --- | --- |
//! | `entry` | the task in the table of tasks |
//! | [`bleu`] | BLEU, as sacreBLEU measures it |
//! | [`predict`] | translations of texts |
//! | [`search`] | beam search and greedy decoding |
//! | [`evaluate`] | loss, perplexity, exact match and BLEU, by the length of the source |

pub mod bleu;
mod entry;
pub mod evaluate;
pub mod predict;
pub mod search;
#[cfg(test)]
mod tests;

use burn::module::Module as _;
use burn::optim::GradientsAccumulator;
use burn::tensor::Tensor;
use hearth_config::Config;
use hearth_config::seed::Purpose;
use hearth_data::Loader;
use hearth_data::text::{PairBatch, Pairs, TextPairs, TokenBatch, Tokenizer};
use hearth_kernels::{Lengths, Tokens, cross_entropy};
use hearth_model::{ForwardContext, Translator};
use hearth_report::Report;
use hearth_store::StateDict;
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::learner::{TrainState, Update};
use hearth_train::task::batches::Batches;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::step::StepContext;
use hearth_train::task::{Opaque, Proposed, Split, Task, downcast};

pub use entry::ENTRY;

/// Training of a translator by teacher forcing.
struct Translation {
    train_state: TrainState<Translator>,
    batches: Batches<Pairs>,
    data: TextPairs,
    label_smoothing: f64,
}

/// The change of a step.
struct Step {
    update: Update,
    learning_rate: f64,
}

impl Translation {
    /// The task before its first step, with a network on a device with differentiation.
    fn new(config: &Config, network: Translator, data: &TextPairs) -> Self {
        let batch_size = config.data.batches.batch_size;
        let loader = Loader::new(data.splits.train.clone(), batch_size, config.run.seed);
        Self {
            train_state: TrainState::new(network, &config.optimizer.rule),
            batches: Batches::new(loader, config.train.accumulate),
            data: data.clone(),
            label_smoothing: config.train.label_smoothing,
        }
    }

    /// The loss of accumulated batches, a mean over their target tokens, and the update of its gradients.
    fn forward_backward(
        &self,
        batches: &[PairBatch],
        context: &mut StepContext<'_>,
    ) -> (Scalar, Update) {
        let network = context.weights(&self.train_state.network);
        let num_tokens: usize = batches.iter().map(num_labels).sum();
        let (mut loss, mut gradients) = (Scalar::Host(0.0), GradientsAccumulator::new());
        for (index, batch) in batches.iter().enumerate() {
            let mut pass = ForwardContext::train(context.random(Purpose::Step, index).bits());
            let (logits, labels) = teacher_forced(&network, batch, &mut pass);
            let logits = context.output(logits);
            let sum = cross_entropy(logits, &labels, Some(Tokenizer::PAD), self.label_smoothing);
            let part = sum.div_scalar(num_tokens as f64);
            loss = loss + context.read("loss", part.clone().inner());
            gradients.accumulate(&*network, context.backward(part, &*network));
        }
        (loss, context.propose(&*network, None, gradients.grads(), Vec::new()))
    }
}

/// The tokens that a decoder has to predict in a batch.
fn num_labels(batch: &PairBatch) -> usize {
    // Each but the first.
    batch.target.lengths.iter().map(|length| *length as usize - 1).sum()
}

/// A batch of sources as tokens and lengths.
fn source_tokens(source: &TokenBatch) -> (Tokens, Lengths) {
    let tokens = Tokens::new(source.ids.as_slice(), [source.lengths.len(), source.time]);
    (tokens, Lengths::new(source.lengths.as_slice()))
}

/// The logits `[batch * targets, vocabulary]` of a decoder that reads the true targets, and the tokens that they
/// predict: each target without its first token, padded.
fn teacher_forced(
    network: &Translator,
    batch: &PairBatch,
    context: &mut ForwardContext,
) -> (Tensor<2>, Tokens) {
    let (sources, lengths) = source_tokens(&batch.source);
    let (encoding, state) = network.encode(&sources, &lengths, context);
    let TokenBatch { ids, lengths, time } = &batch.target;
    let part = |skip: usize| {
        let rows = ids.chunks_exact(*time);
        let ids: Vec<u32> = rows.flat_map(|row| &row[skip..skip + time - 1]).copied().collect();
        Tokens::new(ids, [lengths.len(), time - 1])
    };
    (network.decode(&encoding, state, &part(0), context).logits, part(1))
}

impl Task for Translation {
    fn layers(&self) -> LayerTable {
        let network = self.train_state.network.valid();
        let mut batch = PairBatch::default();
        self.data.splits.train.fill(0..1, &mut batch);
        let forward = |pass: &mut ForwardContext| drop(teacher_forced(&network, &batch, pass));
        LayerTable::default().with(&network, "", forward)
    }

    fn steps_per_epoch(&self) -> Option<u64> {
        Some(self.batches.steps_per_epoch())
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let batches = self.batches.of_step(context.step);
        let (loss, update) = self.forward_backward(&batches, context);
        let samples = batches.iter().map(|batch| batch.indices.len()).sum::<usize>();
        self.batches.recycle(batches);
        Ok(Proposed {
            change: Box::new(Step { update, learning_rate: context.learning_rate }),
            samples: samples as u64,
            totals: vec![("loss", loss * samples as f64)],
        })
    }

    fn sources(&self, step: u64) -> Vec<u32> {
        self.batches.sources(step)
    }

    fn gradients(&self, change: &Opaque) -> Vec<(String, Vec<f32>)> {
        let change: Option<&Step> = change.downcast_ref();
        change.map_or_else(Vec::new, |change| self.train_state.gradients(&change.update))
    }

    fn apply(&mut self, change: Opaque) {
        let change: Step = downcast(change);
        self.train_state.update(change.update, change.learning_rate);
    }

    fn snapshot(&self) -> Opaque {
        Box::new(self.train_state.clone())
    }

    fn rollback(&mut self, snapshot: Opaque) {
        self.train_state = downcast(snapshot);
    }

    fn validates(&self) -> bool {
        !self.data.splits.valid.is_empty()
    }

    fn evaluate(&self, split: Split) -> Option<Report> {
        let subset = entry::subset(&self.data, split)?;
        let network = self.train_state.network.valid();
        Some(evaluate::evaluate(&network, &self.data, subset, split))
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::default();
        self.train_state.save(None, &mut state)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.train_state.restore(None, &mut state)?;
        Ok(state.finish()?)
    }
}
