//! The training step of a pair of adversarial networks in the form of Radford, Metz and Chintala
//! (2016): generator 100-128-64-1, discriminator 1-64-128-1, 4x4 kernels with stride 2.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::activation::{log_sigmoid, tanh};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, Distribution, Tensor};
use hearth_config::{AdamConfig, OptimizerConfig, OptimizerKind, UpdateConfig};
use hearth_kernels::{
    Activation, Then, batch_norm2d, conv_norm2d, conv_transpose2d, conv2d, linear,
};
use hearth_train::Backend;
use hearth_train::optimizer::Optimizer;

use crate::Outcome;
use crate::networks::per_second;

const BATCH: usize = 128;
const LATENT: usize = 100;
const EPSILON: f64 = 1e-5;

/// Scale and shift of a batch normalisation.
#[derive(Module, Debug)]
struct Norm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
}

impl Norm {
    fn new(channels: usize, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([channels], device)),
            beta: Param::from_tensor(Tensor::zeros([channels], device)),
        }
    }
}

fn weights(shape: [usize; 4], device: &Device) -> Param<Tensor<4>> {
    Param::from_tensor(Tensor::random(shape, Distribution::Normal(0.0, 0.02), device))
}

fn bias(channels: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_tensor(Tensor::zeros([channels], device))
}

#[derive(Module, Debug)]
struct Generator {
    project: Linear,
    norms: Vec<Norm>,
    weights: Vec<Param<Tensor<4>>>,
    bias: Param<Tensor<1>>,
}

impl Generator {
    fn new(device: &Device) -> Self {
        Self {
            project: LinearConfig::new(LATENT, 128 * 49).init(device),
            norms: vec![Norm::new(128, device), Norm::new(64, device)],
            weights: vec![weights([128, 64, 4, 4], device), weights([64, 1, 4, 4], device)],
            bias: bias(1, device),
        }
    }

    fn forward(&self, latent: Tensor<2>) -> Tensor<4> {
        let options = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
        let relu = Then { activation: Activation::Relu, ..Then::default() };
        let bias = self.project.bias.as_ref().map(Param::val);
        let x = linear(latent, self.project.weight.val(), bias, Activation::None);
        // With the channels last, as the kernels read it.
        let x = x.reshape([BATCH, 7, 7, 128]).permute([0, 3, 1, 2]);
        let [first, second] = [&self.norms[0], &self.norms[1]];
        let x = batch_norm2d(x, first.gamma.val(), first.beta.val(), EPSILON, relu.clone()).output;
        let scale = [second.gamma.val(), second.beta.val()];
        let x = conv_norm2d(x, self.weights[0].val(), scale, options.clone(), EPSILON, relu).output;
        let bias = Some(self.bias.val());
        tanh(conv_transpose2d(x, self.weights[1].val(), bias, options, Activation::None))
    }
}

#[derive(Module, Debug)]
struct Discriminator {
    weights: Vec<Param<Tensor<4>>>,
    bias: Param<Tensor<1>>,
    norm: Norm,
    head: Linear,
}

impl Discriminator {
    fn new(device: &Device) -> Self {
        Self {
            weights: vec![weights([64, 1, 4, 4], device), weights([128, 64, 4, 4], device)],
            bias: bias(64, device),
            norm: Norm::new(128, device),
            head: LinearConfig::new(128 * 49, 1).init(device),
        }
    }

    fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        let options = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
        let leaky = Activation::LeakyRelu(0.2);
        let bias = Some(self.bias.val());
        let x = conv2d(pictures, self.weights[0].val(), bias, options.clone(), leaky);
        let scale = [self.norm.gamma.val(), self.norm.beta.val()];
        let then = Then { activation: leaky, ..Then::default() };
        let x = conv_norm2d(x, self.weights[1].val(), scale, options, EPSILON, then).output;
        let bias = self.head.bias.as_ref().map(Param::val);
        let x = x.permute([0, 2, 3, 1]).flatten(1, 3);
        linear(x, self.head.weight.val(), bias, Activation::None)
    }
}

/// Pictures per second of one step of the discriminator and one of the generator.
pub fn step_speed(backend: Backend) -> Outcome<f64> {
    let device = backend.device().autodiff();
    let (mut generator, mut discriminator) = (Generator::new(&device), Discriminator::new(&device));
    let kind = OptimizerKind::Adam(AdamConfig { beta_1: 0.5, ..AdamConfig::default() });
    let update = UpdateConfig { learning_rate: 2e-4, weight_decay: 0.0, decay_all: false };
    let config = OptimizerConfig { kind, update };
    let adam = || Optimizer::new(&config);
    let (mut generator_rule, mut discriminator_rule) = (adam(), adam());
    let real = Tensor::random([BATCH, 1, 28, 28], Distribution::Uniform(-1.0, 1.0), &device);
    per_second(|| {
        let latent = Tensor::random([BATCH, LATENT], Distribution::Normal(0.0, 1.0), &device);
        let fake = generator.forward(latent);
        let on_real = log_sigmoid(discriminator.forward(real.clone())).mean();
        let on_fake = log_sigmoid(discriminator.forward(fake.clone().detach()).neg()).mean();
        let gradients = (on_real + on_fake).neg().backward();
        let gradients = GradientsParams::from_grads(gradients, &discriminator);
        discriminator = discriminator_rule.step(discriminator.clone(), gradients, 2e-4, 1.0);
        // Without gradients for the discriminator's weights, which this step does not change.
        let judge = discriminator.clone().no_grad();
        let loss = log_sigmoid(judge.forward(fake)).mean().neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &generator);
        generator = generator_rule.step(generator.clone(), gradients, 2e-4, 1.0);
        std::hint::black_box(loss.into_scalar::<f32>());
        Ok(BATCH)
    })
}
