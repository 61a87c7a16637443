//! The matrix product in every convolution, without the matrix of patches.
//!
//! A convolution is a product of the matrix of patches (`im2col`: one row for each output pixel,
//! one column for each tap of the kernel) with the matrix of weights (Chellapilla et al. 2006).
//! The matrix of patches has the size of the image times the number of taps. It is never stored here: its entry
//! (p, k) is `data[patches[p] + taps[k]]`, and two short tables of offsets replace it.
//!
//! The products are computed in tiles that stay in the processor's registers (Goto and van de Geijn
//! 2008): a few pixels by a few vectors of channels. Each output sums its taps in order, however the
//! work is cut.

mod correlation;
mod panels;
mod product;

use pulp::Simd;

use crate::float::Float;

pub use correlation::{Correlation, correlate};
pub use panels::{Panels, WeightMatrix};
pub use product::{Product, multiply};

/// A panel of neighbouring channels: the first one, and the width in vectors.
#[derive(Clone, Copy, Debug)]
struct Panel {
    channel: usize,
    vectors: usize,
}

/// Cuts `channels` into panels of at most `widest` vectors of `lanes`.
fn panels(channels: usize, lanes: usize, widest: usize) -> impl Iterator<Item = Panel> {
    let vectors = channels.div_ceil(lanes);
    (0..vectors)
        .step_by(widest)
        .map(move |first| Panel { channel: first * lanes, vectors: widest.min(vectors - first) })
}

/// The width of the widest panel, in vectors: a tile of it fills the registers.
fn widest<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 4 } else { 2 }
}

/// The instruction set of the processor.
pub fn processor() -> pulp::Arch {
    pulp::Arch::new()
}

/// `channels` rounded up to a multiple of a vector's number of lanes.
pub fn padded<E: Float>(channels: usize) -> usize {
    struct Lanes<E>(std::marker::PhantomData<E>);
    impl<E: Float> pulp::WithSimd for Lanes<E> {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            E::lanes::<S>()
        }
    }
    channels.next_multiple_of(processor().dispatch(Lanes::<E>(std::marker::PhantomData)))
}
