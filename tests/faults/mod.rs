//! Faults of the machine: damaged checkpoints, kills, full disks, clocks and neighbours.

mod damage;
#[cfg(target_os = "linux")]
mod torture;
