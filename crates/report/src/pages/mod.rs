//! Whole pages.

pub mod compare;
pub mod inspect;
pub mod range;
pub mod run;
