//! A small network has the same losses on both backends.

use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Tensor, activation};
use hearth_kernels::{Epilogue, FusedActivation, batch_norm2d, conv2d, linear};

use crate::support::{MemoryLayout, Operand, devices, lay_out, numbers, tensor, uniform};

const STEPS: usize = 50;
const LEARNING_RATE: f64 = 0.05;
const BATCH: usize = 24;
const CHANNELS: usize = 7;
const CLASSES: usize = 10;
/// Height and width of the images, in pixels.
const SIDE: usize = 9;

/// Convolution, batch normalisation with ReLU and pooling, linear layer.
struct SmallCnn {
    kernels: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    weight: Tensor<2>,
    bias: Tensor<1>,
}

fn parameter<const D: usize>(dims: [usize; D], centre: f64, device: &Device) -> Tensor<D> {
    let operand = Operand::new("parameter", &dims, 11).around(centre, 0.2);
    tensor(operand.values(), dims, device, DType::F32).require_grad()
}

impl SmallCnn {
    fn new(device: &Device) -> Self {
        let features = CHANNELS * (SIDE / 2) * (SIDE / 2);
        Self {
            kernels: parameter([CHANNELS, 2, 3, 3], 0.0, device),
            gamma: parameter([CHANNELS], 1.0, device),
            beta: parameter([CHANNELS], 0.0, device),
            weight: parameter([features, CLASSES], 0.0, device),
            bias: parameter([CLASSES], 0.0, device),
        }
    }

    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let z = conv2d(images, self.kernels.clone(), None, options, FusedActivation::None);
        let epilogue = Epilogue {
            activation: FusedActivation::Relu,
            max_pool: Some(2),
            ..Epilogue::default()
        };
        let y = batch_norm2d(z, self.gamma.clone(), self.beta.clone(), 1e-5, epilogue).output;
        linear(y.flatten(1, 3), self.weight.clone(), Some(self.bias.clone()), FusedActivation::None)
    }

    /// One step of gradient descent. Returns the loss before the step.
    fn step(&mut self, images: Tensor<4>, targets: Tensor<2>) -> f64 {
        let log_probabilities = activation::log_softmax(self.logits(images), 1);
        let loss = (log_probabilities * targets).sum().div_scalar(-(BATCH as f64));
        let gradients = loss.backward();
        descend(&mut self.kernels, &gradients);
        descend(&mut self.gamma, &gradients);
        descend(&mut self.beta, &gradients);
        descend(&mut self.weight, &gradients);
        descend(&mut self.bias, &gradients);
        numbers(loss)[0]
    }

    fn parameters(self) -> Vec<f64> {
        [
            numbers(self.kernels),
            numbers(self.gamma),
            numbers(self.beta),
            numbers(self.weight),
            numbers(self.bias),
        ]
        .concat()
    }
}

fn descend<const D: usize>(parameter: &mut Tensor<D>, gradients: &burn::tensor::Gradients) {
    let gradient = parameter.grad(gradients).expect("every parameter has a gradient");
    let moved = parameter.clone().inner() - gradient.mul_scalar(LEARNING_RATE);
    *parameter = moved.autodiff().require_grad();
}

/// The losses of all steps, and the final parameters.
fn train(device: &Device) -> (Vec<f64>, Vec<f64>) {
    let mut network = SmallCnn::new(device);
    let dims = [BATCH, 2, SIDE, SIDE];
    let images = tensor(uniform(21, dims.iter().product()), dims, device, DType::F32);
    let images = lay_out(images, &MemoryLayout::Permuted(vec![0, 3, 1, 2]));
    let mut targets = vec![0.0; BATCH * CLASSES];
    for (sample, u) in uniform(22, BATCH).into_iter().enumerate() {
        let label = (u.abs() * CLASSES as f64) as usize % CLASSES;
        targets[sample * CLASSES + label] = 1.0;
    }
    let targets = tensor(targets, [BATCH, CLASSES], device, DType::F32);
    let losses = (0..STEPS).map(|_| network.step(images.clone(), targets.clone())).collect();
    (losses, network.parameters())
}

#[test]
fn flex_and_ndarray_learn_the_same() {
    let [(losses, parameters), (other_losses, other_parameters)] =
        devices().map(|(_, device)| train(&device.autodiff()));
    assert!(losses[STEPS - 1] < 0.5 * losses[0], "the network learns: {losses:?}");
    for (step, (loss, other)) in losses.iter().zip(&other_losses).enumerate() {
        assert!((loss - other).abs() <= 1e-4, "loss {loss} and {other} in step {step}");
    }
    for (index, (value, other)) in parameters.iter().zip(&other_parameters).enumerate() {
        assert!((value - other).abs() <= 1e-4, "parameter {index}: {value} and {other}");
    }
}
