//! Cases of batch normalisation.

use burn::tensor::{Tensor, module};
use hearth_kernels::{
    BatchNormOutput, Epilogue, FusedActivation, batch_norm2d, batch_norm2d_inference,
};
use proptest::prelude::*;

use super::{activation, images, plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, MemoryLayout, Operand, RunResult, Tape};

/// The parameters of a batch normalisation, and its epilogue.
#[derive(Clone, Debug)]
pub struct Scaling {
    pub gamma: Operand,
    pub beta: Operand,
    pub shortcut: Option<Operand>,
    pub activation: FusedActivation,
    pub max_pool: Option<usize>,
    pub epsilon: f64,
}

/// The inputs of a [`Scaling`] on a tape.
pub(super) struct Leaves {
    pub(super) gamma: Tensor<1>,
    pub(super) beta: Tensor<1>,
    pub(super) shortcut: Option<Tensor<4>>,
}

impl Scaling {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            gamma: Operand::new("gamma", &[channels], 2).around(0.2, 1.0),
            beta: Operand::new("beta", &[channels], 3),
            shortcut: None,
            activation: FusedActivation::None,
            max_pool: None,
            epsilon: 1e-5,
        }
    }

    pub(super) fn leaves(&self, tape: &mut Tape) -> Leaves {
        Leaves {
            gamma: tape.leaf(&self.gamma),
            beta: tape.leaf(&self.beta),
            shortcut: self.shortcut.as_ref().map(|shortcut| tape.leaf(shortcut)),
        }
    }

    pub(super) fn epilogue(&self, shortcut: Option<Tensor<4>>) -> Epilogue {
        Epilogue { shortcut, activation: self.activation, max_pool: self.max_pool }
    }

    /// The epilogue in Burn's operations.
    fn epilogue_by_burn(
        &self,
        z: Tensor<4>,
        shortcut: Option<Tensor<4>>,
        tape: &mut Tape,
    ) -> Tensor<4> {
        let z = match shortcut {
            Some(shortcut) => z + shortcut,
            None => z,
        };
        tape.activate_and_pool(z, self.activation, self.max_pool)
    }

    /// Burn's batch normalisation of `y`, and the epilogue in Burn's operations.
    pub(super) fn by_burn(&self, y: Tensor<4>, leaves: Leaves, tape: &mut Tape) -> Tensor<4> {
        let done = module::batch_norm_train(y, leaves.gamma, leaves.beta, self.epsilon);
        note(tape, done.mean, done.variance);
        self.epilogue_by_burn(done.output, leaves.shortcut, tape)
    }
}

/// Records mean and standard deviation as one tensor: the error of a mean near zero is relative to the
/// numbers that it averages.
fn note(tape: &mut Tape, mean: Tensor<1>, variance: Tensor<1>) {
    tape.extra("moments", Tensor::cat(vec![mean, variance.sqrt()], 0));
}

pub(super) fn output(done: BatchNormOutput, tape: &mut Tape) -> Tensor<4> {
    note(tape, done.mean, done.variance);
    done.output
}

/// A batch normalisation, by given moments if there are any.
#[derive(Clone, Debug)]
pub struct NormCase {
    pub x: Operand,
    pub scaling: Scaling,
    pub moments: Option<[Operand; 2]>,
    pub probe: LossProbe,
}

impl Case for NormCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let x: Tensor<4> = tape.leaf(&self.x);
        let leaves = self.scaling.leaves(&mut tape);
        let moments = self.moments.as_ref();
        let moments = moments.map(|moments| moments.each_ref().map(|of| tape.leaf(of)));
        let Scaling { epsilon, .. } = self.scaling;
        let output = match (tape.implementation(), moments) {
            (Implementation::Kernels, None) => {
                let epilogue = self.scaling.epilogue(leaves.shortcut);
                output(batch_norm2d(x, leaves.gamma, leaves.beta, epsilon, epilogue), &mut tape)
            }
            (Implementation::Kernels, Some(moments)) => {
                let epilogue = self.scaling.epilogue(leaves.shortcut);
                batch_norm2d_inference(x, [leaves.gamma, leaves.beta], moments, epsilon, epilogue)
            }
            (Implementation::Burn, None) => self.scaling.by_burn(x, leaves, &mut tape),
            (Implementation::Burn, Some([mean, variance])) => {
                let Leaves { gamma, beta, shortcut } = leaves;
                let z = module::batch_norm(x, gamma, beta, mean, variance, epsilon);
                self.scaling.epilogue_by_burn(z, shortcut, &mut tape)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl NormCase {
    /// By the batch's moments, without an epilogue.
    pub fn new(dims: [usize; 4]) -> Self {
        Self {
            x: Operand::new("x", &dims, 1).around(0.3, 1.0),
            scaling: Scaling::new(dims[1]),
            moments: None,
            probe: plain_probe(),
        }
    }

    /// With this activation and pooling.
    pub fn with_epilogue(mut self, activation: FusedActivation, max_pool: Option<usize>) -> Self {
        self.scaling = Scaling { activation, max_pool, ..self.scaling };
        self
    }

    /// With a shortcut.
    pub fn with_shortcut(mut self) -> Self {
        self.scaling.shortcut = Some(Operand::new("shortcut", &self.x.shape, 5));
        self
    }

    /// With a scale of zero for each channel.
    pub fn with_zero_scale(mut self) -> Self {
        self.scaling.gamma = self.scaling.gamma.around(0.0, 0.0);
        self
    }

    /// By given moments.
    pub fn by_moments(self) -> Self {
        let channels = [self.x.shape[1]];
        let mean = Operand::new("mean", &channels, 6);
        let variance = Operand::new("variance", &channels, 7).around(1.2, 0.8);
        Self { moments: Some([mean, variance]), ..self }
    }
}

/// The smallest number of different pixels of a channel: with fewer, the variance may be so small that
/// the gradients suffer from cancellation.
pub(super) const FEWEST_PIXELS: usize = 24;

/// The number of pixels of a channel that differ from each other.
pub(super) fn pixels(x: &Operand, height: usize, width: usize) -> usize {
    let samples = if x.layout == MemoryLayout::Repeated { 1 } else { x.shape[0] };
    samples * height * width
}

/// Epilogues: with or without a shortcut, an activation, and an optional pooling.
fn epilogues() -> impl Strategy<Value = (bool, FusedActivation, Option<usize>)> {
    prop_oneof![
        activation().prop_map(|activation| (false, activation, None)),
        activation().prop_map(|activation| (true, activation, None)),
        (activation(), 1_usize..=3).prop_map(|(activation, size)| (false, activation, Some(size))),
        // The kernels do not cover this one.
        Just((true, FusedActivation::Relu, Some(2))),
    ]
}

/// Parameters and epilogues for inputs of these sizes.
pub(super) fn scalings(dims: [usize; 4]) -> impl Strategy<Value = Scaling> {
    let [_, channels, height, width] = dims;
    let fits = move |(_, _, max_pool): &(bool, FusedActivation, Option<usize>)| {
        max_pool.unwrap_or(1) <= height.min(width)
    };
    epilogues().prop_filter("a window fits", fits).prop_flat_map(
        move |(with_shortcut, activation, max_pool)| {
            let shortcut = Operand::any("shortcut", &dims).prop_map(Some);
            let shortcut = if with_shortcut { shortcut.boxed() } else { Just(None).boxed() };
            let gamma = Operand::any("gamma", &[channels]);
            let epsilon = prop_oneof![Just(1e-5), Just(1e-3)];
            (gamma, Operand::any("beta", &[channels]), shortcut, epsilon).prop_map(
                move |(gamma, beta, shortcut, epsilon)| Scaling {
                    gamma: gamma.around(0.2, 1.0),
                    beta,
                    shortcut,
                    activation,
                    max_pool,
                    epsilon,
                },
            )
        },
    )
}

pub fn norms() -> impl Strategy<Value = NormCase> {
    images(1..=13)
        .prop_flat_map(|dims| {
            let background = prop::option::weighted(0.3, -0.8..0.2);
            (Operand::any("x", &dims), -2.0..2.0, background, scalings(dims), probe(4))
        })
        .prop_map(|(x, centre, background, scaling, probe)| NormCase {
            x: x.around(centre, 1.0).above(centre + background.unwrap_or(-1.0)),
            scaling,
            moments: None,
            probe,
        })
        .prop_filter("enough pixels", |norm| {
            let [_, _, height, width] = norm.x.dims();
            pixels(&norm.x, height, width) >= FEWEST_PIXELS
        })
}

pub fn norms_by_moments() -> impl Strategy<Value = NormCase> {
    norms().prop_flat_map(|norm| {
        let channels = [norm.x.shape[1]];
        (Just(norm), Operand::any("mean", &channels), Operand::any("variance", &channels)).prop_map(
            |(norm, mean, variance)| NormCase {
                moments: Some([mean, variance.around(1.2, 0.8)]),
                ..norm
            },
        )
    })
}
