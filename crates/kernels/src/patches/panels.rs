//! Weights in the order in which the tiles read them.

use std::borrow::Cow;

use pulp::Simd;
use rayon::prelude::*;

use super::{Panel, padded, panels, processor, widest};
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
    fn with_simd<S: Simd>(self, simd: S) -> Vec<E> {
        let weights = self.0;
        let (taps, channels) = (weights.taps.len(), weights.channels);
        let (lanes, widest) = (E::lanes::<S>(), widest::<S>());
        // Vectorised once more, because another thread's code is compiled apart.
        let fill = |(panel, rows): (Panel, &mut [E])| {
            simd.vectorize(
                #[inline(always)]
                || weights.fill(panel, lanes, rows),
            );
        };
        filled(taps * channels.next_multiple_of(lanes), |arranged| {
            // Only the last panel can be narrower.
            let size = (taps * widest * lanes).max(1);
            if arranged.len() < PARALLEL {
                panels(channels, lanes, widest).zip(arranged.chunks_mut(size)).for_each(fill);
            } else {
                let panels: Vec<_> = panels(channels, lanes, widest).collect();
                let rows = arranged.par_chunks_mut(size);
                panels.into_par_iter().zip(rows).with_min_len(PARALLEL / size).for_each(fill);
            }
        })
    }
}

/// The number of elements from which on a copy in parallel pays: a smaller one ends before another
/// thread wakes up.
const PARALLEL: usize = 1 << 14;

/// The side of the blocks in which transposed weights are copied.
const BLOCK: usize = 8;

impl<E: Float> WeightMatrix<'_, '_, E> {
    /// Writes the rows of one panel, one for each tap.
    #[inline(always)]
    fn fill(&self, panel: Panel, lanes: usize, rows: &mut [E]) {
        let width = panel.vectors * lanes;
        let count = width.min(self.channels - panel.channel);
        let first = panel.channel as isize * self.stride;
        let in_blocks =
            if self.stride == 1 { 0 } else { self.fill_blocks(first, width, count, rows) };
        let rest = rows[in_blocks * width..].chunks_exact_mut(width);
        for (row, tap) in rest.zip(&self.taps[in_blocks..]) {
            let (row, margin) = row.split_at_mut(count);
            margin.fill(E::default());
            self.fill_row(tap + first, row);
        }
    }

    /// Writes one tap's weights of neighbouring channels, whose first one is at `start`.
    #[inline(always)]
    fn fill_row(&self, start: isize, row: &mut [E]) {
        if self.stride == 1 {
            row.copy_from_slice(&self.data[start as usize..][..row.len()]);
        } else {
            for (channel, slot) in row.iter_mut().enumerate() {
                *slot = self.data[(start + channel as isize * self.stride) as usize];
            }
        }
    }

    /// Writes the rows of taps that follow each other in memory, block by block. Returns the number of rows written.
    #[inline(always)]
    fn fill_blocks(&self, first: isize, width: usize, count: usize, rows: &mut [E]) -> usize {
        let blocks = self.taps.chunks_exact(BLOCK).zip(rows.chunks_exact_mut(BLOCK * width));
        let mut written = 0;
        for (taps, rows) in blocks {
            if taps.windows(2).any(|pair| pair[1] - pair[0] != 1) {
                break;
            }
            let start = taps[0] + first;
            for channel in (0..count / BLOCK * BLOCK).step_by(BLOCK) {
                let block: [[E; BLOCK]; BLOCK] = std::array::from_fn(|at| {
                    let place = start + (channel + at) as isize * self.stride;
                    let run = &self.data[place as usize..][..BLOCK];
                    run.try_into().expect("a block's taps")
                });
                for (tap, row) in rows.chunks_exact_mut(width).enumerate() {
                    let row = &mut row[channel..][..BLOCK];
                    for (slot, run) in row.iter_mut().zip(&block) {
                        *slot = run[tap];
                    }
                }
            }
            let behind = count / BLOCK * BLOCK;
            for (tap, row) in rows.chunks_exact_mut(width).enumerate() {
                let place = start + tap as isize + behind as isize * self.stride;
                self.fill_row(place, &mut row[behind..count]);
                row[count..].fill(E::default());
            }
            written += BLOCK;
        }
        written
    }
}
