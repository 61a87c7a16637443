//! Translation: a sequence of tokens for each source sequence, learned by teacher forcing (Williams and Zipser 1989;
//! Sutskever, Vinyals and Le 2014). In training, the decoder reads the true target, or with scheduled sampling some tokens
//! of its own; freely decoded, all of its own.
//!
//! | file | subject |
//! | --- | --- |
//! | `entry` | the task in the table of tasks |
//! | [`bleu`] | BLEU, as sacreBLEU measures it |
//! | `export`, `words` | exports: inputs and outputs, and the text of the model card |
//! | [`predict`] | translations of texts |
//! | `sampling` | scheduled sampling: predictions among the decoder's inputs in training |
//! | [`search`] | beam search and greedy decoding |
//! | [`evaluate`] | loss, perplexity, exact match and BLEU, by the length of the source |

pub mod bleu;
mod entry;
pub mod evaluate;
mod export;
pub mod predict;
mod sampling;
pub mod search;
#[cfg(test)]
mod tests;
mod words;

use burn::optim::GradientsAccumulator;
use burn::tensor::Tensor;
use hearth_config::Config;
use hearth_config::seed::Purpose;
use hearth_data::text::{PairBatch, Pairs, TextPairs, TokenBatch, Tokenizer};
use hearth_kernels::{Lengths, Tokens, cross_entropy};
use hearth_model::{DecoderState, Encoding, ForwardContext, Translator};
use hearth_report::Report;
use hearth_train::backend::scalar::Scalar;
use hearth_train::task::Split;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::step::StepContext;

use self::sampling::ScheduledSampling;
use crate::one_network::{Computation, OneNetwork, OneNetworkTask, batches};

pub use entry::ENTRY;
pub(crate) use entry::pairs;

/// Training of a translator by teacher forcing.
struct Translation {
    data: TextPairs,
    label_smoothing: f64,
    sampling: Option<ScheduledSampling>,
}

impl Translation {
    /// The task before its first step, with a network on a device with differentiation.
    fn task(config: &Config, network: Translator, data: &TextPairs) -> OneNetworkTask<Self> {
        let batches = batches(config, &data.splits.train);
        let learning = Self {
            data: data.clone(),
            label_smoothing: config.train.label_smoothing,
            sampling: ScheduledSampling::new(config, batches.steps_per_epoch()),
        };
        OneNetworkTask::new(config, network, batches, learning)
    }
}

/// The tokens that a decoder has to predict in a batch.
fn num_labels(batch: &PairBatch) -> usize {
    // Each but the first.
    batch.target.lengths.iter().map(|length| *length as usize - 1).sum()
}

/// Encodes a batch of sources: the encoding, and the decoder's state before the first token.
fn encode(
    network: &Translator,
    sources: &TokenBatch,
    context: &mut ForwardContext,
) -> (Encoding, DecoderState) {
    let TokenBatch { ids, lengths, time } = sources;
    let tokens = Tokens::new(ids.as_slice(), [lengths.len(), *time]);
    network.encode(&tokens, &Lengths::new(lengths.as_slice()), context)
}

/// The tokens `[batch, targets]` that a decoder reads of true targets, each without its last place.
fn inputs(targets: &TokenBatch) -> Tokens {
    part(targets, 0)
}

/// The tokens `[batch, targets]` that a decoder predicts: each target without its first token, padded.
fn labels(targets: &TokenBatch) -> Tokens {
    part(targets, 1)
}

/// All places of targets but one, from `skip` on.
fn part(targets: &TokenBatch, skip: usize) -> Tokens {
    let TokenBatch { ids, lengths, time } = targets;
    let rows = ids.chunks_exact(*time);
    let ids: Vec<u32> = rows.flat_map(|row| &row[skip..skip + time - 1]).copied().collect();
    Tokens::new(ids, [lengths.len(), time - 1])
}

/// The logits `[batch * targets, vocabulary]` of a decoder that reads the true targets of encoded sources, and the
/// tokens that they predict.
fn teacher_forced(
    network: &Translator,
    (encoding, state): (&Encoding, DecoderState),
    targets: &TokenBatch,
    context: &mut ForwardContext,
) -> (Tensor<2>, Tokens) {
    (network.decode(encoding, state, &inputs(targets), context).logits, labels(targets))
}

impl OneNetwork for Translation {
    type Network = Translator;
    type Source = Pairs;

    fn layers(&self, network: &Translator) -> LayerTable {
        let mut batch = PairBatch::default();
        self.data.splits.train.fill(0..1, &mut batch);
        let forward = |pass: &mut ForwardContext| {
            let (encoding, state) = encode(network, &batch.source, pass);
            teacher_forced(network, (&encoding, state), &batch.target, pass);
        };
        LayerTable::default().with(network, "", forward)
    }

    /// The loss is a mean over the target tokens of all batches.
    fn forward_backward(
        &self,
        network: &Translator,
        batches: &[PairBatch],
        context: &mut StepContext<'_>,
    ) -> Computation {
        let network = context.weights(network);
        let num_tokens: usize = batches.iter().map(num_labels).sum();
        let (mut loss, mut gradients) = (Scalar::Host(0.0), GradientsAccumulator::new());
        for (index, batch) in batches.iter().enumerate() {
            let mut pass = ForwardContext::train(context.random(Purpose::Step, index).bits());
            let (encoding, state) = encode(&network, &batch.source, &mut pass);
            let read = match self.sampling {
                Some(sampling) => sampling.inputs(&network, batch, index, context),
                None => inputs(&batch.target),
            };
            let logits = context.output(network.decode(&encoding, state, &read, &mut pass).logits);
            let labels = labels(&batch.target);
            let sum = cross_entropy(logits, &labels, Some(Tokenizer::PAD), self.label_smoothing);
            let part = sum.div_scalar(num_tokens as f64);
            loss = loss + context.read("loss", part.clone().inner());
            gradients.accumulate(&*network, context.backward(part, &*network));
        }
        Computation {
            samples: batches.iter().map(PairBatch::len).sum(),
            loss,
            measure: None,
            update: context.propose(&*network, None, gradients.grads(), Vec::new()),
        }
    }

    fn validates(&self) -> bool {
        !self.data.splits.valid.is_empty()
    }

    fn evaluate(&self, network: &Translator, split: Split) -> Option<Report> {
        let subset = entry::subset(&self.data, split)?;
        Some(evaluate::evaluate(network, &self.data, subset, split))
    }
}
