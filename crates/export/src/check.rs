//! Inference of exported ONNX graphs with rten.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use hearth_data::text::{PairBatch, TokenBatch};
use hearth_train::error::TrainError;
use rten::{Model, Value, ValueOrView, ValueView};

use super::signature::{GraphInput, Samples, Values};

/// The values of an ONNX model's output for samples. A graph that cannot be loaded or run is an error.
pub fn run_onnx(file: &Path, samples: &Samples, output: &str) -> Result<Vec<f32>, TrainError> {
    let graph = LoadedGraph::new(file)?;
    let mut inputs = Vec::new();
    for GraphInput { name, dims, values } in &samples.feed {
        let shape = [&[samples.count], &dims[..]].concat();
        inputs.push((*name, graph.view(&shape, values)?));
    }
    graph.floats(graph.run(inputs, [output])?.pop())
}

/// The logits `[batch * targets, vocabulary]` of a translator's graphs behind each token of the true targets but the last.
/// Graphs that cannot be loaded or run are an error.
pub fn run_translator(
    [encoder, decoder]: [&Path; 2],
    pairs: &PairBatch,
) -> Result<Vec<f32>, TrainError> {
    let (encoder, decoder) = (LoadedGraph::new(encoder)?, LoadedGraph::new(decoder)?);
    let PairBatch { source, target: TokenBatch { ids, lengths, time }, .. } = pairs;
    let (batch, steps) = (lengths.len(), time.saturating_sub(1));
    let names = encoder.outputs();
    let tokens = whole(&source.ids);
    let tokens = encoder.view(&[source.lengths.len(), source.time], &tokens)?;
    let values = encoder.run(vec![("source", tokens)], names.iter().map(String::as_str))?;
    let mut encoding: BTreeMap<_, _> = names.iter().map(String::as_str).zip(values).collect();
    let state = encoding.remove("state");
    let mut state = state.ok_or_else(|| encoder.fault(&"it gives no state"))?;
    let mut rows = vec![Vec::new(); batch];
    for step in 0..steps {
        let tokens: Vec<u32> = ids.chunks_exact(*time).map(|row| row[step]).collect();
        let tokens = whole(&tokens);
        let mut inputs = vec![("token", decoder.view(&[batch], &tokens)?), ("state", state.into())];
        inputs.extend(encoding.iter().map(|(name, value)| (*name, value.into())));
        let mut outputs = decoder.run(inputs, ["logits", "next_state"])?.into_iter();
        let logits = decoder.floats(outputs.next())?;
        for (row, logits) in rows.iter_mut().zip(logits.chunks_exact(logits.len() / batch)) {
            row.extend_from_slice(logits);
        }
        state = outputs.next().expect("both outputs");
    }
    Ok(rows.concat())
}

/// Tokens as the engine takes whole numbers.
fn whole(ids: &[u32]) -> Values {
    Values::Whole(ids.iter().map(|id| id.cast_signed()).collect())
}

/// A graph that can be run.
struct LoadedGraph<'a> {
    file: &'a Path,
    model: Model,
}

impl<'a> LoadedGraph<'a> {
    fn new(file: &'a Path) -> Result<Self, TrainError> {
        let model = Model::load_file(file).map_err(|error| fault(file, &error))?;
        Ok(Self { file, model })
    }

    fn fault(&self, error: &dyn fmt::Display) -> TrainError {
        fault(self.file, error)
    }

    /// Numbers as an input of this shape.
    fn view<'n>(&self, shape: &[usize], values: &'n Values) -> Result<ValueOrView<'n>, TrainError> {
        let view = match values {
            Values::Floats(values) => {
                ValueView::from_shape(shape, values).map_err(|error| self.fault(&error))
            }
            Values::Whole(values) => {
                ValueView::from_shape(shape, values).map_err(|error| self.fault(&error))
            }
        };
        Ok(view?.into())
    }

    /// The names of its outputs.
    fn outputs(&self) -> Vec<String> {
        let ids = self.model.output_ids().iter();
        ids.filter_map(|id| Some(self.model.node_info(*id)?.name()?.to_owned())).collect()
    }

    /// The values of some outputs.
    fn run<'n>(
        &self,
        inputs: Vec<(&str, ValueOrView<'_>)>,
        outputs: impl IntoIterator<Item = &'n str>,
    ) -> Result<Vec<Value>, TrainError> {
        let id = |name: &str| self.model.node_id(name).map_err(|error| self.fault(&error));
        let inputs = inputs.into_iter().map(|(name, value)| Ok((id(name)?, value)));
        let inputs = inputs.collect::<Result<Vec<_>, TrainError>>()?;
        let outputs = outputs.into_iter().map(id).collect::<Result<Vec<_>, _>>()?;
        self.model.run(inputs, &outputs, None).map_err(|error| self.fault(&error))
    }

    /// The numbers of an output.
    fn floats(&self, output: Option<Value>) -> Result<Vec<f32>, TrainError> {
        let tensor = output.and_then(Value::into_tensor::<f32>);
        Ok(tensor.ok_or_else(|| self.fault(&"its output is no tensor"))?.into_data())
    }
}

fn fault(file: &Path, error: &dyn fmt::Display) -> TrainError {
    TrainError::Export(format!("{} cannot be run: {error}", file.display()))
}
