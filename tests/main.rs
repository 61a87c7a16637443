//! End-to-end tests: the `hearth` program, run as a user would.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod skip;
mod support;

mod accumulate;
#[cfg(feature = "wgpu")]
mod adapter;
mod compare;
mod configs;
mod damage;
#[cfg(unix)]
mod dashboard;
mod data;
mod export;
mod folders;
mod formats;
mod generate;
mod golden;
mod import;
mod inspect;
mod mistakes;
mod names;
mod places;
mod predict;
mod python;
mod report;
mod resume;
mod rows;
#[cfg(feature = "serve")]
mod serve;
mod signals;
#[cfg(unix)]
mod sweep;
mod tables;
#[cfg(target_os = "linux")]
mod torture;
mod train;
mod transfer;
