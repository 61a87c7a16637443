//! Weights in the order in which the tiles read them.

use std::borrow::Cow;

use pulp::Simd;
use rayon::prelude::*;

use super::{padded, panels, processor, widest};
use crate::float::Float;
use crate::view::filled;

/// Weights `[taps, channels]` in the order in which the tiles read them: panels of a few vectors of
/// channels, each with all taps, padded with zeros to whole vectors.
pub struct Panels<'a, E: Clone> {
    pub(super) data: Cow<'a, [E]>,
    pub(super) taps: usize,
    pub(super) channels: usize,
    pub(super) order: PanelOrder,
}

/// The memory layout of panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PanelOrder {
    /// Packed, panel after panel.
    Panels,
    /// The weights in place, with this stride from tap to tap: packing does not pay for a few patches.
    InPlace(usize),
    /// A single channel, with taps in runs of whole vectors: tap after tap.
    Narrow,
}

/// A matrix of weights `[taps, channels]` with any layout: entry (k, c) is `data[taps[k] + c * stride]`.
#[derive(Clone, Copy)]
pub struct WeightMatrix<'a, 't, E> {
    /// The whole storage.
    pub data: &'a [E],
    /// The offset of each tap's first channel.
    pub taps: &'t [isize],
    /// The stride from channel to channel.
    pub stride: isize,
    /// The number of channels.
    pub channels: usize,
    /// The number of taps that follow each other without a gap.
    pub run: usize,
}

impl<'a, E: Float> Panels<'a, E> {
    /// Packs the weights for products with this many patches.
    pub fn arrange(weights: WeightMatrix<'a, '_, E>, patches: usize) -> Self {
        let WeightMatrix { data, taps, stride, channels, run } = weights;
        let in_place = || {
            let step = taps.get(1)? - taps[0];
            let even = taps.windows(2).all(|pair| pair[1] - pair[0] == step);
            let whole = channels == padded::<E>(channels) && step >= channels as isize;
            (stride == 1 && even && whole).then_some((taps[0] as usize, step as usize))
        };
        let few = patches < FEW_PATCHES;
        let (data, order) = if channels == 1 && run == padded::<E>(run) {
            let weights: Vec<_> = taps.iter().map(|place| data[*place as usize]).collect();
            (weights.into(), PanelOrder::Narrow)
        } else if let Some((start, step)) = in_place().filter(|_| few) {
            let end = start + (taps.len() - 1) * step + channels;
            (data[start..end].into(), PanelOrder::InPlace(step))
        } else {
            (processor().dispatch(Arrange(weights)).into(), PanelOrder::Panels)
        };
        Self { data, taps: taps.len(), channels, order }
    }
}

/// The number of patches from which on packing pays.
const FEW_PATCHES: usize = 8;

struct Arrange<'a, 't, E>(WeightMatrix<'a, 't, E>);

impl<E: Float> pulp::WithSimd for Arrange<'_, '_, E> {
    type Output = Vec<E>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<E> {
        let WeightMatrix { data, taps, stride, channels, .. } = self.0;
        let lanes = E::lanes::<S>();
        filled(taps.len() * channels.next_multiple_of(lanes), |arranged| {
            let mut rest = arranged;
            for panel in panels(channels, lanes, widest::<S>()) {
                let width = panel.vectors * lanes;
                let (rows, behind) = rest.split_at_mut(taps.len() * width);
                rest = behind;
                let count = width.min(channels - panel.channel);
                let fill = |(row, tap): (&mut [E], &isize)| {
                    let start = tap + panel.channel as isize * stride;
                    let (row, margin) = row.split_at_mut(count);
                    margin.fill(E::default());
                    if stride == 1 {
                        row.copy_from_slice(&data[start as usize..][..count]);
                    } else {
                        for (channel, slot) in row.iter_mut().enumerate() {
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
        })
    }
}

/// The number of elements from which on a copy in parallel pays: a smaller one ends before another
/// thread wakes up.
const PARALLEL: usize = 1 << 14;
