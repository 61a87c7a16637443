//! Cases of the functions of text models.

use burn::tensor::{Bool, Int, Tensor, TensorData, activation, module};
use hearth_kernels::{Tokens, cross_entropy, embedding, layer_norm};
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

#[derive(Clone, Debug)]
pub struct CrossEntropyCase {
    pub logits: Operand,
    pub targets: Tokens,
    pub ignored: Option<u32>,
    pub smoothing: f64,
    pub probe: LossProbe,
}

impl Case for CrossEntropyCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let logits = tape.leaf(&self.logits);
        let output = match tape.implementation() {
            Implementation::Kernels => {
                cross_entropy(logits, &self.targets, self.ignored, self.smoothing)
            }
            Implementation::Burn => self.by_burn(logits),
        };
        tape.finish(output, &self.probe)
    }
}

impl CrossEntropyCase {
    /// Contiguous logits `[rows, vocabulary]` and random targets; 0 is ignored.
    pub fn new(rows: usize, vocabulary: usize) -> Self {
        Self {
            logits: Operand::new("logits", &[rows, vocabulary], 1).around(0.0, 3.0),
            targets: tokens([rows, 1], vocabulary, 2),
            ignored: Some(0),
            smoothing: 0.1,
            probe: plain_probe(),
        }
    }

    /// The definition: the scalar product of the target distribution and the negative log-probabilities.
    fn by_burn(&self, logits: Tensor<2>) -> Tensor<1> {
        let [rows, vocabulary] = logits.dims();
        let (device, dtype) = (logits.device(), logits.dtype());
        let classes = (0..vocabulary as u32).collect::<Vec<_>>();
        let classes = integers(&Tokens::new(classes, [1, vocabulary]), [1, vocabulary], &logits);
        let targets = integers(&self.targets, [rows, 1], &logits);
        let is_target: Tensor<2, Bool> =
            targets.expand([rows, vocabulary]).equal(classes.expand([rows, vocabulary]));
        let uniform = self.smoothing / vocabulary as f64;
        let distribution = Tensor::<2>::full([rows, vocabulary], uniform, (&device, dtype))
            .mask_fill(is_target, 1.0 - self.smoothing + uniform);
        let counted = self.targets.ids().iter().map(|id| f64::from(Some(*id) != self.ignored));
        let counted = TensorData::new(counted.collect::<Vec<_>>(), [rows, 1]);
        let counted = Tensor::<2>::from_data(counted, (&device, dtype));
        -(activation::log_softmax(logits, 1) * distribution * counted).sum()
    }
}

#[derive(Clone, Debug)]
pub struct LayerNormCase {
    pub x: Operand,
    pub gain: Operand,
    pub bias: Operand,
    pub epsilon: f64,
    pub probe: LossProbe,
}

impl Case for LayerNormCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let x: Tensor<3> = tape.leaf(&self.x);
        let (gain, bias) = (tape.leaf(&self.gain), tape.leaf(&self.bias));
        let output = match tape.implementation() {
            Implementation::Kernels => layer_norm(x, gain, bias, self.epsilon),
            Implementation::Burn => {
                let dims = x.dims();
                let off = x.clone() - x.mean_dim(2).expand(dims);
                let variance = (off.clone() * off.clone()).mean_dim(2) + self.epsilon;
                let affine = |parameter: Tensor<1>| parameter.reshape([1, 1, dims[2]]).expand(dims);
                off / variance.sqrt().expand(dims) * affine(gain) + affine(bias)
            }
        };
        tape.finish(output, &self.probe)
    }
}

impl LayerNormCase {
    /// A contiguous input of these sizes.
    pub fn new(dims: [usize; 3]) -> Self {
        Self {
            x: Operand::new("x", &dims, 1),
            gain: Operand::new("gain", &dims[2..], 2),
            bias: Operand::new("bias", &dims[2..], 3),
            epsilon: 1e-5,
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

pub fn cross_entropies() -> impl Strategy<Value = CrossEntropyCase> {
    let ignored = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    let smoothing = prop_oneof![Just(0.0), 0.0..0.9, Just(1.0)];
    let vocabulary = prop_oneof![3_usize..=40, 3_usize..=3000];
    (1_usize..=30, vocabulary, ignored, smoothing, -100.0..100.0)
        .prop_flat_map(|(rows, vocabulary, ignored, smoothing, centre)| {
            let logits = Operand::any("logits", &[rows, vocabulary]);
            (Just((ignored, smoothing, centre)), logits, any::<u64>(), probe(1))
        })
        .prop_map(|((ignored, smoothing, centre), logits, seed, probe)| {
            let (rows, vocabulary) = (logits.shape[0], logits.shape[1]);
            let targets = tokens([rows, 1], vocabulary, seed);
            CrossEntropyCase {
                logits: logits.around(centre, 1.0),
                targets,
                ignored,
                smoothing,
                probe,
            }
        })
}

/// Rows are so wide that their variance is not small: the gradients would suffer from cancellation.
pub fn layer_norms() -> impl Strategy<Value = LayerNormCase> {
    let width = prop_oneof![24_usize..=80, 24_usize..=1500];
    (1_usize..=9, 1_usize..=20, width, -3.0..3.0)
        .prop_flat_map(|(batch, time, width, centre)| {
            (
                Operand::any("x", &[batch, time, width]).prop_map(move |x| x.around(centre, 1.0)),
                Operand::any("gain", &[width]),
                Operand::any("bias", &[width]),
                prop_oneof![Just(1e-5), Just(1e-6), Just(0.1)],
                probe(3),
            )
        })
        .prop_map(|(x, gain, bias, epsilon, probe)| LayerNormCase { x, gain, bias, epsilon, probe })
}
