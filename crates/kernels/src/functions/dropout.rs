//! The random mask of dropout.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

/// The mask of inverted dropout (Srivastava et al. 2014), by which features are multiplied: 0 with this
/// probability and `1 / (1 - probability)` otherwise, so that the expected value is unchanged.
///
/// Each element follows from the seed and its index: it is the same on every backend and with any number
/// of threads.
///
/// # Panics
///
/// If the probability is not in [0, 1).
pub fn dropout_mask<const D: usize>(
    shape: [usize; D],
    probability: f64,
    seed: u64,
    device: &Device,
) -> Tensor<D> {
    const CHUNK: usize = 1 << 12;
    assert!((0.0..1.0).contains(&probability), "a probability below 1, not {probability}");
    let kept = (1.0 / (1.0 - probability)) as f32;
    // Compared with the upper half of 64 random bits.
    let threshold = (probability * 2.0_f64.powi(32)) as u64;
    let mut mask = vec![0.0_f32; shape.iter().product()];
    mask.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, mask)| {
        for (place, value) in mask.iter_mut().enumerate() {
            let bits = split_mix(seed, (chunk * CHUNK + place) as u64);
            *value = if bits >> 32 < threshold { 0.0 } else { kept };
        }
    });
    Tensor::from_data(TensorData::new(mask, shape), device)
}

/// Element `place` of the sequence of the generator `SplitMix64` (Steele, Lea and Flood 2014).
fn split_mix(seed: u64, place: u64) -> u64 {
    let mut bits = seed.wrapping_add((place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::split_mix;

    /// The first numbers of the published generator from seed 0.
    #[test]
    fn it_is_the_published_generator() {
        let wanted = [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F];
        assert_eq!([0, 1, 2].map(|place| split_mix(0, place)), wanted);
    }
}
