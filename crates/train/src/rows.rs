//! Learning from the rows of a table, whatever is predicted: the network, its start, its results.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{ClassifierConfig, CommandLine, Config, MlpConfig, ModelConfig};
use hearth_data::Data;
use hearth_data::tables::{Coding, Rows, Table, Target};
use hearth_model::{Classifier, RowDims};
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

/// The settings of a network for rows.
fn perceptron(config: &Config) -> &MlpConfig {
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

/// One for each class, or one number.
fn num_outputs(coding: &Coding) -> usize {
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
    let (RowDims { numbers, categories }, mlp) = (dims(coding), perceptron(config));
    let width = match mlp.embedding {
        Some(_) => return None,
        None => numbers + categories.iter().sum::<usize>(),
    };
    let network = ClassifierConfig::Mlp(mlp.clone());
    let inputs = [width, 1, 1];
    Some(sizes_of(inputs, [(Classifier::layers(&network, inputs, num_outputs(coding))?, inputs)]))
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
