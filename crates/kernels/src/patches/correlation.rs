//! The product of transposed patches and gradients: the weights' gradient.

use pulp::Simd;

use super::{Panel, padded, panels, processor, widest};
use crate::float::Float;

/// The operands of [`correlate`]: `sums[k * stride + c] += sum_p data[patches[p] + taps[k]] *
/// gradients[p * channels + c]`, for each tap k and channel c, where `stride` is the number of channels
/// padded to whole vectors ([`padded`]). The sums after the last channel are unspecified.
pub struct Correlation<'a, E> {
    /// The padded images.
    pub data: &'a [E],
    /// The offset of each patch.
    pub patches: &'a [u32],
    /// The offset of each tap from its patch.
    pub taps: &'a [u32],
    /// The gradients of the outputs, one row of channels for each patch; the last row is padded to
    /// `stride` with any values.
    pub gradients: &'a [E],
    /// Elements in a row of `gradients`.
    pub channels: usize,
    /// Elements in a row of `sums`.
    pub stride: usize,
    /// The weights' gradients, one row for each tap.
    pub sums: &'a mut [E],
}

/// Adds the correlation to `sums`.
///
/// # Panics
///
/// If an offset lies outside of its buffer.
pub fn correlate<E: Float>(correlation: Correlation<'_, E>) {
    let Correlation { data, patches, taps, gradients, channels, stride, ref sums } = correlation;
    let last = |table: &[u32]| table.iter().max().map_or(0, |last| *last as usize);
    if patches.is_empty() || taps.is_empty() {
        return;
    }
    assert!(stride == padded::<E>(channels), "rows are whole vectors");
    let read = (patches.len() - 1) * channels + stride;
    assert!(read <= gradients.len(), "a gradient for each patch");
    assert!(sums.len() >= taps.len() * stride, "a sum for each tap");
    assert!(last(patches) + last(taps) < data.len(), "patches lie within");
    processor().dispatch(correlation);
}

impl<E: Float> pulp::WithSimd for Correlation<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut this = self;
        for panel in panels(this.stride, E::lanes::<S>(), widest::<S>()) {
            match (panel.vectors, S::REGISTER_COUNT >= 32) {
                (1, true) => this.tiles::<S, 1, 10>(simd, panel),
                (1, false) => this.tiles::<S, 1, 8>(simd, panel),
                (2, true) => this.tiles::<S, 2, 10>(simd, panel),
                (2, false) => this.tiles::<S, 2, 6>(simd, panel),
                (3, _) => this.tiles::<S, 3, 8>(simd, panel),
                _ => this.tiles::<S, 4, 6>(simd, panel),
            }
        }
    }
}

impl<E: Float> Correlation<'_, E> {
    /// One panel of channels and all taps, in tiles of `K` taps by `V` vectors of channels.
    #[inline(always)]
    fn tiles<S: Simd, const V: usize, const K: usize>(&mut self, simd: S, panel: Panel) {
        let zero = E::splat(simd, E::default());
        for first in (0..self.taps.len()).step_by(K) {
            let count = K.min(self.taps.len() - first);
            let taps: [usize; K] =
                std::array::from_fn(|k| self.taps[first + k.min(count - 1)] as usize);
            let mut sums = [[zero; V]; K];
            let mut gradients = self.gradients[panel.channel..].as_ptr();
            for patch in self.patches {
                // SAFETY: `correlate` checked that patches and taps stay within `data`, and that
                // from each patch's row on, `stride` numbers can be read.
                unsafe {
                    let at = self.data.as_ptr().add(*patch as usize);
                    let row = gradients.cast::<[E::Vector<S>; V]>().read_unaligned();
                    gradients = gradients.wrapping_add(self.channels);
                    for k in 0..K {
                        let x = E::splat(simd, *at.add(taps[k]));
                        for v in 0..V {
                            sums[k][v] = E::mul_add(simd, x, row[v], sums[k][v]);
                        }
                    }
                }
            }
            let one = E::splat(simd, E::from_f64(1.0));
            for (k, vectors) in sums.iter().enumerate().take(count) {
                let place = (first + k) * self.stride + panel.channel;
                // SAFETY: `correlate` checked that `sums` has a row of `stride` for each tap.
                unsafe {
                    let sums = self.sums.as_mut_ptr().add(place).cast::<[E::Vector<S>; V]>();
                    let mut kept = sums.read_unaligned();
                    for v in 0..V {
                        kept[v] = E::mul_add(simd, one, vectors[v], kept[v]);
                    }
                    sums.write_unaligned(kept);
                }
            }
        }
    }
}
