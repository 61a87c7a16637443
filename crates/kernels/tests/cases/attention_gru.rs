//! Cases of the recurrence with attention.

use hearth_kernels::{
    AttentionGruInputs, AttentionGruParameters, Lengths, attention_gru, composed,
};
use proptest::prelude::*;

use super::recurrent::{lengths, recurrent, width};
use super::{plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

/// A gated recurrent unit with attention; the operands are those of [`OPERANDS`].
#[derive(Clone, Debug)]
pub struct AttentionGruCase {
    pub operands: Vec<Operand>,
    pub lengths: Lengths,
    pub probe: LossProbe,
}

/// The inputs and parameters.
pub const OPERANDS: [&str; 9] =
    ["projected", "initial", "memory", "keys", "query", "score", "context", "state", "bias"];

/// The shapes of the operands, for batch, targets, sources, hidden, attention and memory.
pub fn shapes(sizes: [usize; 6]) -> [Vec<usize>; 9] {
    let [batch, targets, sources, hidden, attention, memory] = sizes;
    [
        vec![batch, targets, 3 * hidden],
        vec![batch, hidden],
        vec![batch, sources, memory],
        vec![batch, sources, attention],
        vec![hidden, attention],
        vec![attention],
        vec![memory, 3 * hidden],
        vec![hidden, 3 * hidden],
        vec![3 * hidden],
    ]
}

/// Parameters as small as a network's.
fn scaled(operand: Operand) -> Operand {
    match operand.name {
        "query" | "score" | "context" | "state" => recurrent(operand),
        _ => operand,
    }
}

impl Case for AttentionGruCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let [projected, initial, memory, keys, query, score, context, state, bias] =
            self.operands.as_slice()
        else {
            panic!("nine operands");
        };
        let inputs = AttentionGruInputs {
            projected: tape.leaf(projected),
            initial: tape.leaf(initial),
            memory: tape.leaf(memory),
            keys: tape.leaf(keys),
        };
        let parameters = AttentionGruParameters {
            query: tape.leaf(query),
            score: tape.leaf(score),
            context: tape.leaf(context),
            state: tape.leaf(state),
            bias: tape.leaf(bias),
        };
        let run = match tape.implementation() {
            Implementation::Kernels => attention_gru,
            Implementation::Burn => composed::attention_gru,
        };
        let found = run(inputs, parameters, &self.lengths);
        tape.extra("weights", found.weights);
        tape.finish(found.output, &self.probe)
    }
}

impl AttentionGruCase {
    /// Batch, targets, sources, hidden, attention and memory.
    pub fn new(sizes: [usize; 6], lengths: impl Into<Lengths>) -> Self {
        let operands = OPERANDS.into_iter().zip(shapes(sizes)).zip(1..);
        let operands = operands
            .map(|((name, shape), seed)| scaled(Operand::new(name, &shape, seed)))
            .collect();
        Self { operands, lengths: lengths.into(), probe: plain_probe() }
    }
}

pub fn attention_grus() -> impl Strategy<Value = AttentionGruCase> {
    let rows = prop_oneof![3 => 1_usize..=5, 1 => 1_usize..=30];
    (rows, [1_usize..=7, 1_usize..=9], [width(), width(), width()])
        .prop_flat_map(|(batch, [targets, sources], [hidden, attention, memory])| {
            let shapes = shapes([batch, targets, sources, hidden, attention, memory]);
            let operands = OPERANDS.into_iter().zip(shapes);
            let operands: Vec<_> =
                operands.map(|(name, shape)| Operand::any(name, &shape).prop_map(scaled)).collect();
            (operands, lengths(batch, sources), probe(3))
        })
        .prop_map(|(operands, lengths, probe)| AttentionGruCase { operands, lengths, probe })
}
