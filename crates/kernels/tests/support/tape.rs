//! One run of a function, forward and backward.

use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Device, Gradients, Tensor, activation, module};
use hearth_kernels::FusedActivation;

use super::operand::{MemoryLayout, Operand, lay_out, numbers, tensor, uniform};
use super::run_result::{RunResult, RunTensor, gradient_of, largest};

/// The implementation under test, or the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// The functions of this crate.
    Kernels,
    /// Burn's own operations.
    Burn,
}

/// The loss of a run: the sum of the output times fixed weights.
#[derive(Clone, Debug)]
pub struct LossProbe {
    /// The view of the output in the loss, and so the memory layout of its gradient: plain, permuted or
    /// flipped.
    pub layout: MemoryLayout,
    pub seed: u64,
}

type GradientOf = Box<dyn Fn(&Gradients) -> RunTensor>;

/// A run of a function: provides its inputs, and takes its output.
pub struct Tape {
    device: Device,
    dtype: DType,
    implementation: Implementation,
    leaves: Vec<GradientOf>,
    extras: Vec<RunTensor>,
    /// True for outputs whose gradient depends on rounding.
    unclear: Option<Vec<bool>>,
    margin: f64,
    weights: Option<Vec<f64>>,
    nudge: Option<(&'static str, usize, f64)>,
}

impl Tape {
    /// A run of Burn's operations in f64 on flex, on contiguous tensors.
    pub fn burn() -> Self {
        Self::new(Implementation::Burn, Device::flex().autodiff(), DType::F64)
    }

    /// A run of the kernels, without gradients if the device has no autodiff.
    pub fn kernels(device: Device, dtype: DType) -> Self {
        Self::new(Implementation::Kernels, device, dtype)
    }

    fn new(implementation: Implementation, device: Device, dtype: DType) -> Self {
        Self {
            device,
            dtype,
            implementation,
            leaves: Vec::new(),
            extras: Vec::new(),
            unclear: None,
            margin: 1e-5,
            weights: None,
            nudge: None,
        }
    }

    /// With the loss weights of another run.
    pub fn weighted_as(self, other: &RunResult) -> Self {
        Self { weights: Some(other.weights.clone()), ..self }
    }

    /// Leaves outputs out of the loss whose distance from a kink is below `margin` of the largest output.
    pub fn with_margin(self, margin: f64) -> Self {
        Self { margin, ..self }
    }

    /// Adds `step` to one element of an input.
    pub fn nudged(self, name: &'static str, index: usize, step: f64) -> Self {
        Self { nudge: Some((name, index, step)), ..self }
    }

    /// The implementation that runs.
    pub fn implementation(&self) -> Implementation {
        self.implementation
    }

    /// An input of the function.
    pub fn leaf<const D: usize>(&mut self, operand: &Operand) -> Tensor<D> {
        let mut values = operand.values();
        if let Some((name, index, step)) = self.nudge
            && name == operand.name
        {
            values[index] += step;
        }
        let plain = tensor(values, operand.dims(), &self.device, self.dtype);
        let leaf = match self.implementation {
            Implementation::Kernels => lay_out(plain, &operand.layout),
            Implementation::Burn => plain,
        };
        if !operand.tracked || !self.device.is_autodiff() {
            return leaf;
        }
        let leaf = leaf.detach().require_grad();
        let (kept, name) = (leaf.clone(), operand.name);
        self.leaves.push(Box::new(move |gradients| {
            let gradient = kept.grad(gradients).expect("an input of the function has a gradient");
            RunTensor::of(gradient_of(name), gradient)
        }));
        leaf
    }

    /// Burn's activation and max pooling of `z`. Outputs whose gradient depends on the rounding of z are left
    /// out of the loss: z near zero, or the largest two of a window near each other. (Equal ones have equal
    /// inputs: the first is the maximum.)
    pub fn activate_and_pool(
        &mut self,
        z: Tensor<4>,
        activation: FusedActivation,
        max_pool: Option<usize>,
    ) -> Tensor<4> {
        let size = max_pool.unwrap_or(1);
        let dims = z.dims();
        let values = numbers(z.clone());
        let margin = self.margin * largest(values.iter().copied());
        let bends = activation != FusedActivation::None;
        self.unclear = Some(
            windows(&values, dims, size)
                .map(|[first, second]| {
                    let tied = 0.0 < first - second && first - second < margin;
                    tied || bends && first.abs() < margin
                })
                .collect(),
        );
        let y = match activation {
            FusedActivation::None => z,
            FusedActivation::Relu => activation::relu(z),
            FusedActivation::LeakyRelu(slope) => activation::leaky_relu(z, slope),
            FusedActivation::Tanh => activation::tanh(z),
            FusedActivation::Sigmoid => activation::sigmoid(z),
        };
        if size == 1 {
            return y;
        }
        module::max_pool2d(y, MaxPoolOptions::new([size; 2]).with_stride([size; 2]))
    }

    /// Records a further output of the function.
    pub fn extra<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.extras.push(RunTensor::of(name, tensor));
    }

    /// Takes the output, and runs the backward pass if an input is tracked.
    pub fn finish<const D: usize>(mut self, output: Tensor<D>, probe: &LossProbe) -> RunResult {
        let part = RunTensor::of("output", output.clone());
        let weights = self.weights.take().unwrap_or_else(|| self.weigh(&part, probe.seed));
        let mut outputs = vec![part];
        outputs.append(&mut self.extras);
        let mut gradients = Vec::new();
        if !self.leaves.is_empty() {
            let view = |tensor: Tensor<D>| match &probe.layout {
                MemoryLayout::Permuted(axes) => {
                    tensor.permute::<usize>(axes.as_slice().try_into().expect("all axes"))
                }
                MemoryLayout::Flipped(axes) => {
                    axes.iter().fold(tensor, |tensor, axis| tensor.flip([*axis]))
                }
                _ => tensor,
            };
            let weights = tensor(weights.clone(), output.dims(), &self.device, self.dtype);
            let all = (view(output) * view(weights)).sum().backward();
            gradients.extend(self.leaves.iter().map(|gradient_of| gradient_of(&all)));
        }
        RunResult { outputs, gradients, weights }
    }

    /// Random loss weights, shifted along the output, so that no gradient suffers from cancellation.
    fn weigh(&self, output: &RunTensor, seed: u64) -> Vec<f64> {
        let count = output.values.len();
        let largest = output.largest().max(f64::MIN_POSITIVE);
        let unclear = self.unclear.clone().unwrap_or_else(|| vec![false; count]);
        assert_eq!(unclear.len(), count, "one window for each output");
        // Zeros are outputs of padding alone.
        let pairs = unclear.iter().zip(&output.values);
        let left_out = pairs.filter(|(unclear, y)| **unclear && **y != 0.0).count();
        assert!(2 * left_out <= count, "{left_out} of {count} outputs are near a kink");
        let random = uniform(seed, count);
        let weights = random.iter().zip(&output.values).zip(unclear);
        weights
            .map(
                |((u, y), unclear)| {
                    if unclear { 0.0 } else { f64::from((0.5 + u + y / largest) as f32) }
                },
            )
            .collect()
    }
}

/// The largest two elements of each window; the second is -infinity in windows of one.
fn windows(
    values: &[f64],
    [batch, channels, height, width]: [usize; 4],
    size: usize,
) -> impl Iterator<Item = [f64; 2]> {
    let (rows, columns) = (height / size, width / size);
    (0..batch * channels * rows * columns).map(move |window| {
        let (image, row, column) =
            (window / (rows * columns), window / columns % rows, window % columns);
        let start = image * height * width + row * size * width + column * size;
        let inside = (0..size * size).map(|at| values[start + at / size * width + at % size]);
        inside.fold([f64::NEG_INFINITY; 2], |[first, second], value| {
            if value > first { [value, first] } else { [first, second.max(value)] }
        })
    })
}
