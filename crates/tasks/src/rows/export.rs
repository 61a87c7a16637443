//! Inputs and outputs of exported networks on rows of a table.

use std::path::Path;

use burn::tensor::Device;
use hearth_data::tables::{Coding, ColumnCoding, RowBatch, Target};
use hearth_export::onnx::graph::{CODES, Graph};
use hearth_export::signature::{
    GraphInput, LayerSignature, NetworkInput, Samples, Signature, Values,
};
use hearth_export::{Format, Network, OpenedExport, Outline, Part, SAMPLES};
use hearth_model::{Classifier, Layer};
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::images::export::{class_outputs, probabilities};
use crate::rows;
use crate::rows::input::RowInput;
use crate::supervised::forward;

/// The graph's input of numbers.
pub const NUMBERS: &str = "numbers";

/// The mean, in standard deviations, above which 32 bits hold the numbers of a column too coarsely: the rounding is then
/// a tenth of the tolerance of the check.
const FAR: f64 = 200.0;

/// The inputs and outputs of a network on rows of a table.
pub struct RowSignature {
    /// Columns, statistics and categories.
    pub coding: Coding,
    /// The width of learned embeddings; none for one-hot codes.
    pub embedding: Option<usize>,
}

/// The network of a run on rows of a table. A run on images is an error.
pub fn network(trained: &mut LoadedRun, _: Part, device: &Device) -> Result<Network, TrainError> {
    let Some(coding) = trained.info.table.clone() else {
        return Err(trained.is_not("a table"));
    };
    let state = std::mem::take(&mut trained.state).take_under("model");
    let layers = rows::layers(&trained.config, &coding);
    let module = forward(rows::network(&trained.config, &coding, device));
    let embedding = rows::perceptron(&trained.config).embedding;
    Network::new(&module, Some(layers), state, Box::new(RowSignature { coding, embedding }))
}

/// The entries of an exported network's `config.json`.
#[derive(Deserialize)]
struct Settings {
    table: Coding,
}

/// Loads an exported network on rows of a table, with its coding. A missing or damaged file, an ONNX graph and a network
/// of another kind are errors.
pub fn open(
    opened: &OpenedExport<'_>,
    device: &Device,
) -> Result<(Classifier, Coding), TrainError> {
    if !opened.is_on_table() {
        return Err(opened.fault(&"it is not that of a network on rows of a table"));
    }
    let settings = opened.settings::<Settings>()?;
    let coding = settings.of.table.clone();
    if let Some(fault) = coding.fault() {
        return Err(opened.fault(&fault));
    }
    let config = settings.config()?;
    if !rows::is_for_rows(&config) {
        return Err(opened.fault(&"its config is not that of a network on rows of a table"));
    }
    let empty = rows::network(&config, &coding, device);
    let outline = Outline::Layers(rows::layers(&config, &coding));
    let network = opened.network(&settings, empty, &outline)?;
    Ok((network, coding))
}

impl RowSignature {
    /// Mean and standard deviation of each number; 0 and 1 for the flags of missing numbers.
    pub fn statistics(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut means, mut stds) = (Vec::new(), Vec::new());
        for column in &self.coding.columns {
            if let ColumnCoding::Number { mean, std, .. } = &column.coding {
                means.push(*mean);
                stds.push(*std);
            }
        }
        means.resize(self.coding.num_numbers(), 0.0);
        stds.resize(self.coding.num_numbers(), 1.0);
        (means, stds)
    }

    /// The name, mean and standard deviation of the column whose mean is the most standard deviations from 0.
    fn farthest(&self) -> Option<(&str, f64, f64)> {
        let of = self.coding.columns.iter().filter_map(|column| match &column.coding {
            ColumnCoding::Number { mean, std, .. } => Some((column.name.as_str(), *mean, *std)),
            ColumnCoding::Category { .. } => None,
        });
        let distance = |(_, mean, std): &(&str, f64, f64)| (mean / std).abs();
        of.max_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

impl LayerSignature for RowSignature {
    /// `(numbers - mean) / std`. The mean is split into two 32-bit floats, which keeps the precision of a large one.
    fn inputs(&self, graph: &mut Graph) -> String {
        let num_categories = self.coding.categories().len();
        let (means, stds) = self.statistics();
        let width = means.len();
        let mut value = String::new();
        if width > 0 {
            graph.input(NUMBERS, &[width]);
            let rounded = |mean: &f64| *mean as f32;
            let rest = |mean: &f64| (mean - f64::from(rounded(mean))) as f32;
            graph.constant("mean", &[1, width], means.iter().map(rounded).collect());
            graph.constant("mean.rest", &[1, width], means.iter().map(rest).collect());
            graph.constant("std", &[1, width], stds.iter().map(|std| *std as f32).collect());
            graph.named("Sub", &[NUMBERS, "mean"], Vec::new(), "shifted");
            graph.named("Sub", &["shifted", "mean.rest"], Vec::new(), "centered");
            value = graph.named("Div", &["centered", "std"], Vec::new(), "standardized");
        }
        if num_categories > 0 {
            graph.whole_input(CODES, &[num_categories]);
        }
        value
    }

    fn outputs(&self, graph: &mut Graph, last: &str) {
        match &self.coding.target {
            Target::Classes { names } => class_outputs(graph, last, names.len()),
            Target::Number { mean, std } => {
                graph.constant("target.mean", &[], vec![*mean as f32]);
                graph.constant("target.std", &[], vec![*std as f32]);
                graph.named("Mul", &[last, "target.std"], Vec::new(), "scaled");
                graph.named("Add", &["scaled", "target.mean"], Vec::new(), "value");
                graph.output("value", &[1]);
            }
        }
    }

    fn checked_output(&self) -> &'static str {
        match self.coding.target {
            Target::Classes { .. } => "probabilities",
            Target::Number { .. } => "value",
        }
    }

    fn compared_in_graph(&self, output: &[f32]) -> Vec<f64> {
        let outputs = output.iter().copied().map(f64::from);
        match self.coding.target {
            Target::Classes { .. } => outputs.collect(),
            Target::Number { mean, std } => outputs.map(|value| (value - mean) / std).collect(),
        }
    }

    fn feed(&self) -> String {
        let (num_numbers, num_codes) = (self.coding.num_numbers(), self.coding.categories().len());
        let sizes = [("numbers", num_numbers, "float32"), ("codes", num_codes, "int64")];
        let feed = sizes.into_iter().filter(|(_, size, _)| *size > 0).map(|(name, size, kind)| {
            format!("\"{name}\": numpy.zeros((1, {size}), numpy.{kind})")
        });
        feed.collect::<Vec<_>>().join(", ")
    }

    fn gives(&self) -> &'static str {
        match self.coding.target {
            Target::Classes { .. } => "`logits` and `probabilities`",
            Target::Number { .. } => "`value`",
        }
    }

    fn pytorch(&self, layers: &[Layer]) -> String {
        self.module(layers)
    }
}

impl Signature for RowSignature {
    fn layered(&self) -> Option<&dyn LayerSignature> {
        Some(self)
    }

    /// Rows of the test set.
    fn samples(
        &self,
        trained: &LoadedRun,
        datasets: &Path,
        device: &Device,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Samples, TrainError> {
        let data = trained.data(datasets, notice)?;
        let test = rows::table(&data)?.splits().test.clone();
        let mut batch = RowBatch::default();
        let count = SAMPLES.min(test.len());
        test.fill(0..count, &mut batch);
        let RowBatch { numbers, codes, .. } = &batch;
        let (means, stds) = self.statistics();
        let mut feed = Vec::new();
        if !means.is_empty() {
            let statistics = means.iter().zip(&stds).cycle();
            let raw = numbers.iter().zip(statistics);
            let raw =
                raw.map(|(number, (mean, std))| f64::from(*number).mul_add(*std, *mean) as f32);
            let values = Values::Floats(raw.collect());
            feed.push(GraphInput { name: NUMBERS, dims: vec![means.len()], values });
        }
        let num_categories = self.coding.categories().len();
        if num_categories > 0 {
            let values = Values::Whole(codes.iter().map(|code| code.cast_signed()).collect());
            feed.push(GraphInput { name: CODES, dims: vec![num_categories], values });
        }
        let tensor = RowInput::new(&self.coding).rows(numbers, codes, count, device);
        Ok(Samples { count, input: NetworkInput::Features(tensor), feed })
    }

    /// Probabilities, or a number as `(value - mean) / std` of the target.
    fn compared(&self, outputs: &[f32]) -> Vec<f64> {
        match &self.coding.target {
            Target::Classes { names } => probabilities(outputs, names.len()),
            Target::Number { .. } => outputs.iter().copied().map(f64::from).collect(),
        }
    }

    fn settings(&self, format: Format) -> Map<String, Value> {
        let is_burnpack = format == Format::Burnpack;
        let (kind, output) = match self.coding.target {
            Target::Classes { .. } => ("classifier", "logits"),
            Target::Number { .. } if is_burnpack => ("regressor", "(value - mean) / std"),
            Target::Number { .. } => ("regressor", "value"),
        };
        let numbers = if is_burnpack { "(number - mean) / std" } else { "as in the table" };
        let codes = if is_burnpack { "one-hot" } else { "from 1; 0 for any other value" };
        let table = serde_json::to_value(&self.coding).expect("names and numbers");
        let mut input = Map::new();
        for (name, count, form) in [
            (NUMBERS, self.coding.num_numbers(), numbers),
            (CODES, self.coding.categories().len(), codes),
        ] {
            if count > 0 {
                input.insert(name.to_owned(), json!({ "count": count, "form": form }));
            }
        }
        let entries = [
            ("network", kind.into()),
            ("input", input.into()),
            ("output", output.into()),
            ("table", table),
        ];
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn help(&self, format: Format) -> Option<String> {
        let (name, mean, std) = self.farthest().filter(|_| format == Format::Onnx)?;
        ((mean / std).abs() > FAR).then(|| {
            format!(
                "its graph takes numbers of 32 bits, which hold column `{name}` (mean {mean}, standard deviation \
                 {std}) too coarsely: subtract {mean:.0} from it in the table, or export safetensors"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use hearth_data::tables::Column;

    use super::*;

    #[test]
    fn a_column_too_coarse_in_32_bits_is_named() {
        let number = |mean, std| ColumnCoding::Number { mean, std, fill: None, missing_flag: true };
        let rows = |numbers: &[(f64, f64)]| {
            let columns = numbers.iter().map(|(mean, std)| Column {
                name: format!("around {mean}"),
                coding: number(*mean, *std),
            });
            let target = Target::Number { mean: 0.0, std: 1.0 };
            let coding = Coding { columns: columns.collect(), target_column: "y".into(), target };
            RowSignature { coding, embedding: None }
        };
        let far = rows(&[(5.0, 1.0), (1.7e9, 3600.0)]);
        assert_eq!(far.statistics(), (vec![5.0, 1.7e9, 0.0, 0.0], vec![1.0, 3600.0, 1.0, 1.0]));
        let help = far.help(Format::Onnx).expect("seconds since 1970");
        assert!(help.contains("column `around 1700000000`"), "{help}");
        assert_eq!(far.help(Format::Safetensors), None);
        assert_eq!(rows(&[(1985.0, 20.0)]).help(Format::Onnx), None, "years");
    }
}
