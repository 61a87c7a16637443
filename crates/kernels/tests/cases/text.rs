//! Cases of the functions of text models.

use burn::tensor::{Int, Tensor, TensorData, module};
use hearth_kernels::{Tokens, embedding};
use proptest::prelude::*;

use super::{plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape, uniform};

/// Random ids below the vocabulary, a third of which are 0.
pub fn tokens(dims: [usize; 2], vocabulary: usize, seed: u64) -> Tokens {
    let ids = uniform(seed, dims.iter().product()).into_iter();
    let ids = ids.map(|u| (u.max(-1.0 / 3.0) + 1.0 / 3.0) * 0.75 * vocabulary as f64);
    Tokens::new(ids.map(|id| (id as u32).min(vocabulary as u32 - 1)).collect::<Vec<_>>(), dims)
}

/// The ids as a tensor of Burn, on the device of `like`.
fn integers<const D: usize>(ids: &Tokens, dims: [usize; 2], like: &Tensor<D>) -> Tensor<2, Int> {
    let ids: Vec<i64> = ids.ids().iter().map(|id| i64::from(*id)).collect();
    Tensor::from_data(TensorData::new(ids, dims), &like.device())
}

#[derive(Clone, Debug)]
pub struct EmbeddingCase {
    pub weights: Operand,
    pub tokens: Tokens,
    pub probe: LossProbe,
}

impl Case for EmbeddingCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let weights = tape.leaf(&self.weights);
        let output = match tape.implementation() {
            Implementation::Kernels => embedding(weights, &self.tokens),
            Implementation::Burn => {
                let ids = integers(&self.tokens, self.tokens.dims(), &weights);
                module::embedding(weights, ids)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl EmbeddingCase {
    /// A contiguous table `[vocabulary, width]` and random tokens.
    pub fn new([vocabulary, width]: [usize; 2], dims: [usize; 2]) -> Self {
        Self {
            weights: Operand::new("weights", &[vocabulary, width], 1),
            tokens: tokens(dims, vocabulary, 2),
            probe: plain_probe(),
        }
    }
}

pub fn embeddings() -> impl Strategy<Value = EmbeddingCase> {
    let width = prop_oneof![1_usize..=9, 1_usize..=150];
    ([1_usize..=9, 1..=20], 1_usize..=300, width).prop_flat_map(|(dims, vocabulary, width)| {
        (Operand::any("weights", &[vocabulary, width]), any::<u64>(), probe(3)).prop_map(
            move |(weights, seed, probe)| EmbeddingCase {
                weights,
                tokens: tokens(dims, vocabulary, seed),
                probe,
            },
        )
    })
}
