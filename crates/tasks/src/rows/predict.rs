//! A trained network that predicts from rows of a table.

use std::path::Path;

use burn::tensor::Device;
use hearth_data::Subset;
use hearth_data::tables::{Coding, Rows, Target};
use hearth_export::OpenedExport;
use hearth_model::Classifier;
use hearth_report::{Guess, Input, InputSchema, Output, OutputSchema, Predictor, Report, Schema};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use hearth_train::task::Split;
use hearth_train::task::outputs::{softmax, values};

use crate::predictor::{self, Restore};
use crate::rows;
use crate::rows::export;
use crate::rows::input::RowInput;
use crate::supervised::{self, Objective};

/// Rows in one forward pass.
const BATCH: usize = 4096;

/// A trained network on rows, with its coding. It may be used from many threads at once.
#[derive(Debug)]
pub struct RowPredictor {
    network: Classifier,
    input: RowInput,
    device: Device,
    schema: Schema,
}

impl RowPredictor {
    /// Loads the best checkpoint of a run, or a safetensors or burnpack export, on the default backend. A damaged one is
    /// an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TrainError> {
        Ok(Self::of(path.as_ref(), CheckpointSelector::Best, Backend::default())?.0)
    }

    /// Loads a run's checkpoint or an export; for a run, with the run and the step of the checkpoint.
    pub fn of(
        path: &Path,
        which: CheckpointSelector,
        backend: Backend,
    ) -> Result<(Self, Option<LoadedRun>), TrainError> {
        predictor::open(path, which, backend)
    }

    /// A predictor with a network that takes rows of this coding.
    pub(crate) fn new(network: Classifier, coding: Coding, device: Device) -> Self {
        let output = match &coding.target {
            Target::Classes { names } => OutputSchema::Classes(names.clone()),
            Target::Number { .. } => OutputSchema::Number,
        };
        let input = RowInput::new(&coding);
        Self { network, input, device, schema: Schema { input: InputSchema::Row(coding), output } }
    }

    /// The columns of the input and the target.
    pub fn coding(&self) -> &Coding {
        let InputSchema::Row(coding) = &self.schema.input else {
            unreachable!("`new` takes a coding")
        };
        coding
    }

    /// A prediction for each row, in their order.
    pub fn predict_rows(&self, rows: &Rows) -> Vec<Output> {
        let mut predictions = Vec::with_capacity(rows.num_rows);
        for start in (0..rows.num_rows).step_by(BATCH) {
            let count = BATCH.min(rows.num_rows - start);
            let part = |width: usize| start * width..(start + count) * width;
            let numbers = &rows.numbers[part(rows.num_numbers)];
            let codes = &rows.codes[part(rows.num_categories)];
            let inputs = self.input.rows(numbers, codes, count, &self.device);
            let outputs = values(self.network.forward(inputs));
            predictions
                .extend(outputs.chunks_exact(outputs.len() / count).map(|row| self.decode(row)));
        }
        predictions
    }

    /// The prediction of a row's outputs: class probabilities, or a number in the target's unit.
    fn decode(&self, outputs: &[f32]) -> Output {
        match &self.coding().target {
            Target::Classes { names } => Output::Classes(Guess::ranked(names, &softmax(outputs))),
            Target::Number { mean, std } => {
                Output::Number(f64::from(outputs[0]).mul_add(*std, *mean))
            }
        }
    }

    /// Results of an objective on a subset of the table.
    pub(crate) fn evaluate(
        &self,
        objective: &impl Objective<Rows>,
        subset: &Subset<Rows>,
        split: Split,
    ) -> Report {
        supervised::evaluate(&self.network, &self.input, objective, subset, split, &self.device)
    }
}

impl Predictor for RowPredictor {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The targets of rows, 4,096 in a forward pass.
    fn predict(&self, inputs: Vec<Input>) -> Vec<Output> {
        let coding = self.coding();
        let widths = (coding.num_numbers(), coding.categories().len());
        let mut rows = Rows::default();
        for input in inputs {
            match input {
                Input::Row(row) if (row.numbers.len(), row.codes.len()) == widths => {
                    rows.push(&row);
                }
                _ => panic!("an input is a row of {} numbers and {} codes", widths.0, widths.1),
            }
        }
        self.predict_rows(&rows)
    }
}

impl Restore for RowPredictor {
    fn from_trained(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError> {
        let Some(coding) = trained.info.table.clone() else {
            return Err(trained.is_not("a table"));
        };
        let device = backend.device()?;
        let network = rows::network(&trained.config, &coding, &device);
        let mut state = std::mem::take(&mut trained.state);
        // A checksum protects the checkpoint and not run.json, so that a mismatch is the fault of the latter.
        let network = restore_module(network, state.take_under("model")).map_err(|error| {
            let file = trained.run.join("run.json").display().to_string();
            TrainError::RunInfo { file, fault: format!("its table does not fit: {error}") }
        })?;
        Ok(Self::new(network, coding, device))
    }

    fn from_export(export: &OpenedExport<'_>, device: Device) -> Result<Self, TrainError> {
        let (network, coding) = export::open(export, &device)?;
        Ok(Self::new(network, coding, device))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::PathBuf;
    use std::sync::atomic::AtomicBool;

    use hearth_config::RawConfig;
    use hearth_data::tables::{TableInput, read_rows};
    use hearth_export::{Export, Format};
    use hearth_train::{Job, RunTarget};

    use super::*;
    use crate::{ImagePredictor, export, open_predictor, train};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// The export of an epoch of training on a table in this folder.
    fn exported(folder: &Path, format: Format) -> PathBuf {
        let table = folder.join("table.csv");
        let rows = (0..60).map(|row| format!("{},{},{}\n", row % 7, row % 3, ["a", "b"][row % 2]));
        let text = format!("x,code,kind\n{}", rows.collect::<String>());
        std::fs::write(&table, text).expect("written");
        let raw = RawConfig::read(&root().join("configs/iris-nano.toml")).expect("it is there");
        let overrides = [
            "train.epochs=1",
            "data.target=kind",
            "data.categories=[\"code\"]",
            "model.embedding=2",
            &format!("data.path={}", table.display()),
        ];
        let config = raw.with_overrides(&overrides).expect("TOML").check().expect("good");
        let run = folder.join("run");
        if !run.exists() {
            let job = Job {
                config: &config,
                backend: Backend::default(),
                datasets: &root().join("datasets"),
                target: RunTarget::Fresh(run.clone()),
                stop: &AtomicBool::new(false),
                deadline: None,
            };
            train(&job, &mut |_| ()).expect("it trains").expect("to its end");
        }
        let out = folder.join(format.name());
        let job = Export {
            run: &run,
            which: CheckpointSelector::Best,
            part: None,
            format,
            half: false,
            out: &out,
            backend: Backend::default(),
            datasets: &root().join("datasets"),
            stop: &AtomicBool::new(false),
        };
        export(&job, &mut |_| ()).expect("exported");
        out
    }

    #[test]
    fn runs_and_exports_are_opened_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let [safetensors, burnpack, onnx] = [Format::Safetensors, Format::Burnpack, Format::Onnx]
            .map(|f| exported(folder.path(), f));
        let run = folder.path().join("run");
        let predictor = RowPredictor::open(&run).expect("a run");
        let input = TableInput::bytes("rows", b"code,x\n2,0.5\n9,1\n".to_vec());
        let rows = read_rows(&input, predictor.coding()).expect("good").rows;
        assert_eq!(rows.codes, [3, 0], "the last one is unknown");
        let predictions = predictor.predict_rows(&rows);
        for export in [&safetensors, &burnpack] {
            let other = RowPredictor::open(export).expect("an export");
            assert_eq!(other.predict_rows(&rows), predictions, "{}", export.display());
            let error = ImagePredictor::open(export).expect_err("no images").to_string();
            assert!(error.contains("on rows of a table, and not on images"), "{error}");
        }
        for (path, is_run) in [(&run, true), (&safetensors, false)] {
            let opened = open_predictor(path, CheckpointSelector::Best, Backend::default());
            let (predictor, trained) = opened.expect("it takes rows");
            assert_eq!(trained.is_some(), is_run);
            let InputSchema::Row(coding) = &predictor.schema().input else { panic!("rows") };
            let rows = read_rows(&input, coding).expect("good").rows;
            let inputs = (0..rows.num_rows).map(|row| Input::Row(rows.row(row))).collect();
            assert_eq!(predictor.predict(inputs), predictions);
            assert_eq!(predictor.predict(Vec::new()), []);
            let image = || predictor.predict(vec![Input::Image(vec![0])]);
            assert!(catch_unwind(AssertUnwindSafe(image)).is_err(), "no row");
        }
        let error = RowPredictor::open(&onnx).expect_err("a graph").to_string();
        assert!(error.contains("other engines"), "{error}");
    }

    #[test]
    fn damage_to_an_export_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = exported(folder.path(), Format::Safetensors);
        let settings = std::fs::read_to_string(out.join("config.json")).expect("text");
        for (from, to) in [
            ("\"std\": ", "\"std\": -"),
            ("\"mean\": ", "\"mean\": null, \"was\": "),
            ("\"0\"", "\"5\""),
            ("\"0\",", ""),
            ("\"kind\": \"category\"", "\"kind\": \"number\""),
            ("\"safetensors\"", "\"burnpack\""),
            ("hidden = [8]", "hidden = [9]"),
            ("embedding = 2", "embedding = 3"),
            ("\"table\"", "\"tables\""),
            ("{", ""),
        ] {
            assert!(settings.contains(from), "{from}: {settings}");
            let damaged = settings.replacen(from, to, 1);
            std::fs::write(out.join("config.json"), damaged).expect("written");
            assert!(RowPredictor::open(&out).is_err(), "{from} -> {to}");
        }
        std::fs::write(out.join("config.json"), settings).expect("written");
        assert!(RowPredictor::open(&out).is_ok());
        std::fs::write(out.join("model.safetensors"), b"short").expect("written");
        assert!(RowPredictor::open(&out).is_err());
    }
}
