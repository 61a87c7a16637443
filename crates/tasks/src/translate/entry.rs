//! Translation in the table of tasks: opening, evaluation.

use std::path::Path;

use hearth_config::{CommandLine, Config, ModelConfig, TranslatorConfig};
use hearth_data::text::{Pairs, TextPairs};
use hearth_data::{Data, Labels, Subset};
use hearth_model::Translator;
use hearth_report::Report;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::record::info::Preprocessing;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Opened, Opening, Split, TaskHooks};

use super::predict::TextPredictor;
use super::{Translation, evaluate, export};
use crate::entry::{Evaluation, TaskEntry};
use crate::predictor;

/// Translation in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry {
    hooks: TaskHooks { labels: Labels::Unused, has_one_loss: true, open, sizes: |_, _| None, next },
    evaluate: evaluate_run,
    predictor: predictor::boxed::<TextPredictor>,
    export: export::network,
};

/// The text pairs of a task that learns from them. Other data is an error.
pub(crate) fn pairs(data: &Data) -> Result<&TextPairs, TrainError> {
    match data {
        Data::Text(pairs) => Ok(pairs),
        _ => Err(TrainError::Settings("this task learns from pairs of texts".into())),
    }
}

/// The pairs of a split; None if there is no such split.
pub(super) fn subset(data: &TextPairs, split: Split) -> Option<&Subset<Pairs>> {
    if split == Split::Longer { data.longer.as_ref() } else { split.of(&data.splits) }
}

/// The network of a config with its initial weights, for a vocabulary of this size.
pub(super) fn network(
    config: &Config,
    vocabulary: usize,
    device: &burn::tensor::Device,
) -> Translator {
    Translator::new(settings(config), vocabulary, config.run.seed, device)
}

/// The network's settings in a config of this task.
pub(super) fn settings(config: &Config) -> &TranslatorConfig {
    let ModelConfig::Translator(settings) = &config.model else {
        unreachable!("a checked config's task is its model's")
    };
    settings
}

/// Training texts that are longer than a table of learned positions are an error.
fn check_positions(config: &Config, data: &TextPairs) -> Result<(), TrainError> {
    let ModelConfig::Translator(TranslatorConfig::Transformer(network)) = &config.model else {
        return Ok(());
    };
    let Some(most) = network.learned_positions() else { return Ok(()) };
    // A source is read with its end, and a target with its start.
    let longest = 1 + data.lengths().map(|lengths| lengths.max).into_iter().max().unwrap_or(0);
    if longest > most {
        return Err(TrainError::Settings(format!(
            "the longest training text has {longest} positions, and `model.max_positions` is {most}: increase it to \
             {longest} or more, or leave out longer texts"
        )));
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the table's type")]
fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let Opening { config, data, device, .. } = opening;
    let data = pairs(data)?;
    check_positions(config, data)?;
    let vocabulary = data.tokenizer.vocabulary_size();
    let network = network(config, vocabulary, &device.clone().autodiff());
    let task = Translation::task(config, network, data);
    let preprocessing = Preprocessing::Text(data.tokenizer.clone());
    Ok(Opened { task: Box::new(task), preprocessing, start: None })
}

fn evaluate_run(
    evaluation: &Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = *evaluation;
    if pictures.is_some() {
        return Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run is on texts".into(),
        ));
    }
    let mut trained = LoadedRun::open(run, which)?;
    let data = trained.data(datasets, notice)?;
    let data = pairs(&data)?;
    let vocabulary = data.tokenizer.vocabulary_size();
    let device = backend.device()?;
    let network = network(&trained.config, vocabulary, &device);
    let network = restore_module(network, trained.state.take_under("model"))?;
    let subset = split.filled(subset(data, split))?;
    Ok((trained.step, evaluate::evaluate(&network, data, subset, split)))
}

/// The suggestion of a command after training.
fn next(_: &Config, run: &Path) -> String {
    let predict = CommandLine::new("predict").path(run).placeholder("\"a text\"");
    format!("translate with: {predict}")
}
