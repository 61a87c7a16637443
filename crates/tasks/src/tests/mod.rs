//! Tests of the trainer with real tasks.

mod agreement;
mod page;
mod sizes;
mod steps;
