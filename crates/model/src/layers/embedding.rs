//! Embeddings of tokens.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_kernels::{Tokens, embedding};

use crate::init::ParamInit;

/// A learned vector for each token of a vocabulary.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[vocabulary, width]`.
    pub(crate) weight: Param<Tensor<2>>,
}

impl Embedding {
    /// Vectors of `width` for a vocabulary of this size, whose numbers have this standard deviation at first.
    ///
    /// With one far below 1, what follows hardly tells tokens apart, and learns their frequencies alone for a long time.
    pub fn new(vocabulary: usize, width: usize, deviation: f64, init: &mut ParamInit<'_>) -> Self {
        Self { weight: init.table([vocabulary, width], deviation) }
    }

    /// Tokens `[batch, time]` to vectors `[batch, time, width]`.
    pub fn forward(&self, tokens: &Tokens) -> Tensor<3> {
        embedding(self.weight.val(), tokens)
    }
}
