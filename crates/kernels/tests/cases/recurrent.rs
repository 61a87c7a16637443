//! Cases of recurrent layers.

use hearth_kernels::{Direction, Lengths, composed, gru};
use proptest::prelude::*;

use super::{plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

/// A gated recurrent unit over a padded batch.
#[derive(Clone, Debug)]
pub struct GruCase {
    pub projected: Operand,
    pub initial: Operand,
    pub weights: Operand,
    pub bias: Operand,
    pub lengths: Lengths,
    pub direction: Direction,
    pub probe: LossProbe,
}

impl Case for GruCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (projected, initial) = (tape.leaf(&self.projected), tape.leaf(&self.initial));
        let (weights, bias) = (tape.leaf(&self.weights), tape.leaf(&self.bias));
        let run = match tape.implementation() {
            Implementation::Kernels => gru,
            Implementation::Burn => composed::gru,
        };
        let states = run(projected, initial, weights, bias, &self.lengths, self.direction);
        tape.finish(states, &self.probe)
    }
}

impl GruCase {
    /// Inputs of this batch, time and state.
    pub fn new([batch, time, hidden]: [usize; 3], lengths: Vec<u32>, direction: Direction) -> Self {
        Self {
            projected: Operand::new("projected", &[batch, time, 3 * hidden], 1),
            initial: Operand::new("initial", &[batch, hidden], 2),
            weights: recurrent(Operand::new("weights", &[hidden, 3 * hidden], 3)),
            bias: Operand::new("bias", &[3 * hidden], 4),
            lengths: lengths.into(),
            direction,
            probe: plain_probe(),
        }
    }
}

/// Weights as small as a network's: larger ones make the recurrence chaotic, and rounding errors grow with
/// each step.
pub(super) fn recurrent(weights: Operand) -> Operand {
    let spread = 1.0 / (weights.shape[0] as f64).sqrt();
    weights.around(0.0, spread)
}

/// A length for each row, at most `time`: all rows full, or any.
pub(super) fn lengths(batch: usize, time: usize) -> impl Strategy<Value = Lengths> {
    let any = proptest::collection::vec(0..=time as u32, batch).prop_map(Lengths::from);
    prop_oneof![1 => Just(Lengths::full(batch, time)), 3 => any]
}

pub(super) fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Forward), Just(Direction::Backward)]
}

/// A number of elements: a few, or many.
pub(super) fn width() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..=9, 1_usize..=70]
}

pub fn grus() -> impl Strategy<Value = GruCase> {
    (prop_oneof![1_usize..=5, 1_usize..=40], 1_usize..=9, width())
        .prop_flat_map(|(batch, time, hidden)| {
            (
                Operand::any("projected", &[batch, time, 3 * hidden]),
                Operand::any("initial", &[batch, hidden]),
                Operand::any("weights", &[hidden, 3 * hidden]).prop_map(recurrent),
                Operand::any("bias", &[3 * hidden]),
                lengths(batch, time),
                direction(),
                probe(3),
            )
        })
        .prop_map(|(projected, initial, weights, bias, lengths, direction, probe)| GruCase {
            projected,
            initial,
            weights,
            bias,
            lengths,
            direction,
            probe,
        })
}
