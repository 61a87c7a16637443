//! The engine with real tasks.

mod agreement;
mod page;
mod sizes;
mod steps;
