//! Cuts `fashion-mnist-mini` from `fashion-mnist` and prints its checksums.
//!
//! ```sh
//! cargo run --package hearth-data --example cut_mini -- datasets
//! ```
//! The argument is the datasets folder. Each line is a file's name and its
//! SHA-256, decompressed, as `crates/data/src/catalog/entries.rs` must have it.

use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("datasets"), PathBuf::from);
    let mut notice = |text: &str| {
        // A closed standard error is no reason to stop.
        let _ = writeln!(stderr(), "{text}");
    };
    for (name, sum) in hearth_data::mini::cut(&root, &mut notice)? {
        writeln!(stdout(), "{name} {sum}")?;
    }
    Ok(())
}
