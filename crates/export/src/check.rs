//! Inference of an exported ONNX graph with rten.

use std::fmt;
use std::path::Path;

use hearth_train::error::TrainError;
use rten::{Model, ValueView};

use super::signature::{GraphInput, Samples, Values};

/// The values of an ONNX model's output for samples. A graph that cannot be loaded or run is an error.
pub fn run_onnx(file: &Path, samples: &Samples, output: &str) -> Result<Vec<f32>, TrainError> {
    let fault = |error: &dyn fmt::Display| {
        TrainError::Export(format!("{} cannot be run: {error}", file.display()))
    };
    let model = Model::load_file(file).map_err(|error| fault(&error))?;
    let output = model.node_id(output).map_err(|error| fault(&error))?;
    let mut inputs = Vec::new();
    for GraphInput { name, dims, values } in &samples.feed {
        let input = model.node_id(name).map_err(|error| fault(&error))?;
        let shape = [&[samples.count], &dims[..]].concat();
        let batch = match values {
            Values::Floats(values) => {
                ValueView::from_shape(&shape, values).map_err(|error| fault(&error))?
            }
            Values::Whole(values) => {
                ValueView::from_shape(&shape, values).map_err(|error| fault(&error))?
            }
        };
        inputs.push((input, batch.into()));
    }
    let [found] = model.run_n(inputs, [output], None).map_err(|error| fault(&error))?;
    let found = found.into_tensor::<f32>().ok_or_else(|| fault(&"its output is no tensor"))?;
    Ok(found.into_data())
}
