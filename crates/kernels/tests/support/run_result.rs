//! The result of a run.

use burn::tensor::Tensor;

use super::operand::numbers;

/// A tensor of a run, by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl RunTensor {
    /// The elements of `tensor`, named.
    pub fn of<const D: usize>(name: impl Into<String>, tensor: Tensor<D>) -> Self {
        Self { name: name.into(), shape: tensor.dims().to_vec(), values: numbers(tensor) }
    }

    /// The largest absolute value.
    pub fn largest(&self) -> f64 {
        largest(self.values.iter().copied())
    }

    fn differs(&self, expected: &Self, tolerance: f64) -> Option<String> {
        let Self { name, shape, values } = self;
        if (name, shape) != (&expected.name, &expected.shape) {
            return Some(format!("{name} {shape:?} for {} {:?}", expected.name, expected.shape));
        }
        let pairs = values.iter().zip(&expected.values);
        let error = largest(pairs.map(|(found, expected)| found - expected));
        let scale = expected.largest();
        let fits = error <= tolerance * scale;
        (!fits).then(|| format!("{name} {shape:?} is off by {:.1e}", error / scale))
    }
}

/// The largest absolute value; infinite if one of them is NaN.
pub fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| if value.is_nan() { f64::INFINITY } else { value.abs() }).fold(0.0, f64::max)
}

/// Output and gradients of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The output, followed by further outputs.
    pub outputs: Vec<RunTensor>,
    /// The gradients of the tracked inputs.
    pub gradients: Vec<RunTensor>,
    /// The weights of the output in the loss.
    pub weights: Vec<f64>,
}

impl RunResult {
    /// The elements of the output.
    pub fn output(&self) -> &[f64] {
        &self.outputs[0].values
    }

    /// The gradient of the input of that name.
    pub fn gradient(&self, name: &str) -> &[f64] {
        let found = self.gradients.iter().find(|part| part.name == gradient_of(name));
        &found.expect("a tracked input").values
    }

    /// Describes the first tensor that differs from the expected one by more than `tolerance`, relative to its
    /// largest element. A result without gradients is compared by its outputs.
    pub fn differs(&self, expected: &Self, tolerance: f64) -> Option<String> {
        let gradients = if self.gradients.is_empty() { &[][..] } else { &expected.gradients };
        let pairs = [(&self.outputs[..], &expected.outputs[..]), (&self.gradients, gradients)];
        pairs.into_iter().find_map(|(found, expected)| {
            let missing = (found.len() != expected.len()).then(|| "a part is missing".to_owned());
            missing.or_else(|| {
                found.iter().zip(expected).find_map(|(found, part)| found.differs(part, tolerance))
            })
        })
    }
}

/// The name of an input's gradient.
pub fn gradient_of(name: &str) -> String {
    format!("gradient of {name}")
}
