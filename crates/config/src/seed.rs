//! Streams of random numbers, all derived from the run's seed.
//!
//! A stream depends on the seed, its purpose and two indices, and on nothing else. Its numbers can therefore be drawn
//! again from these: batch 17 of epoch 3 needs no state of the batches before it, so a resumed run equals an
//! uninterrupted one.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// The purpose of a stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The initial weights; indexed by the parameter's position.
    Weights = 1,
    /// The split into training and validation set.
    Split = 2,
    /// The order of the training samples; indexed by epoch.
    Order = 3,
    /// Augmentation; indexed by epoch and batch.
    Augment = 4,
    /// The backend's draws in a training step, as of dropout; indexed by step.
    Step = 5,
    /// A generator's latent vectors in training; indexed by step and batch.
    Latent = 6,
    /// A generator's latent vectors for sample grids and evaluation; indexed by use and batch.
    Sample = 7,
    /// The settings of a sweep's trials. Its seed is the sweep's own, and not a run's.
    Sweep = 8,
    /// Generated data; indexed by the generator and the sample. Its seed is the data's own, and not a run's.
    Data = 9,
    /// The tokens that a decoder reads as predicted by itself; indexed by step and batch.
    ScheduledSampling = 10,
    /// Episodes: the seed of each, indexed by environment and episode; and the draws within one, whose seed is the
    /// episode's own, indexed by step.
    Environment = 11,
    /// The actions that a policy draws in a rollout; indexed by step.
    Policy = 12,
}

/// A deterministic stream of random numbers (`ChaCha8`), the same on every platform.
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream for `purpose` at the indices `(first, second)` of a run with this seed.
    ///
    /// The four numbers are the cipher's 256-bit key, so that no two streams are related.
    pub fn new(seed: u64, purpose: Purpose, first: u64, second: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, first, second]) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)`, with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform among `0..bound`, without bias for every bound that fits in memory.
    ///
    /// The high half of a 128-bit product (Lemire 2019) without its rejection step:
    /// the bias is below `bound / 2^64`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// Standard normal, by the Box-Muller transform.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Shuffles in place (Fisher-Yates): every order is equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_each_of_its_four_numbers() {
        let first = |seed, purpose, a, b| Stream::new(seed, purpose, a, b).bits();
        let base = first(1, Purpose::Order, 2, 3);
        assert_eq!(base, first(1, Purpose::Order, 2, 3));
        assert_ne!(base, first(2, Purpose::Order, 2, 3));
        assert_ne!(base, first(1, Purpose::Augment, 2, 3));
        assert_ne!(base, first(1, Purpose::Order, 3, 3));
        assert_ne!(base, first(1, Purpose::Order, 2, 2));
    }

    #[test]
    fn the_numbers_stay_what_they_were() {
        // A change here changes every trained network: earlier runs could not be reproduced.
        let mut stream = Stream::new(42, Purpose::Weights, 0, 0);
        assert_eq!(
            [stream.bits(), stream.bits()],
            [9_672_674_645_702_868_097, 2_788_422_329_557_313_252]
        );
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut stream = Stream::new(7, Purpose::Weights, 0, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_below_reaches_every_number() {
        let mut stream = Stream::new(7, Purpose::Order, 0, 0);
        let mut items: Vec<usize> = (0..1000).collect();
        stream.shuffle(&mut items);
        assert!(items.iter().enumerate().any(|(place, item)| place != *item));
        items.sort_unstable();
        assert_eq!(items, (0..1000).collect::<Vec<_>>());
        let mut seen = [false; 7];
        (0..200).for_each(|_| seen[stream.below(7)] = true);
        assert_eq!(seen, [true; 7]);
    }
}
