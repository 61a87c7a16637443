//! Runs an exported graph, as whoever takes it would.

use std::fmt;
use std::path::Path;

use rten::{Model, ValueView};

use crate::error::TrainError;

/// The numbers that an ONNX model's output of this name has for an input of this name and shape.
pub fn run_onnx(
    file: &Path,
    (input, shape): (&str, &[usize]),
    values: &[f32],
    output: &str,
) -> Result<Vec<f32>, TrainError> {
    let fault = |error: &dyn fmt::Display| {
        TrainError::Export(format!("{} cannot be run: {error}", file.display()))
    };
    let model = Model::load_file(file).map_err(|error| fault(&error))?;
    let input = model.node_id(input).map_err(|error| fault(&error))?;
    let output = model.node_id(output).map_err(|error| fault(&error))?;
    let batch = ValueView::from_shape(shape, values).map_err(|error| fault(&error))?;
    let inputs = vec![(input, batch.into())];
    let [found] = model.run_n(inputs, [output], None).map_err(|error| fault(&error))?;
    let found = found.into_tensor::<f32>().ok_or_else(|| fault(&"its output is no tensor"))?;
    Ok(found.into_data())
}
