//! What a step is: one file for each way of learning.

mod classify;

pub use classify::{Classify, evaluate};
