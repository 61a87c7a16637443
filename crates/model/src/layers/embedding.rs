//! Embeddings of tokens.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_kernels::{Tokens, embedding};

use crate::init::{Fan, ParamInit};

/// A learned vector for each token of a vocabulary.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[vocabulary, width]`.
    pub(crate) weight: Param<Tensor<2>>,
}

impl Embedding {
    /// Vectors of `width` for a vocabulary of this size.
    pub fn new(vocabulary: usize, width: usize, init: &mut ParamInit<'_>) -> Self {
        // Each output is one number of the table.
        let weight = init.weight([vocabulary, width], Fan { inputs: 1, outputs: width });
        Self { weight }
    }

    /// Tokens `[batch, time]` to vectors `[batch, time, width]`.
    pub fn forward(&self, tokens: &Tokens) -> Tensor<3> {
        embedding(self.weight.val(), tokens)
    }
}
