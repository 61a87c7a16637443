//! Training: runs begun, watched, stopped and resumed, sweeps of them, and weights carried over.

mod accumulate;
#[cfg(feature = "wgpu")]
mod adapter;
#[cfg(unix)]
mod dashboard;
mod golden;
mod resume;
mod signals;
#[cfg(unix)]
mod sweep;
mod train;
mod transfer;
