//! Loops over the channels of many pixels, in blocks that the compiler vectorises.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::float::Float;
use crate::float::elementary::Elementary;
use crate::patches::processor;

/// An operation on a block of neighbouring channels.
pub trait ChannelBlock {
    /// Processes channels `first` to `first + W` of every pixel.
    fn run<const W: usize>(&mut self, first: usize);

    /// Runs the block, and returns its number of channels.
    #[inline(always)]
    fn run_wide<const W: usize>(&mut self, first: usize) -> usize {
        self.run::<W>(first);
        W
    }
}

/// Runs `block` on all channels, in blocks of at most 32.
pub fn for_each_block(channels: usize, block: &mut impl ChannelBlock) {
    processor().dispatch(AllBlocks { channels, block });
}

/// The loop of [`for_each_block`], as a type: a closure would not be inlined into the code for the
/// processor's vectors.
struct AllBlocks<'a, B> {
    channels: usize,
    block: &'a mut B,
}

impl<B: ChannelBlock> WithSimd for AllBlocks<'_, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut first = 0;
        while first < self.channels {
            // Whole vectors, and the channels of small layers: LeNet has 6.
            first += match self.channels - first {
                32.. => self.block.run_wide::<32>(first),
                16.. => self.block.run_wide::<16>(first),
                8.. => self.block.run_wide::<8>(first),
                6.. => self.block.run_wide::<6>(first),
                4.. => self.block.run_wide::<4>(first),
                2.. => self.block.run_wide::<2>(first),
                _ => self.block.run_wide::<1>(first),
            };
        }
    }
}

/// Adds all rows, each of the length of `sums`, to `sums` in order.
pub fn add_rows<E: Float>(rows: &[E], sums: &mut [E]) {
    struct AddRows<'a, E> {
        rows: &'a [E],
        sums: &'a mut [E],
    }
    impl<E: Float> ChannelBlock for AddRows<'_, E> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let mut sums = *at::<E, W>(self.sums, first);
            for row in self.rows.chunks_exact(self.sums.len()) {
                let row = at::<E, W>(row, first);
                for i in 0..W {
                    sums[i] += row[i];
                }
            }
            *at_mut(self.sums, first) = sums;
        }
    }
    for_each_block(sums.len(), &mut AddRows { rows, sums });
}

/// The sum of squares of each chunk of `numbers`.
pub fn sum_squares<E: Float>(numbers: &[E]) -> Vec<E> {
    struct Squares<'a, E>(&'a [E]);
    impl<E: Float> WithSimd for Squares<'_, E> {
        type Output = E;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> E {
            const W: usize = 64;
            let mut sums = [E::default(); W];
            let (rows, rest) = self.0.as_chunks::<W>();
            for row in rows {
                for i in 0..W {
                    sums[i] += row[i] * row[i];
                }
            }
            let mut total = E::default();
            for sum in sums {
                total += sum;
            }
            for number in rest {
                total += *number * *number;
            }
            total
        }
    }
    const CHUNK: usize = 1 << 13;
    numbers.par_chunks(CHUNK).map(|chunk| processor().dispatch(Squares(chunk))).collect()
}

/// Leaky ReLU: `max(z, slope z)` for slopes between 0 and 1.
#[inline(always)]
pub fn leaky_relu<E: Float>(z: E, slope: E) -> E {
    if z > E::default() { z } else { slope * z }
}

/// The derivative of [`leaky_relu`], times `gradient`; `y` has the sign of z.
#[inline(always)]
pub fn leaky_relu_gradient<E: Float>(y: E, slope: E, gradient: E) -> E {
    if y > E::default() { gradient } else { slope * gradient }
}

/// True if `x` replaces `y` as the maximum: if it is larger, or NaN, which then stays.
#[inline(always)]
pub fn exceeds<E: Float>(x: E, y: E) -> bool {
    // Without a branch, which would keep the loop from becoming vectors.
    (x > y) | x.is_nan()
}

/// An elementwise function whose derivative follows from its value y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// `max(z, slope z)` for slopes between 0 (ReLU) and 1 (the identity).
    LeakyRelu(f64),
    /// The hyperbolic tangent; its derivative is `1 - y^2`.
    Tanh,
    /// The logistic function, `1 / (1 + exp(-z))`; its derivative is `y (1 - y)`.
    Sigmoid,
}

impl Nonlinearity {
    /// The identity.
    pub const IDENTITY: Self = Self::LeakyRelu(1.0);

    /// Applies the function to every element in place.
    pub fn apply<E: Elementary>(self, numbers: &mut [E]) {
        struct InPlace<'a, E> {
            nonlinearity: Nonlinearity,
            numbers: &'a mut [E],
        }
        impl<E: Elementary> WithSimd for InPlace<'_, E> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                match self.nonlinearity {
                    Nonlinearity::LeakyRelu(slope) => {
                        let slope = E::from_f64(slope);
                        for z in self.numbers {
                            *z = leaky_relu(*z, slope);
                        }
                    }
                    Nonlinearity::Tanh => {
                        for z in self.numbers {
                            *z = z.fast_tanh();
                        }
                    }
                    Nonlinearity::Sigmoid => {
                        for z in self.numbers {
                            *z = z.fast_sigmoid();
                        }
                    }
                }
            }
        }
        if self != Self::IDENTITY {
            processor().dispatch(InPlace { nonlinearity: self, numbers });
        }
    }

    /// Multiplies `gradient` by the derivative at values `output`: the chain rule, in place.
    pub fn chain<E: Float>(self, output: &[E], gradient: &mut [E]) {
        struct Chain<'a, E> {
            nonlinearity: Nonlinearity,
            output: &'a [E],
            gradient: &'a mut [E],
        }
        impl<E: Float> WithSimd for Chain<'_, E> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                let one = E::from_f64(1.0);
                let pairs = self.output.iter().zip(self.gradient);
                match self.nonlinearity {
                    Nonlinearity::LeakyRelu(slope) => {
                        let slope = E::from_f64(slope);
                        for (y, gradient) in pairs {
                            *gradient = leaky_relu_gradient(*y, slope, *gradient);
                        }
                    }
                    Nonlinearity::Tanh => {
                        for (y, gradient) in pairs {
                            *gradient = *gradient * (one - *y * *y);
                        }
                    }
                    Nonlinearity::Sigmoid => {
                        for (y, gradient) in pairs {
                            *gradient = *gradient * *y * (one - *y);
                        }
                    }
                }
            }
        }
        processor().dispatch(Chain { nonlinearity: self, output, gradient });
    }
}

/// `W` elements from `first` on.
#[inline(always)]
pub fn at<E, const W: usize>(data: &[E], first: usize) -> &[E; W] {
    data[first..first + W].try_into().expect("W numbers")
}

/// `W` mutable elements from `first` on.
#[inline(always)]
pub fn at_mut<E, const W: usize>(data: &mut [E], first: usize) -> &mut [E; W] {
    (&mut data[first..first + W]).try_into().expect("W numbers")
}
