//! End-to-end tests: the `hearth` program, run as a user would.

mod support;

mod accumulate;
mod configs;
mod damage;
mod data;
mod faults;
mod predict;
mod python;
mod resume;
mod signals;
mod train;
