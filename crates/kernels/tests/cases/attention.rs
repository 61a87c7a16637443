//! Cases of attention.

use hearth_kernels::{AttentionMask, Lengths, attention, composed};
use proptest::prelude::*;

use super::recurrent::{lengths, width};
use super::{plain_probe, probe};
use crate::support::{Case, Implementation, LossProbe, Operand, RunResult, Tape};

/// Scaled dot-product attention.
#[derive(Clone, Debug)]
pub struct AttentionCase {
    pub queries: Operand,
    pub keys: Operand,
    pub values: Operand,
    pub mask: AttentionMask,
    pub scale: f64,
    pub probe: LossProbe,
}

impl Case for AttentionCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let (queries, keys) = (tape.leaf(&self.queries), tape.leaf(&self.keys));
        let values = tape.leaf(&self.values);
        let run = match tape.implementation() {
            Implementation::Kernels => attention,
            Implementation::Burn => composed::attention,
        };
        let output = run(queries, keys, values, &self.mask, self.scale);
        tape.finish(output, &self.probe)
    }
}

impl AttentionCase {
    /// Batch, heads, targets, sources, width, and the width of the values.
    pub fn new(
        [batch, heads, targets, sources, width, value_width]: [usize; 6],
        lengths: impl Into<Lengths>,
        causal: bool,
    ) -> Self {
        Self {
            queries: Operand::new("queries", &[batch, heads, targets, width], 1),
            keys: Operand::new("keys", &[batch, heads, sources, width], 2),
            values: Operand::new("values", &[batch, heads, sources, value_width], 3),
            mask: AttentionMask { lengths: lengths.into(), causal },
            scale: (width as f64).sqrt().recip(),
            probe: plain_probe(),
        }
    }
}

/// A number of steps: a few, or more than a block of targets.
fn steps() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1_usize..=12, 1 => 1_usize..=150]
}

pub fn attentions() -> impl Strategy<Value = AttentionCase> {
    (1_usize..=4, 1_usize..=4, [steps(), steps()], [width(), width()])
        .prop_flat_map(|(batch, heads, [targets, sources], [width, value_width])| {
            (
                Operand::any("queries", &[batch, heads, targets, width]),
                Operand::any("keys", &[batch, heads, sources, width]),
                Operand::any("values", &[batch, heads, sources, value_width]),
                (lengths(batch, sources), any::<bool>())
                    .prop_map(|(lengths, causal)| AttentionMask { lengths, causal }),
                (0.3..1.5).prop_map(move |scale: f64| scale / (width as f64).sqrt()),
                probe(4),
            )
        })
        .prop_map(|(queries, keys, values, mask, scale, probe)| AttentionCase {
            queries,
            keys,
            values,
            mask,
            scale,
            probe,
        })
}
