//! Cases of convolutions and linear layers.

use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use hearth_kernels::{FusedActivation, conv_transpose2d, conv2d, linear};
use proptest::prelude::*;

use super::{activation, channels, images, paddings, pair, plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

/// The largest number of multiplications of a case, which bounds its time.
const MOST_PRODUCTS: usize = 30_000_000;

#[derive(Clone, Debug)]
pub struct ConvCase {
    pub x: Operand,
    pub weight: Operand,
    pub bias: Option<Operand>,
    pub options: ConvOptions<2>,
    pub activation: FusedActivation,
    pub probe: LossProbe,
}

impl Case for ConvCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (x, weight) = (tape.leaf(&self.x), tape.leaf(&self.weight));
        let bias = self.bias.as_ref().map(|bias| tape.leaf(bias));
        let options = self.options.clone();
        let output = match tape.implementation() {
            Implementation::Kernels => conv2d(x, weight, bias, options, self.activation),
            Implementation::Burn => {
                let z = module::conv2d(x, weight, bias, options);
                tape.activate_and_pool(z, self.activation, None)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl ConvCase {
    /// `channels_in` to `channels_out`, with a bias and without an activation.
    pub fn new(
        [batch, channels_in, height, width]: [usize; 4],
        channels_out: usize,
        kernel: [usize; 2],
        options: ConvOptions<2>,
    ) -> Self {
        let inputs = channels_in / options.groups;
        Self {
            x: Operand::new("x", &[batch, channels_in, height, width], 1),
            weight: Operand::new("weight", &[channels_out, inputs, kernel[0], kernel[1]], 2),
            bias: Some(Operand::new("bias", &[channels_out], 3)),
            options,
            activation: FusedActivation::None,
            probe: plain_probe(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct ConvTransposeCase {
    pub x: Operand,
    pub weight: Operand,
    pub bias: Option<Operand>,
    pub options: ConvTransposeOptions<2>,
    pub activation: FusedActivation,
    pub probe: LossProbe,
}

impl Case for ConvTransposeCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (x, weight) = (tape.leaf(&self.x), tape.leaf(&self.weight));
        let bias = self.bias.as_ref().map(|bias| tape.leaf(bias));
        let options = self.options.clone();
        let output = match tape.implementation() {
            Implementation::Kernels => conv_transpose2d(x, weight, bias, options, self.activation),
            Implementation::Burn => {
                let z = module::conv_transpose2d(x, weight, bias, options);
                tape.activate_and_pool(z, self.activation, None)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl ConvTransposeCase {
    /// `channels_in` to `channels_out`, with a bias and without an activation.
    pub fn new(
        [batch, channels_in, height, width]: [usize; 4],
        channels_out: usize,
        kernel: [usize; 2],
        options: ConvTransposeOptions<2>,
    ) -> Self {
        let outputs = channels_out / options.groups;
        Self {
            x: Operand::new("x", &[batch, channels_in, height, width], 1),
            weight: Operand::new("weight", &[channels_in, outputs, kernel[0], kernel[1]], 2),
            bias: Some(Operand::new("bias", &[channels_out], 3)),
            options,
            activation: FusedActivation::None,
            probe: plain_probe(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct LinearCase {
    pub x: Operand,
    pub weight: Operand,
    pub bias: Option<Operand>,
    pub activation: FusedActivation,
    pub probe: LossProbe,
}

impl Case for LinearCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (x, weight) = (tape.leaf(&self.x), tape.leaf(&self.weight));
        let bias = self.bias.as_ref().map(|bias| tape.leaf(bias));
        let output = match tape.implementation() {
            Implementation::Kernels => linear(x, weight, bias, self.activation),
            Implementation::Burn => {
                let z = module::linear(x, weight, bias);
                let [batch, outputs] = z.dims();
                let y = tape.activate_and_pool(
                    z.reshape([batch, outputs, 1, 1]),
                    self.activation,
                    None,
                );
                y.reshape([batch, outputs])
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl LinearCase {
    /// With a bias.
    pub fn new(batch: usize, [inputs, outputs]: [usize; 2]) -> Self {
        Self {
            x: Operand::new("x", &[batch, inputs], 1),
            weight: Operand::new("weight", &[inputs, outputs], 2),
            bias: Some(Operand::new("bias", &[outputs], 3)),
            activation: FusedActivation::None,
            probe: plain_probe(),
        }
    }
}

fn bias(channels: usize) -> impl Strategy<Value = Option<Operand>> {
    prop::option::weighted(0.7, Operand::any("bias", &[channels]))
}

pub fn convolutions() -> impl Strategy<Value = ConvCase> {
    (images(1..=14), channels(), pair(1..=7), pair(1..=3), paddings(3))
        .prop_filter("the kernel fits, and the work is moderate", |sizes| {
            let ([batch, inputs, height, width], outputs, kernel, stride, padding) = sizes;
            let side = |size: &usize, axis: usize| {
                let (before, behind) = padding[axis];
                Some((size + before + behind).checked_sub(kernel[axis])? / stride[axis] + 1)
            };
            let Some((rows, columns)) = side(height, 0).zip(side(width, 1)) else { return false };
            let products = inputs * outputs * kernel[0] * kernel[1];
            batch * rows * columns * products <= MOST_PRODUCTS
        })
        .prop_flat_map(|(dims, outputs, kernel, stride, padding)| {
            (
                Operand::any("x", &dims),
                Operand::any("weight", &[outputs, dims[1], kernel[0], kernel[1]]),
                bias(outputs),
                Just(ConvOptions::new_with_padding(stride, padding, [1, 1], 1)),
                activation(),
                probe(4),
            )
        })
        .prop_map(|(x, weight, bias, options, activation, probe)| ConvCase {
            x,
            weight,
            bias,
            options,
            activation,
            probe,
        })
}

pub fn transposed_convolutions() -> impl Strategy<Value = ConvTransposeCase> {
    let padding_out = [0_usize..3, 0_usize..3];
    (images(1..=9), channels(), pair(1..=7), pair(1..=3), pair(0..=3), padding_out)
        .prop_map(|(dims, outputs, kernel, stride, padding, padding_out)| {
            // An output padding of the stride or more has no corresponding convolution.
            let padding_out = [0, 1].map(|axis| padding_out[axis] % stride[axis]);
            (dims, outputs, kernel, stride, padding, padding_out)
        })
        .prop_filter("something is left of the output, and the work is moderate", |sizes| {
            let ([batch, inputs, height, width], outputs, kernel, stride, padding, out) = sizes;
            let side = |size: &usize, axis: usize| {
                let whole = (size - 1) * stride[axis] + kernel[axis] + out[axis];
                whole > 2 * padding[axis]
            };
            let products = inputs * outputs * kernel[0] * kernel[1];
            let moderate = batch * height * width * products <= MOST_PRODUCTS;
            side(height, 0) && side(width, 1) && moderate
        })
        .prop_flat_map(|(dims, outputs, kernel, stride, padding, padding_out)| {
            (
                Operand::any("x", &dims),
                Operand::any("weight", &[dims[1], outputs, kernel[0], kernel[1]]),
                bias(outputs),
                Just(ConvTransposeOptions::new(stride, padding, padding_out, [1, 1], 1)),
                activation(),
                probe(4),
            )
        })
        .prop_map(|(x, weight, bias, options, activation, probe)| ConvTransposeCase {
            x,
            weight,
            bias,
            options,
            activation,
            probe,
        })
}

pub fn linears() -> impl Strategy<Value = LinearCase> {
    (1_usize..=40, 1_usize..=150, 1_usize..=150)
        .prop_flat_map(|(batch, inputs, outputs)| {
            (
                Operand::any("x", &[batch, inputs]),
                Operand::any("weight", &[inputs, outputs]),
                bias(outputs),
                activation(),
                probe(2),
            )
        })
        .prop_map(|(x, weight, bias, activation, probe)| LinearCase {
            x,
            weight,
            bias,
            activation,
            probe,
        })
}
