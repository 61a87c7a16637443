//! A network as other programs know it.

use hearth_model::Layer;
use hearth_store::{NamedTensor, StateDict, StoreError, Value};

use super::translator::TranslatorOutline;
use super::{parameters, tensors};

/// A network as other programs know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// Layers, each of which takes what the one before gives.
    Layers(Vec<Layer>),
    /// An encoder and a decoder of tokens.
    Translator(TranslatorOutline),
    /// Tensors of a checkpoint, and no more.
    Unlisted,
}

impl From<Option<Vec<Layer>>> for Outline {
    fn from(layers: Option<Vec<Layer>>) -> Self {
        layers.map_or(Self::Unlisted, Self::Layers)
    }
}

impl Outline {
    /// The numbers of a network as PyTorch holds them; those of an unlisted one as they are kept. A missing, extra or
    /// misshapen entry of the state is an error.
    pub fn to_pytorch(&self, state: StateDict) -> Result<Vec<NamedTensor>, StoreError> {
        match self {
            Self::Layers(layers) => tensors::to_pytorch(layers, state),
            Self::Translator(outline) => parameters::to_pytorch(&outline.parameters(), state),
            Self::Unlisted => as_kept(&state),
        }
    }

    /// The state of a network of what PyTorch holds, the reverse of [`Outline::to_pytorch`].
    pub fn from_pytorch(&self, theirs: StateDict) -> Result<StateDict, StoreError> {
        match self {
            Self::Layers(layers) => tensors::from_pytorch(layers, theirs),
            Self::Translator(outline) => parameters::from_pytorch(&outline.parameters(), theirs),
            Self::Unlisted => Ok(theirs),
        }
    }
}

/// All tensors, named and ordered as in a checkpoint.
fn as_kept(state: &StateDict) -> Result<Vec<NamedTensor>, StoreError> {
    let tensors = state.iter().filter_map(|(path, value)| match value {
        Value::Tensor(tensor) => Some((path, tensor)),
        _ => None,
    });
    let named = tensors.map(|(path, tensor)| {
        let (name, shape) = (path.to_owned(), tensor.shape().to_vec());
        Ok(NamedTensor { name, shape, values: tensor.to_vec::<f32>()? })
    });
    named.collect()
}
