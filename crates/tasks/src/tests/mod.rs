//! Tests of the trainer with real tasks.

mod agreement;
mod agreement_of_translators;
mod page;
mod sizes;
mod steps;
