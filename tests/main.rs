//! End-to-end tests: the `hearth` program, run as a user would. A folder for each act of a user.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod skip;
mod support;

mod data;
mod exchange;
mod faults;
mod results;
mod training;
mod usage;
