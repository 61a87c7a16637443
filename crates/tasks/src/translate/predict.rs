//! A trained translator that translates texts.

use std::path::Path;

use burn::tensor::Device;
use hearth_data::text::{TokenBatch, Tokenizer};
use hearth_export::OpenedExport;
use hearth_kernels::Tokens;
use hearth_model::{ForwardContext, Translator};
use hearth_report::{
    Alignment, Input, InputSchema, Output, OutputSchema, Predictor, Schema, TextInput, Translation,
};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};

use super::search::{Hypothesis, search};
use super::{encode, entry, export};
use crate::predictor::{self, Restore};

/// Texts that are translated together, of similar length.
const BATCH: usize = 64;

/// A trained translator with its tokenizer. It may be used from many threads at once.
#[derive(Debug)]
pub struct TextPredictor {
    network: Translator,
    tokenizer: Tokenizer,
    schema: Schema,
}

impl TextPredictor {
    /// Loads the best checkpoint of a run, or a safetensors or burnpack export, on the default backend. A damaged one is
    /// an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TrainError> {
        let path = path.as_ref();
        Ok(predictor::open(path, CheckpointSelector::Best, Backend::default())?.0)
    }

    /// A predictor with a network for the vocabulary of a tokenizer.
    pub(crate) fn new(network: Translator, tokenizer: Tokenizer) -> Self {
        let schema = Schema { input: InputSchema::Text, output: OutputSchema::Texts };
        Self { network, tokenizer, schema }
    }

    /// Translations of a text, the best one first, with their attention: as many as the beam is wide. Characters and
    /// words that training has not seen are unknown tokens.
    pub fn translate(&self, text: &str, beam: usize) -> Vec<Translation> {
        let input = TextInput { text: text.to_owned(), beam, attention: true };
        let outputs = self.predict(vec![Input::Text(input)]);
        outputs.into_iter().next().and_then(Output::translations).unwrap_or_default()
    }

    /// The tokens of a text, with that of its end: the source that the network reads.
    pub fn tokens(&self, text: &str) -> Vec<String> {
        let ids = self.tokenizer.encode(text);
        let ids = ids.into_iter().chain([Tokenizer::END]);
        ids.map(|id| self.tokenizer.token(id).to_owned()).collect()
    }

    /// Translations of sources of one beam width, with their attention if it is wanted.
    fn translate_all(
        &self,
        sources: &[Vec<u32>],
        beam: usize,
        wants_attention: bool,
    ) -> Vec<Vec<Translation>> {
        let batch = TokenBatch::of_sources(sources);
        let encoded = encode(&self.network, &batch, &mut ForwardContext::default());
        let hypotheses = search(&self.network, encoded, &batch.lengths, beam);
        let translate = |(source, found): (&Vec<u32>, Vec<Hypothesis>)| {
            let found = found.into_iter().map(|found| Translation {
                text: self.tokenizer.decode(&found.tokens),
                score: found.score(),
                attention: wants_attention
                    .then(|| alignment(&self.network, &self.tokenizer, source, &found))
                    .flatten(),
            });
            found.collect()
        };
        sources.iter().zip(hypotheses).map(translate).collect()
    }
}

impl Restore for TextPredictor {
    fn from_trained(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError> {
        let tokenizer = trained.tokenizer()?;
        let device = backend.device()?;
        let network = entry::network(&trained.config, tokenizer.vocabulary_size(), &device);
        let network = restore_module(network, trained.state.take_under("model"))?;
        Ok(Self::new(network, tokenizer))
    }

    fn from_export(export: &OpenedExport<'_>, device: Device) -> Result<Self, TrainError> {
        let (network, tokenizer) = export::open(export, &device)?;
        Ok(Self::new(network, tokenizer))
    }
}

impl Predictor for TextPredictor {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn predict(&self, inputs: Vec<Input>) -> Vec<Output> {
        let mut sources = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            let Input::Text(TextInput { text, beam, attention }) = input else {
                panic!("a text, as the schema says")
            };
            sources.push(((beam, attention), index, self.tokenizer.encode(&text)));
        }
        let mut outputs: Vec<Output> = sources.iter().map(|_| Output::Texts(Vec::new())).collect();
        // Sources of one beam and of similar length are translated together.
        sources.sort_by_key(|(settings, _, tokens)| (*settings, tokens.len()));
        for group in sources.chunk_by(|left, right| left.0 == right.0) {
            for part in group.chunks(BATCH) {
                let tokens: Vec<_> = part.iter().map(|(_, _, tokens)| tokens.clone()).collect();
                let (beam, attention) = part[0].0;
                let found = self.translate_all(&tokens, beam, attention);
                for ((_, index, _), found) in part.iter().zip(found) {
                    outputs[*index] = Output::Texts(found);
                }
            }
        }
        outputs
    }
}

/// The weights of the attention between a source and a hypothesis; none without attention.
pub(super) fn alignment(
    network: &Translator,
    tokenizer: &Tokenizer,
    source: &[u32],
    found: &Hypothesis,
) -> Option<Alignment> {
    let mut pass = ForwardContext::with_attention();
    let batch = TokenBatch::of_sources(&[source.to_vec()]);
    let (encoding, state) = encode(network, &batch, &mut pass);
    let end = found.is_complete.then_some(Tokenizer::END);
    let target: Vec<u32> = found.tokens.iter().copied().chain(end).collect();
    // The decoder reads each token but the last behind that of the start.
    let read = [&[Tokenizer::START], &target[..target.len().saturating_sub(1)]].concat();
    let read = Tokens::new(read.as_slice(), [1, read.len()]);
    let weights = network.decode(&encoding, state, &read, &mut pass).attention?;
    let weights: Vec<f32> = weights.into_data().convert::<f32>().try_into_vec().ok()?;
    let names = |ids: &[u32]| ids.iter().map(|id| tokenizer.token(*id).to_owned()).collect();
    let row = |row: &[f32]| row.iter().copied().map(f64::from).collect();
    Some(Alignment {
        source: names(&[source, &[Tokenizer::END]].concat()),
        target: names(&target),
        weights: weights.chunks_exact(source.len() + 1).map(row).collect(),
    })
}
