//! What the functions of this crate compute, and how it compares with Burn's own operations.

mod agreement;
mod cases;
mod gradients;
mod promises;
mod support;
mod threads;
mod training;
mod updates;
mod values;
