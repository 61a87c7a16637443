//! Poolings.

use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use hearth_kernels::{avg_pool2d, max_pool2d};
use proptest::prelude::*;

use super::{images, paddings, pair, plain_probe, probe};
use crate::support::{Case, Operand, Outcome, Probe, Side, Tape};

#[derive(Clone, Debug)]
pub struct MaxPool {
    pub x: Operand,
    pub options: MaxPoolOptions<2>,
    pub probe: Probe,
}

impl Case for MaxPool {
    fn run(&self, mut tape: Tape) -> Outcome {
        let x = tape.leaf(&self.x);
        let options = self.options.clone();
        let output = match tape.side() {
            Side::Kernels => max_pool2d(x, options),
            Side::Burn => module::max_pool2d(x, options),
        };
        tape.finish(output, &self.probe)
    }
}

#[derive(Clone, Debug)]
pub struct AvgPool {
    pub x: Operand,
    pub options: AvgPoolOptions<2>,
    pub probe: Probe,
}

impl Case for AvgPool {
    fn run(&self, mut tape: Tape) -> Outcome {
        let x = tape.leaf(&self.x);
        let options = self.options.clone();
        let output = match tape.side() {
            Side::Kernels => avg_pool2d(x, options),
            Side::Burn => module::avg_pool2d(x, options),
        };
        tape.finish(output, &self.probe)
    }
}

impl MaxPool {
    /// Of plain images.
    pub fn new(dims: [usize; 4], options: MaxPoolOptions<2>) -> Self {
        Self { x: Operand::new("x", &dims, 1), options, probe: plain_probe() }
    }
}

impl AvgPool {
    /// Of plain images.
    pub fn new(dims: [usize; 4], options: AvgPoolOptions<2>) -> Self {
        Self { x: Operand::new("x", &dims, 1), options, probe: plain_probe() }
    }
}

/// Images and the windows of a pooling: kernel, stride, padding.
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

pub fn max_pools() -> impl Strategy<Value = MaxPool> {
    poolings()
        .prop_flat_map(|(dims, kernel, stride, padding)| {
            let options = MaxPoolOptions::new(kernel).with_stride(stride);
            (Operand::any("x", &dims), Just(options.with_padding_pairs(padding)), probe(4))
        })
        .prop_map(|(x, options, probe)| MaxPool {
            x: Operand { tracked: true, ..x },
            options,
            probe,
        })
}

pub fn avg_pools() -> impl Strategy<Value = AvgPool> {
    (poolings(), any::<bool>())
        .prop_flat_map(|((dims, kernel, stride, padding), count)| {
            let options = AvgPoolOptions::new(kernel).with_stride(stride);
            let options = options.with_padding_pairs(padding).with_count_include_pad(count);
            (Operand::any("x", &dims), Just(options), probe(4))
        })
        .prop_map(|(x, options, probe)| AvgPool {
            x: Operand { tracked: true, ..x },
            options,
            probe,
        })
}
