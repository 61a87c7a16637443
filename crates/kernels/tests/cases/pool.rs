//! Cases of pooling.

use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use hearth_kernels::{avg_pool2d, max_pool2d};
use proptest::prelude::*;

use super::{images, paddings, pair, plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

#[derive(Clone, Debug)]
pub struct MaxPoolCase {
    pub x: Operand,
    pub options: MaxPoolOptions<2>,
    pub probe: LossProbe,
}

impl Case for MaxPoolCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let x = tape.leaf(&self.x);
        let options = self.options.clone();
        let output = match tape.implementation() {
            Implementation::Kernels => max_pool2d(x, options),
            Implementation::Burn => module::max_pool2d(x, options),
        };
        tape.finish(output, &self.probe)
    }
}

#[derive(Clone, Debug)]
pub struct AvgPoolCase {
    pub x: Operand,
    pub options: AvgPoolOptions<2>,
    pub probe: LossProbe,
}

impl Case for AvgPoolCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let x = tape.leaf(&self.x);
        let options = self.options.clone();
        let output = match tape.implementation() {
            Implementation::Kernels => avg_pool2d(x, options),
            Implementation::Burn => module::avg_pool2d(x, options),
        };
        tape.finish(output, &self.probe)
    }
}

impl MaxPoolCase {
    /// On a contiguous tensor of these sizes.
    pub fn new(dims: [usize; 4], options: MaxPoolOptions<2>) -> Self {
        Self { x: Operand::new("x", &dims, 1), options, probe: plain_probe() }
    }
}

impl AvgPoolCase {
    /// On a contiguous tensor of these sizes.
    pub fn new(dims: [usize; 4], options: AvgPoolOptions<2>) -> Self {
        Self { x: Operand::new("x", &dims, 1), options, probe: plain_probe() }
    }
}

/// The sizes of a pooling case: input, kernel, stride, padding.
type Windows = ([usize; 4], [usize; 2], [usize; 2], [(usize, usize); 2]);

fn poolings() -> impl Strategy<Value = Windows> {
    (images(1..=14), pair(1..=7), pair(1..=3), paddings(3)).prop_filter(
        "every window holds a pixel",
        |([_, _, height, width], kernel, _, padding)| {
            [height, width].iter().enumerate().all(|(axis, size)| {
                let (before, behind) = padding[axis];
                2 * before.max(behind) <= kernel[axis] && kernel[axis] <= **size + before + behind
            })
        },
    )
}

pub fn max_pools() -> impl Strategy<Value = MaxPoolCase> {
    poolings()
        .prop_flat_map(|(dims, kernel, stride, padding)| {
            let options = MaxPoolOptions::new(kernel).with_stride(stride);
            (Operand::any("x", &dims), Just(options.with_padding_pairs(padding)), probe(4))
        })
        .prop_map(|(x, options, probe)| MaxPoolCase {
            x: Operand { tracked: true, ..x },
            options,
            probe,
        })
}

pub fn avg_pools() -> impl Strategy<Value = AvgPoolCase> {
    (poolings(), any::<bool>())
        .prop_flat_map(|((dims, kernel, stride, padding), count)| {
            let options = AvgPoolOptions::new(kernel).with_stride(stride);
            let options = options.with_padding_pairs(padding).with_count_include_pad(count);
            (Operand::any("x", &dims), Just(options), probe(4))
        })
        .prop_map(|(x, options, probe)| AvgPoolCase {
            x: Operand { tracked: true, ..x },
            options,
            probe,
        })
}
