//! Tests of the public functions, most of them against Burn's own operations.

mod agreement;
mod attention;
mod attention_gru;
mod cases;
mod gradients;
mod promises;
mod sequences;
mod support;
mod text;
mod threads;

mod training;
mod updates;
mod values;
