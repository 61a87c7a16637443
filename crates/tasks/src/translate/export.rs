//! Export of a translator, and loading of an export.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{ModelConfig, TranslatorConfig};
use hearth_data::Subset;
use hearth_data::text::{PairBatch, Pairs, Tokenizer};
use hearth_export::signature::{NetworkInput, Samples, Signature};
use hearth_export::{
    Format, Forward, Network, OpenedExport, Outline, Part, SAMPLES, TranslatorOutline,
};
use hearth_model::{ForwardContext, Translator};
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::outputs::values;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{encode, entry, teacher_forced};
use crate::images::export::probabilities;

/// The most probabilities that an export is checked on: 32 MiB of numbers in 32 bits.
const PROBABILITIES: usize = 1 << 23;

/// The inputs and outputs of a translator.
pub struct TextSignature {
    /// The tokenizer of its texts.
    pub tokenizer: Tokenizer,
}

/// The translator of a run.
pub fn network(trained: &mut LoadedRun, _: Part, device: &Device) -> Result<Network, TrainError> {
    let tokenizer = trained.tokenizer()?;
    let config = entry::settings(&trained.config).clone();
    if let TranslatorConfig::Transformer(transformer) = &config
        && transformer.learned_positions().is_some()
    {
        let why = "a transformer with learned positions has no export: train one with `model.positions = \"sinusoidal\"`";
        return Err(TrainError::Settings(why.into()));
    }
    let vocabulary = tokenizer.vocabulary_size();
    let module = entry::network(&trained.config, vocabulary, device);
    let state = std::mem::take(&mut trained.state).take_under("model");
    let outline = Outline::Translator(TranslatorOutline { config, vocabulary });
    Network::new(&forward(module), outline, state, Box::new(TextSignature { tokenizer }))
}

/// A network with its forward pass, which reads true targets.
fn forward(module: Translator) -> Forward<Translator> {
    let forward = |network: &Translator, input: &NetworkInput| {
        let PairBatch { source, target, .. } = input.pairs();
        let mut context = ForwardContext::default();
        let (encoding, state) = encode(network, source, &mut context);
        values(teacher_forced(network, (&encoding, state), target, &mut context).0)
    };
    Forward { module, forward }
}

/// The entries of an exported translator's `config.json`.
#[derive(Deserialize)]
struct Settings {
    /// The SHA-256 of the tokenizer's file.
    tokenizer: String,
}

/// Loads an exported translator, with its tokenizer. A missing or damaged file, an ONNX graph and a network of another
/// kind are errors.
pub fn open(
    opened: &OpenedExport<'_>,
    device: &Device,
) -> Result<(Translator, Tokenizer), TrainError> {
    if !opened.is_on_texts() {
        return Err(opened.fault(&"it is not that of a translator"));
    }
    let settings = opened.settings::<Settings>()?;
    let tokenizer = opened.tokenizer(&settings.of.tokenizer)?;
    let config = settings.config()?;
    let ModelConfig::Translator(network) = &config.model else {
        return Err(opened.fault(&"its config is not that of a translator"));
    };
    let vocabulary = tokenizer.vocabulary_size();
    let empty = entry::network(&config, vocabulary, device);
    let outline = TranslatorOutline { config: network.clone(), vocabulary };
    let network = opened.network(&settings, empty, &Outline::Translator(outline))?;
    Ok((network, tokenizer))
}

impl TextSignature {
    /// As many pairs as the check takes, of the test set, or else of the validation or training set.
    fn pairs(&self, sets: [&Subset<Pairs>; 3]) -> PairBatch {
        let [.., train] = sets;
        let set = sets.into_iter().find(|set| !set.is_empty()).unwrap_or(train);
        let mut batch = PairBatch::default();
        let mut count = SAMPLES.min(set.len());
        loop {
            set.fill(0..count, &mut batch);
            let size = batch.target.ids.len() * self.tokenizer.vocabulary_size();
            if size <= PROBABILITIES || count == 1 {
                return batch;
            }
            count = count.div_ceil(2);
        }
    }
}

impl Signature for TextSignature {
    fn samples(
        &self,
        trained: &LoadedRun,
        datasets: &Path,
        _: &Device,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Samples, TrainError> {
        let data = trained.data(datasets, notice)?;
        let splits = &entry::pairs(&data)?.splits;
        let pairs = self.pairs([&splits.test, &splits.valid, &splits.train]);
        Ok(Samples { count: pairs.len(), input: NetworkInput::Pairs(pairs), feed: Vec::new() })
    }

    /// The probability of each token behind each token of the true targets.
    fn compared(&self, outputs: &[f32]) -> Vec<f64> {
        probabilities(outputs, self.tokenizer.vocabulary_size())
    }

    fn settings(&self, _: Format) -> Map<String, Value> {
        let tokens = json!({
            "pad": Tokenizer::PAD,
            "start": Tokenizer::START,
            "end": Tokenizer::END,
            "unknown": Tokenizer::UNKNOWN,
        });
        let entries = [
            ("network", "translator".into()),
            ("tokenizer", self.tokenizer.checksum().into()),
            ("vocabulary_size", self.tokenizer.vocabulary_size().into()),
            ("special_tokens", tokens),
        ];
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn tokenizer(&self) -> Option<&Tokenizer> {
        Some(&self.tokenizer)
    }
}
