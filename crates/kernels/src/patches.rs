//! The matrix product in every convolution, without the matrix of patches.
//!
//! A convolution is a product of the matrix of patches (`im2col`: one row for each output pixel,
//! one column for each tap of the kernel) with the matrix of weights (Chellapilla et al. 2006).
//! That matrix is as large as the kernel has taps times the picture. Here it is never written
//! down: its entry (p, k) is `data[patches[p] + taps[k]]`, so that two short tables stand for it.
//!
//! The products are computed in tiles that stay in the processor's registers (Goto and van de Geijn
//! 2008): some pixels times some vectors of channels. Each output is summed over its taps in
//! order, wherever the work was cut.

use std::borrow::Cow;

use pulp::Simd;
use rayon::prelude::*;

use crate::float::Float;

/// Weights `[taps, channels]` in the order in which the tiles read them: panels of a few vectors
/// of channels, each with all taps, filled up with zeros to whole vectors.
pub struct Panels<'a, E: Clone> {
    data: Cow<'a, [E]>,
    taps: usize,
    channels: usize,
    order: Order,
}

/// Where a panel's weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Panel after panel.
    Panels,
    /// Where they were, at this distance from tap to tap: not worth a copy for a few patches.
    InPlace(usize),
    /// One channel, and taps in runs of whole vectors: tap after tap.
    Narrow,
}

/// A panel: the first channel, and how many vectors wide it is.
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

/// The widest panel, in vectors: so wide that a tile of it fills the registers.
fn widest<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 4 } else { 2 }
}

/// The processor, asked once for each call.
pub fn processor() -> pulp::Arch {
    pulp::Arch::new()
}

/// A matrix of weights `[taps, channels]` wherever it lies: entry (k, c) is
/// `data[taps[k] + c * stride]`.
#[derive(Clone, Copy)]
pub struct Weights<'a, 't, E> {
    /// The whole storage.
    pub data: &'a [E],
    /// Where the first channel of each tap is.
    pub taps: &'t [isize],
    /// From channel to channel.
    pub stride: isize,
    /// How many there are.
    pub channels: usize,
    /// How many taps follow each other without a gap.
    pub run: usize,
}

impl<'a, E: Float> Panels<'a, E> {
    /// Arranges the weights for products with this many patches.
    pub fn arrange(weights: Weights<'a, '_, E>, patches: usize) -> Self {
        let Weights { data, taps, stride, channels, run } = weights;
        let in_place = || {
            let step = taps.get(1)? - taps[0];
            let even = taps.windows(2).all(|pair| pair[1] - pair[0] == step);
            let whole = channels == padded::<E>(channels) && step >= channels as isize;
            (stride == 1 && even && whole).then_some((taps[0] as usize, step as usize))
        };
        let few = patches < FEW_PATCHES;
        let (data, order) = if channels == 1 && run == padded::<E>(run) {
            let weights: Vec<_> = taps.iter().map(|place| data[*place as usize]).collect();
            (weights.into(), Order::Narrow)
        } else if let Some((start, step)) = in_place().filter(|_| few) {
            let end = start + (taps.len() - 1) * step + channels;
            (data[start..end].into(), Order::InPlace(step))
        } else {
            (processor().dispatch(Arrange(weights)).into(), Order::Panels)
        };
        Self { data, taps: taps.len(), channels, order }
    }
}

/// With fewer patches, weights that can be read where they are are not copied.
const FEW_PATCHES: usize = 8;

struct Arrange<'a, 't, E>(Weights<'a, 't, E>);

impl<E: Float> pulp::WithSimd for Arrange<'_, '_, E> {
    type Output = Vec<E>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<E> {
        let Weights { data, taps, stride, channels, .. } = self.0;
        let lanes = E::lanes::<S>();
        let mut arranged = vec![E::default(); taps.len() * channels.next_multiple_of(lanes)];
        let mut rest = &mut arranged[..];
        for panel in panels(channels, lanes, widest::<S>()) {
            let width = panel.vectors * lanes;
            let (rows, behind) = rest.split_at_mut(taps.len() * width);
            rest = behind;
            let count = width.min(channels - panel.channel);
            let fill = |(row, tap): (&mut [E], &isize)| {
                let start = tap + panel.channel as isize * stride;
                if stride == 1 {
                    row[..count].copy_from_slice(&data[start as usize..][..count]);
                } else {
                    for (channel, slot) in row[..count].iter_mut().enumerate() {
                        *slot = data[(start + channel as isize * stride) as usize];
                    }
                }
            };
            if rows.len() < PARALLEL {
                rows.chunks_exact_mut(width).zip(taps).for_each(fill);
            } else {
                rows.par_chunks_exact_mut(width).zip(taps).with_min_len(64).for_each(fill);
            }
        }
        arranged
    }
}

/// Copies of fewer numbers than this are done before another thread would have woken up.
const PARALLEL: usize = 1 << 14;

/// What [`multiply`] works on: `out[places[p] + c] = bias[c] + sum_k data[patches[p] + taps[k]] *
/// panels[k, c]`, for each patch p and channel c.
pub struct Product<'a, E: Clone> {
    /// The framed pictures.
    pub data: &'a [E],
    /// Where each patch starts.
    pub patches: &'a [u32],
    /// Where each tap lies within a patch.
    pub taps: &'a [u32],
    /// The weights.
    pub panels: &'a Panels<'a, E>,
    /// One number for each channel, or nothing.
    pub bias: Option<&'a [E]>,
    /// The output, channels last.
    pub out: &'a mut [E],
    /// Where each patch's outputs start.
    pub places: &'a [u32],
}

/// Computes the product.
///
/// # Panics
///
/// When a table points outside of its buffer.
pub fn multiply<E: Float>(product: Product<'_, E>) {
    let Product { data, patches, taps, panels, bias, ref out, places } = product;
    // What the tiles rely on: every read and every write lies within its buffer.
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
        if this.panels.order == Order::Narrow {
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
                Order::InPlace(_) => panel.vectors * lanes,
                _ => this.panels.taps * panel.vectors * lanes,
            };
        }
    }
}

impl<E: Float> Product<'_, E> {
    /// One panel, all patches: tiles of `P` patches by `V` vectors of channels.
    #[inline(always)]
    fn tiles<S: Simd, const V: usize, const P: usize>(
        &mut self,
        simd: S,
        panel: Panel,
        weights: usize,
    ) {
        let lanes = E::lanes::<S>();
        let channels = (self.panels.channels - panel.channel).min(V * lanes);
        let step = match self.panels.order {
            Order::InPlace(step) => step,
            _ => V * lanes,
        };
        let mut start = [[E::splat(simd, E::default()); V]; P];
        if let Some(bias) = self.bias {
            let mut padded = [E::splat(simd, E::default()); V];
            // SAFETY: `channels` numbers are in the bias from here on, and fit V vectors.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    bias.as_ptr().add(panel.channel),
                    padded.as_mut_ptr().cast::<E>(),
                    channels,
                );
            }
            start = [padded; P];
        }
        for first in (0..self.patches.len()).step_by(P) {
            let count = P.min(self.patches.len() - first);
            // A tile that is not full repeats its last patch.
            let patches: [usize; P] =
                std::array::from_fn(|p| self.patches[first + p.min(count - 1)] as usize);
            // SAFETY: `multiply` checked that patches and taps stay within `data`; V vectors of
            // weights are there for each tap of this panel, by construction.
            let tile = unsafe {
                tile::<E, S, V, P>(
                    simd,
                    self.data.as_ptr(),
                    patches,
                    self.taps,
                    (self.panels.data.as_ptr().add(weights), step),
                    start,
                )
            };
            for (p, vectors) in tile.iter().enumerate().take(count) {
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
}

impl<E: Float> Product<'_, E> {
    /// One channel: vectors of neighbouring taps instead of channels, `P` patches at a time.
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
/// `data[patches[p] + taps[k]]` exists for every p and k, and `V` vectors of weights do, each `step`
/// numbers behind those of the tap before.
#[inline(always)]
unsafe fn tile<E: Float, S: Simd, const V: usize, const P: usize>(
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

/// What [`correlate`] works on: `sums[k * stride + c] += sum_p data[patches[p] + taps[k]] *
/// gradients[p * channels + c]`, for each tap k and channel c, where `stride` is the number of
/// channels filled up to whole vectors ([`padded`]). The sums behind the last channel mean nothing.
pub struct Correlation<'a, E> {
    /// The framed pictures.
    pub data: &'a [E],
    /// Where each patch starts.
    pub patches: &'a [u32],
    /// Where each tap lies within a patch.
    pub taps: &'a [u32],
    /// The gradients of the outputs, one row of channels for each patch, and behind the last row
    /// as many numbers, of any value, as fill it up to `stride`.
    pub gradients: &'a [E],
    /// Numbers in a row of `gradients`.
    pub channels: usize,
    /// Numbers in a row of `sums`.
    pub stride: usize,
    /// The weights' gradients, one row for each tap.
    pub sums: &'a mut [E],
}

/// As many numbers as whole vectors hold that `channels` numbers fit into.
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

/// Adds the correlation to `sums`.
///
/// # Panics
///
/// When a table points outside of its buffer.
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
    /// One panel of channels, all taps: tiles of `K` taps by `V` vectors of channels.
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
