//! The product of patches and weights: the convolution itself.

use pulp::Simd;

use super::panels::PanelOrder;
use super::{Panel, Panels, panels, processor, widest};
use crate::float::Float;

/// The operands of [`multiply`]: `out[places[p] + c] = bias[c] + sum_k data[patches[p] + taps[k]] *
/// panels[k, c]`, for each patch p and channel c.
pub struct Product<'a, E: Clone> {
    /// The padded images.
    pub data: &'a [E],
    /// The offset of each patch.
    pub patches: &'a [u32],
    /// The offset of each tap from its patch.
    pub taps: &'a [u32],
    /// The weights.
    pub panels: &'a Panels<'a, E>,
    /// The bias of each channel; None for zeros.
    pub bias: Option<&'a [E]>,
    /// The output, channels last.
    pub out: &'a mut [E],
    /// The offset of each patch's outputs.
    pub places: &'a [u32],
}

/// Computes the product.
///
/// # Panics
///
/// If an offset lies outside of its buffer.
pub fn multiply<E: Float>(product: Product<'_, E>) {
    let Product { data, patches, taps, panels, bias, ref out, places } = product;
    // The tiles rely on these: every read and every write lies within its buffer.
    let last = |table: &[u32]| table.iter().max().map_or(0, |last| *last as usize);
    assert_eq!(patches.len(), places.len(), "one place for each patch");
    assert_eq!(taps.len(), panels.taps, "one row of weights for each tap");
    assert!(bias.is_none_or(|bias| bias.len() == panels.channels), "one bias for each channel");
    if patches.is_empty() {
        return;
    }
    assert!(taps.is_empty() || last(patches) + last(taps) < data.len(), "patches lie within");
    assert!(last(places) + panels.channels <= out.len(), "outputs lie within");
    processor().dispatch(product);
}

impl<E: Float> pulp::WithSimd for Product<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut this = self;
        if this.panels.order == PanelOrder::Narrow {
            return this.dot::<S, 8>(simd);
        }
        let lanes = E::lanes::<S>();
        let mut weights = 0;
        for panel in panels(this.panels.channels, lanes, widest::<S>()) {
            // Tiles of about 24 registers of 32, or 12 of 16: the rest holds weights.
            match (panel.vectors, S::REGISTER_COUNT >= 32) {
                (1, true) => this.tiles::<S, 1, 10>(simd, panel, weights),
                (1, false) => this.tiles::<S, 1, 8>(simd, panel, weights),
                (2, true) => this.tiles::<S, 2, 10>(simd, panel, weights),
                (2, false) => this.tiles::<S, 2, 6>(simd, panel, weights),
                (3, _) => this.tiles::<S, 3, 8>(simd, panel, weights),
                _ => this.tiles::<S, 4, 6>(simd, panel, weights),
            }
            weights += match this.panels.order {
                PanelOrder::InPlace(_) => panel.vectors * lanes,
                _ => this.panels.taps * panel.vectors * lanes,
            };
        }
    }
}

impl<E: Float> Product<'_, E> {
    /// One panel and all patches, in tiles of `P` patches by `V` vectors of channels.
    #[inline(always)]
    fn tiles<S: Simd, const V: usize, const P: usize>(
        &mut self,
        simd: S,
        panel: Panel,
        weights: usize,
    ) {
        let lanes = E::lanes::<S>();
        let mut bias = [E::splat(simd, E::default()); V];
        if let Some(given) = self.bias {
            let channels = (self.panels.channels - panel.channel).min(V * lanes);
            // SAFETY: `channels` numbers are in the bias from here on, and fit V vectors.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    given.as_ptr().add(panel.channel),
                    bias.as_mut_ptr().cast::<E>(),
                    channels,
                );
            }
        }
        for first in (0..self.patches.len()).step_by(P) {
            let count = P.min(self.patches.len() - first);
            if count == 1 {
                self.tile::<S, V, 1>(simd, (panel, weights), (first, 1), bias);
            } else {
                self.tile::<S, V, P>(simd, (panel, weights), (first, count), bias);
            }
        }
    }

    /// The outputs of `count` patches, at most `P`, from the `first` one on.
    #[inline(always)]
    fn tile<S: Simd, const V: usize, const P: usize>(
        &mut self,
        simd: S,
        (panel, weights): (Panel, usize),
        (first, count): (usize, usize),
        bias: [E::Vector<S>; V],
    ) {
        let lanes = E::lanes::<S>();
        let channels = (self.panels.channels - panel.channel).min(V * lanes);
        let step = match self.panels.order {
            PanelOrder::InPlace(step) => step,
            _ => V * lanes,
        };
        // A tile that is not full repeats its last patch.
        let patches: [usize; P] =
            std::array::from_fn(|p| self.patches[first + p.min(count - 1)] as usize);
        // SAFETY: `multiply` checked that patches and taps stay within `data`; V vectors of
        // weights are there for each tap of this panel, by construction.
        let sums = unsafe {
            sums::<E, S, V, P>(
                simd,
                self.data.as_ptr(),
                patches,
                self.taps,
                (self.panels.data.as_ptr().add(weights), step),
                [bias; P],
            )
        };
        for (p, vectors) in sums.iter().enumerate().take(count) {
            let place = self.places[first + p] as usize + panel.channel;
            // SAFETY: `multiply` checked that the channels of each place lie within `out`.
            unsafe {
                let out = self.out.as_mut_ptr().add(place);
                if channels == V * lanes {
                    out.cast::<[E::Vector<S>; V]>().write_unaligned(*vectors);
                } else {
                    let whole = channels / lanes;
                    for (v, vector) in vectors.iter().enumerate().take(whole) {
                        out.add(v * lanes).cast::<E::Vector<S>>().write_unaligned(*vector);
                    }
                    // Fewer than a vector: not worth a call to copy them.
                    let numbers = vectors.as_ptr().cast::<E>();
                    for channel in whole * lanes..channels {
                        out.add(channel).write(*numbers.add(channel));
                    }
                }
            }
        }
    }
}

impl<E: Float> Product<'_, E> {
    /// A single channel: dot products over vectors of neighbouring taps, for `P` patches at a time.
    #[inline(always)]
    fn dot<S: Simd, const P: usize>(&mut self, simd: S) {
        let lanes = E::lanes::<S>();
        let bias = self.bias.map_or(E::default(), |bias| bias[0]);
        for (patches, places) in self.patches.chunks(P).zip(self.places.chunks(P)) {
            let mut sums = [E::splat(simd, E::default()); P];
            let starts: [usize; P] =
                std::array::from_fn(|p| patches[p.min(patches.len() - 1)] as usize);
            for (weights, taps) in
                self.panels.data.chunks_exact(lanes).zip(self.taps.chunks_exact(lanes))
            {
                // SAFETY: `multiply` checked that patches and taps stay within `data`; taps come
                // in runs of whole vectors, so that those behind `taps[0]` are its neighbours.
                unsafe {
                    let weights = weights.as_ptr().cast::<E::Vector<S>>().read_unaligned();
                    let at = self.data.as_ptr().add(taps[0] as usize);
                    for p in 0..P {
                        let x = at.add(starts[p]).cast::<E::Vector<S>>().read_unaligned();
                        sums[p] = E::mul_add(simd, x, weights, sums[p]);
                    }
                }
            }
            for (sum, place) in sums.iter().zip(places) {
                // SAFETY: a vector is `lanes` numbers.
                let numbers =
                    unsafe { std::slice::from_raw_parts((&raw const *sum).cast::<E>(), lanes) };
                let total = numbers.iter().fold(bias, |total, number| total + *number);
                self.out[*place as usize] = total;
            }
        }
    }
}

/// The sums of `P` patches by `V` vectors of channels.
///
/// # Safety
///
/// `data[patches[p] + taps[k]]` exists for every p and k, and so do `V` vectors of weights for every
/// tap, `step` elements after those of the tap before.
#[inline(always)]
unsafe fn sums<E: Float, S: Simd, const V: usize, const P: usize>(
    simd: S,
    data: *const E,
    patches: [usize; P],
    taps: &[u32],
    (mut panel, step): (*const E, usize),
    mut sums: [[E::Vector<S>; V]; P],
) -> [[E::Vector<S>; V]; P] {
    for tap in taps {
        // SAFETY: promised by the caller.
        unsafe {
            let at = data.add(*tap as usize);
            let weights: [E::Vector<S>; V] = panel.cast::<[E::Vector<S>; V]>().read_unaligned();
            panel = panel.wrapping_add(step);
            for p in 0..P {
                let x = E::splat(simd, *at.add(patches[p]));
                for v in 0..V {
                    sums[p][v] = E::mul_add(simd, x, weights[v], sums[p][v]);
                }
            }
        }
    }
    sums
}
