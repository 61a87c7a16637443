//! Learning from rows of a table, for classification and regression: network, initialisation, evaluation.

mod code;
pub mod export;
pub mod input;
pub mod predict;
mod words;

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{ClassifierConfig, CommandLine, Config, DataSource, MlpConfig, ModelConfig};
use hearth_data::Data;
use hearth_data::tables::{Coding, Rows, Table, Target};
use hearth_model::{Classifier, Layer};
use hearth_report::Report;
use hearth_train::error::TrainError;
use hearth_train::plan::memory::{Sizes, sizes_of};
use hearth_train::record::info::Preprocessing;
use hearth_train::run::hooks::{Opened, Opening};

use crate::entry::Evaluation;
use crate::predictor;
use crate::rows::input::{RowInput, dims};
use crate::rows::predict::RowPredictor;
use crate::supervised::{Objective, Supervised};

/// The table of a task that learns from rows. Images and texts are an error.
pub fn table(data: &Data) -> Result<&Table, TrainError> {
    match data {
        Data::Rows(table) => Ok(table),
        Data::Images(_) | Data::Text(_) | Data::Environment(_) => {
            Err(TrainError::Settings("this task learns from rows of a table".into()))
        }
    }
}

/// True if the network of a config takes rows.
pub fn is_for_rows(config: &Config) -> bool {
    matches!(config.data().source, DataSource::Csv(_))
        && matches!(config.model, ModelConfig::Classifier { network: ClassifierConfig::Mlp(_), .. })
}

/// The settings of the multilayer perceptron for rows.
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

/// The layers of [`network`].
pub fn layers(config: &Config, coding: &Coding) -> Vec<Layer> {
    Classifier::row_layers(perceptron(config), &dims(coding), num_outputs(coding))
}

/// The number of outputs: one for each class, or 1 for a number.
pub fn num_outputs(coding: &Coding) -> usize {
    match &coding.target {
        Target::Classes { names } => names.len(),
        Target::Number { .. } => 1,
    }
}

/// Opens a task that learns from rows by an objective.
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
    let task = Supervised::task(config, (network, dims), (input, objective), splits, device);
    let preprocessing = Preprocessing::Rows(table.coding.clone());
    Ok(Opened { task: Box::new(task), preprocessing, start })
}

/// The sizes of the network of a config, without building it; none for images.
pub fn sizes(config: &Config, data: &Data) -> Option<Sizes> {
    let coding = &table(data).ok()?.coding;
    let inputs = [dims(coding).width(), 1, 1];
    Some(sizes_of(inputs, [(layers(config, coding), inputs)]))
}

/// Evaluates a run's checkpoint by the objective of its config and coding: its step and the results.
pub fn evaluate_run<O: Objective<Rows>>(
    evaluation: &Evaluation<'_>,
    objective: fn(&Config, &Coding) -> O,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = *evaluation;
    if pictures.is_some() {
        return Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run is on a table".into(),
        ));
    }
    let (predictor, trained) = predictor::open_run::<RowPredictor>(run, which, backend)?;
    let data = trained.data(datasets, notice)?;
    let splits = table(&data)?.splits();
    let subset = split.filled(split.of(&splits))?;
    let objective = objective(&trained.config, predictor.coding());
    Ok((trained.step, predictor.evaluate(&objective, subset, split)))
}

/// The suggestion of a command after training.
pub fn next(_: &Config, run: &Path) -> String {
    let predict = CommandLine::new("predict").path(run).placeholder("ROWS.csv");
    format!("predict with: {predict}")
}

#[cfg(test)]
mod tests {
    use hearth_config::RawConfig;
    use hearth_data::Labels;
    use hearth_train::Backend;

    use super::*;
    use crate::registry::open_alone;

    #[test]
    fn sizes_match_the_network() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("table.csv");
        let rows = (0..60).map(|row| format!("{},{},{},{row}.5\n", row % 7, row % 3, row % 5));
        std::fs::write(&file, format!("x,a,b,y\n{}", rows.collect::<String>())).expect("written");
        let device = Backend::default().device().expect("a CPU");
        // One-hot codes: 1 + 3 + 5 inputs. Embeddings of width 4: 1 + 2 * 4 inputs, and 3 * 4 + 5 * 4 parameters.
        for (embedding, inputs, more) in [("", 9, 0), ("model.embedding=4", 9, 32)] {
            let raw = RawConfig::read("../../configs/diabetes-nano.toml".as_ref()).expect("there");
            let path = format!("data.path={}", file.display());
            let mut overrides = vec![
                "data.target=y",
                "data.categories=[\"a\", \"b\"]",
                "data.valid_samples=6",
                &path,
            ];
            overrides.extend((!embedding.is_empty()).then_some(embedding));
            let config = raw.with_overrides(&overrides).expect("TOML").check().expect("good");
            let data = Data::load(&config, Labels::Unused, folder.path(), &mut |_| ());
            let data = data.expect("a table");
            let found = sizes(&config, &data).expect("a list");
            assert_eq!(found.parameters, more + inputs * 8 + 8 + 8 + 1);
            let task = open_alone(&config, &data, &device).expect("it fits");
            assert_eq!(found.parameters, task.layers().parameters, "{embedding}");
        }
    }
}
