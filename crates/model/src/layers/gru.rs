//! Gated recurrent units.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_kernels::{Direction, Lengths, gru};

use super::{linear, run_sequence};
use crate::init::{Fan, ParamInit};

/// A layer of gated recurrent units (Cho et al. 2014), in the form of PyTorch: with an input `x` and a state `h`,
/// `r = s(W_r x + U_r h)`, `z = s(W_z x + U_z h)`, `n = tanh(W_n x + r (U_n h))` and the next state
/// `(1 - z) n + z h`, each product with a bias.
#[derive(Module, Debug)]
pub struct Gru {
    /// Weights `[inputs, 3 hidden]` and bias of the inputs, in the order r, z, n.
    pub(crate) input: Linear,
    /// The weights and bias of the state.
    pub(crate) recurrence: Recurrence,
}

/// The part of gated recurrent units that the state takes.
#[derive(Module, Debug)]
pub struct Recurrence {
    /// `[hidden, 3 hidden]`, in the order r, z, n.
    pub(crate) weight: Param<Tensor<2>>,
    /// `[3 hidden]`.
    pub(crate) bias: Param<Tensor<1>>,
}

impl Recurrence {
    /// The recurrence of `hidden` units.
    pub fn new(hidden: usize, init: &mut ParamInit<'_>) -> Self {
        // Each gate is a product of its own.
        let fan = Fan { inputs: hidden, outputs: hidden };
        Self { weight: init.weight([hidden, 3 * hidden], fan), bias: init.zeros(3 * hidden) }
    }
}

impl Gru {
    /// A layer of `hidden` units on inputs of a width.
    pub fn new(inputs: usize, hidden: usize, init: &mut ParamInit<'_>) -> Self {
        let input = linear(inputs, 3 * hidden, init);
        Self { input, recurrence: Recurrence::new(hidden, init) }
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.recurrence.weight.dims()[0]
    }

    /// Inputs `[batch, time, inputs]` and an initial state `[batch, hidden]` to the states `[batch, time, hidden]`.
    /// The state at a step of padding is that of the last step before it in this direction.
    pub fn forward(
        &self,
        inputs: Tensor<3>,
        initial: Tensor<2>,
        lengths: &Lengths,
        direction: Direction,
    ) -> Tensor<3> {
        self.recur(run_sequence(&self.input, inputs), initial, lengths, direction)
    }

    /// [`Gru::forward`] on inputs that are multiplied by the weights already, `[batch, time, 3 hidden]`.
    pub(crate) fn recur(
        &self,
        projected: Tensor<3>,
        initial: Tensor<2>,
        lengths: &Lengths,
        direction: Direction,
    ) -> Tensor<3> {
        let Recurrence { weight, bias } = &self.recurrence;
        gru(projected, initial, weight.val(), bias.val(), lengths, direction)
    }
}
