//! End-to-end tests: the `hearth` program, run as a user would.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod accumulate;
#[cfg(feature = "wgpu")]
mod adapter;
mod configs;
mod damage;
mod data;
mod export;
mod faults;
mod generate;
mod predict;
mod python;
mod resume;
#[cfg(feature = "serve")]
mod serve;
mod signals;
#[cfg(unix)]
mod sweep;
mod train;
mod transfer;
