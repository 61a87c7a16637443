//! Training steps and greedy decoding of translators, with the networks and sizes of `scripts/peer_texts.py`.

use std::fs;

use burn::tensor::Device;
use hearth_config::{Config, ModelConfig, RawConfig};
use hearth_data::text::TokenBatch;
use hearth_data::{Data, Labels};
use hearth_kernels::{Lengths, Tokens};
use hearth_model::{ForwardContext, Translator, params};
use hearth_tasks::registry;
use hearth_tasks::translate::search::search;
use hearth_train::Backend;
use hearth_train::task::step::StepSettings;

use crate::Outcome;
use crate::kernels::peak;
use crate::measure::{median, ratio};
use crate::networks::{per_second, steps_per_second};

/// The networks by their names in the table.
pub const NETWORKS: [&str; 3] = ["gru", "gru-additive", "transformer"];

/// Tokens of a source and of a target, that of the end included.
const TOKENS: usize = 24;
/// Pairs of a batch.
const BATCH: usize = 64;
/// Tokens of the vocabulary, four special ones included.
const VOCABULARY: usize = 4000;

/// The config of a network that is trained on the pairs of a file.
fn config(network: &str, path: &str) -> Outcome<Config> {
    let gru = |attention: &str| {
        format!(
            "kind = \"seq2seq\"\nembedding = 128\nhidden = 256\nbidirectional = false\n\
             attention = {attention:?}"
        )
    };
    let model = match network {
        "gru" => gru("none"),
        "gru-additive" => gru("additive"),
        _ => "kind = \"transformer\"\nwidth = 128\nheads = 4\nlayers = 2\ndropout = 0.0".to_owned(),
    };
    let text = format!(
        "format = 2\n[run]\nname = \"bench\"\n[data]\nkind = \"text-pairs\"\npath = {path:?}\n\
         tokenizer = \"words\"\nvocabulary = {VOCABULARY}\nbatch_size = {BATCH}\n[model]\n{model}\n\
         [optimizer]\nkind = \"adam\"\nlearning_rate = 1e-3\n[train]\nepochs = 1\nclip_norm = 1.0\n"
    );
    Ok(RawConfig::parse("bench.toml", text)?.check()?)
}

/// Pairs that have each word of the vocabulary, one in a line.
fn pairs() -> String {
    let words = VOCABULARY - 4;
    let text = |line: usize, step: usize| {
        let word = |place: usize| format!("w{}", (line * TOKENS + place * step) % words);
        (1..TOKENS).map(word).collect::<Vec<_>>().join(" ")
    };
    let line = |line| [text(line, 1), text(line, 7)].join("\t");
    (0..20 * BATCH).map(line).collect::<Vec<_>>().join("\n")
}

/// Target tokens per second of training steps.
pub fn step_speed(network: &str, backend: Backend) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pairs.tsv");
    fs::write(&path, pairs())?;
    let config = config(network, path.to_str().ok_or("a plain path")?)?;
    let data = Data::load(&config, Labels::Unused, "datasets".as_ref(), &mut |_| ())?;
    let device = backend.device()?;
    let steps = StepSettings::new(&config, &device)?;
    let mut task = registry::open_alone(&config, &data, &device)?;
    let rate = config.optimizer.rule.update.learning_rate;
    let pairs = steps_per_second(&mut *task, &steps, rate, backend.reading(), &device)?;
    Ok(pairs * TOKENS as f64)
}

/// Prints the speed of the products with weights in a training step, beside a matrix product alone.
pub fn share_of_peak(network: &str, rounds: usize) -> Outcome<()> {
    let backend = Backend::default();
    let operations = operations_per_token(network)?;
    let (mut speeds, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        speeds.push(step_speed(network, backend)? * operations);
        peaks.push(peak(&backend.device()?));
    }
    println!(
        "  {network}, step: {:.1} MFLOP a token, {:.0} GFLOP/s; a matrix product: {:.0} GFLOP/s{}",
        operations / 1e6,
        median(&speeds) / 1e9,
        median(&peaks) / 1e9,
        ratio(&speeds, &peaks),
    );
    Ok(())
}

/// Floating-point operations of the products with weights in a training step, for each target token: a weight is
/// multiplied and added once in the forward pass and twice in the backward pass.
fn operations_per_token(network: &str) -> Outcome<f64> {
    let network = self::network(network, &Backend::default().device()?)?;
    // Tables are looked up, and a bridge works once for each pair; a table of both sides is the output's matrix too.
    let counts =
        |path: &str| !["source.", "target.", "bridge."].iter().any(|at| path.starts_with(at));
    let weights = params::shapes(&network)
        .into_iter()
        .filter(|(path, shape)| shape.len() == 2 && counts(path))
        .map(|(_, shape)| shape.iter().product::<usize>() as f64);
    Ok(6.0 * weights.sum::<f64>())
}

/// A network with new weights.
fn network(network: &str, device: &Device) -> Outcome<Translator> {
    let ModelConfig::Translator(model) = config(network, "pairs.tsv")?.model else {
        return Err("a translator has a translator's config".into());
    };
    Ok(Translator::new(&model, VOCABULARY, 1, device))
}

/// Tokens per second of greedy decoding of one source at a time.
pub fn decoding_speed(network: &str, backend: Backend) -> Outcome<f64> {
    let network = self::network(network, &backend.device()?)?;
    let source: Vec<u32> = (0..TOKENS as u32 - 1).map(|place| 100 + 31 * place).collect();
    let batch = TokenBatch::of_sources(&[source]);
    let tokens = Tokens::new(batch.ids.as_slice(), [1, TOKENS]);
    let lengths = Lengths::new(batch.lengths.as_slice());
    per_second(|| {
        let encoded = network.encode(&tokens, &lengths, &mut ForwardContext::default());
        let found = search(&network, encoded, &batch.lengths, 1);
        Ok(found[0][0].tokens.len())
    })
}
