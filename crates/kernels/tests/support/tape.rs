//! One run of a function, with its gradients.

use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Device, Gradients, Tensor, activation, module};
use hearth_kernels::FusedActivation;

use super::operand::{Layout, Operand, lay_out, numbers, tensor, uniform};
use super::outcome::{Outcome, Part, gradient_of, largest};

/// Who computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The functions of this crate.
    Kernels,
    /// Burn's own operations.
    Burn,
}

/// What the gradients are asked of: the sum of the output times fixed numbers.
#[derive(Clone, Debug)]
pub struct Probe {
    /// How the output is looked at, and so how its gradient lies in memory: plain, permuted or
    /// flipped.
    pub layout: Layout,
    pub seed: u64,
}

type GradientOf = Box<dyn Fn(&Gradients) -> Part>;

/// Hands out a function's inputs, and takes its output.
pub struct Tape {
    device: Device,
    dtype: DType,
    side: Side,
    leaves: Vec<GradientOf>,
    extras: Vec<Part>,
    /// The outputs whose gradient another rounding may change.
    unclear: Option<Vec<bool>>,
    margin: f64,
    weights: Option<Vec<f64>>,
    nudge: Option<(&'static str, usize, f64)>,
}

impl Tape {
    /// Burn's operations in f64 on flex, on plain tensors.
    pub fn burn() -> Self {
        Self::new(Side::Burn, Device::flex().autodiff(), DType::F64)
    }

    /// The kernels; without gradients if the device has no autodiff.
    pub fn kernels(device: Device, dtype: DType) -> Self {
        Self::new(Side::Kernels, device, dtype)
    }

    fn new(side: Side, device: Device, dtype: DType) -> Self {
        Self {
            device,
            dtype,
            side,
            leaves: Vec::new(),
            extras: Vec::new(),
            unclear: None,
            margin: 1e-5,
            weights: None,
            nudge: None,
        }
    }

    /// With the loss of another run.
    pub fn weighted_as(self, other: &Outcome) -> Self {
        Self { weights: Some(other.weights.clone()), ..self }
    }

    /// Leaves outputs out of the loss that lie nearer to a bend than this share of the largest.
    pub fn with_margin(self, margin: f64) -> Self {
        Self { margin, ..self }
    }

    /// Adds `step` to one number of an input.
    pub fn nudged(self, name: &'static str, index: usize, step: f64) -> Self {
        Self { nudge: Some((name, index, step)), ..self }
    }

    /// Who computes.
    pub fn side(&self) -> Side {
        self.side
    }

    /// An input.
    pub fn leaf<const D: usize>(&mut self, operand: &Operand) -> Tensor<D> {
        let mut values = operand.values();
        if let Some((name, index, step)) = self.nudge
            && name == operand.name
        {
            values[index] += step;
        }
        let plain = tensor(values, operand.dims(), &self.device, self.dtype);
        let leaf = match self.side {
            Side::Kernels => lay_out(plain, &operand.layout),
            Side::Burn => plain,
        };
        if !operand.tracked || !self.device.is_autodiff() {
            return leaf;
        }
        let leaf = leaf.detach().require_grad();
        let (kept, name) = (leaf.clone(), operand.name);
        self.leaves.push(Box::new(move |gradients| {
            let gradient = kept.grad(gradients).expect("an input of the function has a gradient");
            Part::of(gradient_of(name), gradient)
        }));
        leaf
    }

    /// Burn's activation and pooling behind `z`. Outputs whose gradient hangs by the rounding of
    /// z are left out of the loss: z next to zero, or the largest two of a window next to each
    /// other. (Those that are the same have the same inputs: the first is taken.)
    pub fn bend(
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

    /// Something else that the function gives.
    pub fn extra<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.extras.push(Part::of(name, tensor));
    }

    /// Takes the output, and goes back through the function if anything is tracked.
    pub fn finish<const D: usize>(mut self, output: Tensor<D>, probe: &Probe) -> Outcome {
        let part = Part::of("output", output.clone());
        let weights = self.weights.take().unwrap_or_else(|| self.weigh(&part, probe.seed));
        let mut outputs = vec![part];
        outputs.append(&mut self.extras);
        let mut gradients = Vec::new();
        if !self.leaves.is_empty() {
            let view = |tensor: Tensor<D>| match &probe.layout {
                Layout::Permuted(axes) => {
                    tensor.permute::<usize>(axes.as_slice().try_into().expect("all axes"))
                }
                Layout::Flipped(axes) => {
                    axes.iter().fold(tensor, |tensor, axis| tensor.flip([*axis]))
                }
                _ => tensor,
            };
            let weights = tensor(weights.clone(), output.dims(), &self.device, self.dtype);
            let all = (view(output) * view(weights)).sum().backward();
            gradients.extend(self.leaves.iter().map(|gradient_of| gradient_of(&all)));
        }
        Outcome { outputs, gradients, weights }
    }

    /// Random numbers, shifted along the output, so that no gradient is what is left of large
    /// numbers that cancel each other.
    fn weigh(&self, output: &Part, seed: u64) -> Vec<f64> {
        let count = output.values.len();
        let largest = output.largest().max(f64::MIN_POSITIVE);
        let unclear = self.unclear.clone().unwrap_or_else(|| vec![false; count]);
        assert_eq!(unclear.len(), count, "one window for each output");
        // Zeros are outputs of nothing but padding.
        let pairs = unclear.iter().zip(&output.values);
        let left_out = pairs.filter(|(unclear, y)| **unclear && **y != 0.0).count();
        assert!(2 * left_out <= count, "{left_out} of {count} outputs are next to a bend");
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

/// The largest two numbers of each window of images; the second is -infinity in windows of one.
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
