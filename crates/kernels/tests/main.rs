//! Tests of the public functions, most of them against Burn's own operations.

mod agreement;
mod attention;
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
