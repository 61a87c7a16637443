//! Cases of convolutions with batch normalisation.

use burn::tensor::module;
use hearth_kernels::{AnyConvOptions, FusedActivation, conv_norm2d};
use proptest::prelude::*;

use super::convolution::{convolutions, transposed_convolutions};
use super::norm::{FEWEST_PIXELS, Scaling, output, pixels, scalings};
use super::{plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

/// A convolution and the batch normalisation of its output.
#[derive(Clone, Debug)]
pub struct ConvNormCase {
    pub x: Operand,
    pub weight: Operand,
    pub options: AnyConvOptions,
    pub scaling: Scaling,
    pub probe: LossProbe,
}

impl Case for ConvNormCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (x, weight) = (tape.leaf(&self.x), tape.leaf(&self.weight));
        let leaves = self.scaling.leaves(&mut tape);
        let options = self.options.clone();
        let output = match (tape.implementation(), options) {
            (Implementation::Kernels, options) => {
                let epilogue = self.scaling.epilogue(leaves.shortcut);
                let affine = [leaves.gamma, leaves.beta];
                let epsilon = self.scaling.epsilon;
                output(conv_norm2d(x, weight, affine, options, epsilon, epilogue), &mut tape)
            }
            (Implementation::Burn, AnyConvOptions::Forward(options)) => {
                let y = module::conv2d(x, weight, None, options);
                self.scaling.by_burn(y, leaves, &mut tape)
            }
            (Implementation::Burn, AnyConvOptions::Transposed(options)) => {
                let y = module::conv_transpose2d(x, weight, None, options);
                self.scaling.by_burn(y, leaves, &mut tape)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl ConvNormCase {
    /// A case with input and weights of these sizes, and this activation and pooling.
    pub fn new(
        [x, weight]: [[usize; 4]; 2],
        options: impl Into<AnyConvOptions>,
        activation: FusedActivation,
        max_pool: Option<usize>,
    ) -> Self {
        let options = options.into();
        let [channels, ..] = outputs(x, weight, &options);
        Self {
            x: Operand::new("x", &x, 1),
            weight: Operand::new("weight", &weight, 8),
            options,
            scaling: Scaling { activation, max_pool, ..Scaling::new(channels) },
            probe: plain_probe(),
        }
    }

    /// With a shortcut.
    pub fn with_shortcut(mut self) -> Self {
        let [channels, rows, columns] = outputs(self.x.dims(), self.weight.dims(), &self.options);
        let dims = [self.x.shape[0], channels, rows, columns];
        self.scaling.shortcut = Some(Operand::new("shortcut", &dims, 5));
        self
    }
}

/// Channels, height and width of a convolution's output.
fn outputs(x: [usize; 4], weight: [usize; 4], options: &AnyConvOptions) -> [usize; 3] {
    let side = |axis: usize| {
        let (size, kernel) = (x[axis + 2], weight[axis + 2]);
        match options {
            AnyConvOptions::Forward(options) => {
                let (before, behind) = options.padding[axis];
                (size + before + behind - kernel) / options.stride[axis] + 1
            }
            AnyConvOptions::Transposed(options) => {
                let whole = (size - 1) * options.stride[axis] + kernel + options.padding_out[axis];
                whole - 2 * options.padding[axis]
            }
        }
    };
    let channels = match options {
        AnyConvOptions::Forward(_) => weight[0],
        AnyConvOptions::Transposed(_) => weight[1],
    };
    [channels, side(0), side(1)]
}

pub fn conv_norms() -> impl Strategy<Value = ConvNormCase> {
    let forward = convolutions().prop_map(|case| (case.x, case.weight, case.options.into()));
    let transposed =
        transposed_convolutions().prop_map(|case| (case.x, case.weight, case.options.into()));
    prop_oneof![3 => forward, 1 => transposed]
        .prop_filter(
            "enough pixels and weights",
            |(x, weight, options): &(_, _, AnyConvOptions)| {
                let [_, _, height, width] = x.dims();
                let [_, rows, columns] = outputs(x.dims(), weight.dims(), options);
                // The normalisation cancels the scale of a channel's weights: with few of them, the gradient
                // is small.
                let [_, _, kernel_height, kernel_width] = weight.dims();
                pixels(x, height.min(rows), width.min(columns)) >= FEWEST_PIXELS
                    && x.shape[1] * kernel_height * kernel_width >= 9
            },
        )
        .prop_flat_map(|(x, weight, options)| {
            let [channels, rows, columns] = outputs(x.dims(), weight.dims(), &options);
            let dims = [x.shape[0], channels, rows, columns];
            (Just((x, weight, options)), scalings(dims), probe(4))
        })
        .prop_map(|((x, weight, options), scaling, probe)| ConvNormCase {
            x,
            weight,
            options,
            scaling,
            probe,
        })
}
