//! The functions of this crate as test cases, and the strategies that draw their sizes.

mod attention;
mod attention_gru;
mod convolution;
mod fused;
mod norm;
mod pool;
mod recurrent;
mod text;

use std::ops::RangeInclusive;

use hearth_kernels::FusedActivation;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::support::{LossProbe, MemoryLayout};

pub use attention::{AttentionCase, attentions};
pub use attention_gru::{AttentionGruCase, OPERANDS, attention_grus, shapes};
pub use convolution::{ConvCase, ConvTransposeCase, LinearCase};
pub use convolution::{convolutions, linears, transposed_convolutions};
pub use fused::{ConvNormCase, conv_norms};
pub use norm::{NormCase, norms, norms_by_moments};
pub use pool::{AvgPoolCase, MaxPoolCase, avg_pools, max_pools};
pub use recurrent::{GruCase, grus};
pub use text::{CrossEntropyCase, EmbeddingCase, LayerNormCase};
pub use text::{cross_entropies, embeddings, layer_norms};

/// A probe of a contiguous output.
fn plain_probe() -> LossProbe {
    LossProbe { layout: MemoryLayout::Plain, seed: 4 }
}

fn probe(rank: usize) -> BoxedStrategy<LossProbe> {
    let axes: Vec<usize> = (0..rank).collect();
    let layout = prop_oneof![
        2 => Just(MemoryLayout::Plain),
        1 => Just(axes.clone()).prop_shuffle().prop_map(MemoryLayout::Permuted),
        1 => subsequence(axes, 1..=rank).prop_map(MemoryLayout::Flipped),
    ];
    (layout, any::<u64>()).prop_map(|(layout, seed)| LossProbe { layout, seed }).boxed()
}

fn activation() -> impl Strategy<Value = FusedActivation> {
    prop_oneof![
        Just(FusedActivation::None),
        Just(FusedActivation::Relu),
        (0.01..0.9).prop_map(FusedActivation::LeakyRelu)
    ]
}

/// A number of channels: a few, or many.
fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..=9, 1_usize..=70]
}

fn images(sides: RangeInclusive<usize>) -> impl Strategy<Value = [usize; 4]> {
    (1_usize..=9, channels(), sides.clone(), sides)
        .prop_map(|(batch, channels, height, width)| [batch, channels, height, width])
}

fn pair(sizes: RangeInclusive<usize>) -> impl Strategy<Value = [usize; 2]> {
    prop_oneof![sizes.clone().prop_map(|size| [size; 2]), [sizes.clone(), sizes]]
}

/// Padding above and below, left and right.
fn paddings(most: usize) -> impl Strategy<Value = [(usize, usize); 2]> {
    prop_oneof![
        3 => pair(0..=most).prop_map(|sizes| sizes.map(|size| (size, size))),
        1 => [(0..=most, 0..=most), (0..=most, 0..=most)],
    ]
}
