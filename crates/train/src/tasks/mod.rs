//! What a step is: one file for each way of learning.

pub mod adversarial;
mod classify;

pub use adversarial::Adversarial;
pub use classify::{Classify, evaluate};
