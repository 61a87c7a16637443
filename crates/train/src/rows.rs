//! Learning from the rows of a table, whatever is predicted: the network, its start, its results.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{ClassifierConfig, CommandLine, Config, DataSource, MlpConfig, ModelConfig};
use hearth_data::Data;
use hearth_data::tables::{Coding, Rows, Table, Target};
use hearth_model::{Classifier, Layer};
use hearth_report::Report;

use crate::error::TrainError;
use crate::evaluate::Evaluation;
use crate::info::Preprocessing;
use crate::memory::{Sizes, sizes_of};
use crate::row_input::{RowInput, dims};
use crate::row_predict::RowPredictor;
use crate::supervised::{Objective, Supervised};
use crate::tasks::{Opened, Opening};

/// The table of a task that learns from rows.
pub fn table(data: &Data) -> Result<&Table, TrainError> {
    match data {
        Data::Rows(table) => Ok(table),
        Data::Images(_) => {
            Err(TrainError::Settings("this task learns from rows of a table".into()))
        }
    }
}

/// Whether the network of a config takes rows.
pub fn is_for_rows(config: &Config) -> bool {
    matches!(config.data.source, DataSource::Csv(_))
        && matches!(config.model, ModelConfig::Classifier { network: ClassifierConfig::Mlp(_), .. })
}

/// The settings of a network for rows.
pub fn perceptron(config: &Config) -> &MlpConfig {
    match &config.model {
        ModelConfig::Classifier { network: ClassifierConfig::Mlp(mlp), .. } => mlp,
        _ => unreachable!("a checked config of a table has a perceptron"),
    }
}

/// The network of a config for rows of this coding, with its initial weights.
pub fn network(config: &Config, coding: &Coding, device: &Device) -> Classifier {
    let seed = config.run.seed;
    Classifier::for_rows(perceptron(config), &dims(coding), num_outputs(coding), seed, device)
}

/// Its layers.
pub fn layers(config: &Config, coding: &Coding) -> Vec<Layer> {
    Classifier::row_layers(perceptron(config), &dims(coding), num_outputs(coding))
}

/// One for each class, or one number.
pub fn num_outputs(coding: &Coding) -> usize {
    match &coding.target {
        Target::Classes { names } => names.len(),
        Target::Number { .. } => 1,
    }
}

/// Makes a task that learns from rows.
pub fn open<O: Objective<Rows> + 'static>(
    opening: Opening<'_>,
    table: &Table,
    objective: O,
) -> Result<Opened, TrainError> {
    let Opening { config, device, source, .. } = opening;
    let network = network(config, &table.coding, &device.clone().autodiff());
    let ModelConfig::Classifier { network: settings, .. } = &config.model else {
        unreachable!("a checked config of a table has a perceptron")
    };
    let classes = table.classes();
    let start = source.map(|source| source.start(settings, &network, classes)).transpose()?;
    let input = RowInput::new(&table.coding);
    let dims = [dims(&table.coding).width(), 1, 1];
    let splits = table.splits();
    let task = Supervised::new(config, (network, dims), (input, objective), splits, device);
    let preprocessing = Preprocessing::Rows(table.coding.clone());
    Ok(Opened { task: Box::new(task), preprocessing, start })
}

/// The sizes of the network, before it is there.
pub fn sizes(config: &Config, data: &Data) -> Option<Sizes> {
    let coding = &table(data).ok()?.coding;
    let inputs = [dims(coding).width(), 1, 1];
    Some(sizes_of(inputs, [(layers(config, coding), inputs)]))
}

/// Results of a run's checkpoint, and its step.
pub fn evaluate_run(
    evaluation: &Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = *evaluation;
    if pictures.is_some() {
        return Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run is on a table".into(),
        ));
    }
    let (predictor, trained) = RowPredictor::of_run(run, which, backend)?;
    let data = trained.data(datasets, notice)?;
    let splits = table(&data)?.splits();
    let subset = split.of(&splits);
    if subset.is_empty() {
        let name = split.name();
        return Err(TrainError::Settings(format!("the {name} set is empty")));
    }
    Ok((trained.step, predictor.evaluate(&trained.config, subset, split)))
}

/// The command that puts a trained run to work.
pub fn next(_: &Config, run: &Path) -> String {
    let predict = CommandLine::new("predict").path(run).placeholder("ROWS.csv");
    format!("predict with: {predict}")
}
