//! What strangers may send, thrown at the code that reads it.
//!
//! | target | an input is |
//! | --- | --- |
//! | [`config`] | the text of a config |
//! | [`overrides`] | settings of the command line, one a line |
//! | [`csv`] | a table, plain or gzip |
//! | [`idx`] | an IDX file, plain or gzip |
//! | [`picture`] | a file in a folder of pictures |
//! | [`checkpoint`] | the four files of a checkpoint |
//! | [`import`] | weights of another program: safetensors, or what `torch.save` writes |
//! | [`http`] | the kind and the body of a request for a prediction |
//! | [`rows`] | the body of a request about rows of a table |
//! | [`metrics`] | `metrics.jsonl` |
//!
//! `make fuzz` looks for new inputs (`fuzz/`), and the tests throw again what was found: `fuzz/corpus` holds an
//! input for each way through the code, `fuzz/regressions` those that it once failed on. What holds for each
//! of them is in [`limits`]. Nothing here needs Burn.

#![forbid(unsafe_code)]

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};

pub mod checkpoint;
pub mod config;
pub mod csv;
pub mod http;
pub mod idx;
pub mod import;
pub mod limits;
pub mod metrics;
pub mod overrides;
pub mod picture;
pub mod rows;

/// The server's own code that reads a request: it is a part of the program, which is no library.
#[expect(dead_code, reason = "these files make some of the errors")]
#[path = "../../cli/src/serve"]
mod serve {
    pub mod body;
    pub mod error;
}

/// How the program shows a fault.
#[path = "../../cli/src/terminal/show.rs"]
mod show;

/// Reads an input, and panics where what should hold does not.
pub type Target = fn(&[u8]);

/// Each target by its name.
pub const TARGETS: [(&str, Target); 10] = [
    ("checkpoint", checkpoint::run),
    ("config", config::run),
    ("csv", csv::run),
    ("http", http::run),
    ("idx", idx::run),
    ("import", import::run),
    ("metrics", metrics::run),
    ("overrides", overrides::run),
    ("picture", picture::run),
    ("rows", rows::run),
];

/// How many times as long an input may take while coverage is counted.
const COUNTING: u32 = 5;

/// What libFuzzer calls: a panic that the code itself catches is none, any other ends the process.
///
/// # Panics
/// When there is no such target.
#[expect(clippy::print_stderr, reason = "libFuzzer's log is there")]
pub fn fuzz(name: &str, input: &[u8]) {
    static HOOK: Once = Once::new();
    static LAST: Mutex<String> = Mutex::new(String::new());
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // That of libFuzzer ends the process at any panic.
    HOOK.call_once(|| panic::set_hook(Box::new(move |panic| *last() = panic.to_string())));
    let target = TARGETS.iter().find(|(known, _)| *known == name).expect("one of them");
    let thrown = catch_unwind(AssertUnwindSafe(|| limits::measure(input, target.1)));
    let fault = match thrown {
        Ok(taken) => taken.check(input, COUNTING).err(),
        Err(_) => Some(last().clone()),
    };
    if let Some(fault) = fault {
        eprintln!("{name}: {fault}");
        std::process::abort();
    }
}
