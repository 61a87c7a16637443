//! Loops over the channels of many pixels, in blocks that the compiler turns into vectors.

use crate::patches::processor;

/// What is done to a block of neighbouring channels.
pub trait Block {
    /// Treats channels `first` to `first + W` of every pixel.
    fn run<const W: usize>(&mut self, first: usize);
}

/// Runs `block` on all channels, sixteen at a time where there are as many.
pub fn for_each_block(channels: usize, block: &mut impl Block) {
    processor().dispatch(
        #[inline(always)]
        || {
            let mut first = 0;
            while first < channels {
                match channels - first {
                    16.. => {
                        block.run::<16>(first);
                        first += 16;
                    }
                    4.. => {
                        block.run::<4>(first);
                        first += 4;
                    }
                    _ => {
                        block.run::<1>(first);
                        first += 1;
                    }
                }
            }
        },
    );
}

/// `W` numbers from `first`.
#[inline(always)]
pub fn at<E, const W: usize>(data: &[E], first: usize) -> &[E; W] {
    data[first..first + W].try_into().expect("W numbers")
}

/// `W` numbers from `first`, to write.
#[inline(always)]
pub fn at_mut<E, const W: usize>(data: &mut [E], first: usize) -> &mut [E; W] {
    (&mut data[first..first + W]).try_into().expect("W numbers")
}
