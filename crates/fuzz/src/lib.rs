//! Fuzz targets: hostile input for every reader of files, requests and settings.
//!
//! | target | an input is |
//! | --- | --- |
//! | [`config`] | the text of a config |
//! | [`overrides`] | overrides of the command line, one per line |
//! | [`csv`] | a table, plain or gzip |
//! | [`idx`] | an IDX file, plain or gzip |
//! | [`pairs`] | pairs of texts, and `tokenizer.json` |
//! | [`picture`] | an image file |
//! | [`checkpoint`] | the four files of a checkpoint |
//! | [`import`] | weights of another program: safetensors, or files of `torch.save` |
//! | [`http`] | content type and body of a prediction request |
//! | [`rows`] | body of a prediction request about rows of a table |
//! | [`metrics`] | `metrics.jsonl` |
//! | [`ztext`] | the files of a testament of a SWORD module |
//!
//! `make fuzz` looks for new inputs (`fuzz/`), and the tests replay known ones: `fuzz/corpus` holds an input for each
//! path through the code, `fuzz/regressions` inputs that it once failed on. [`limits`] holds the limits of memory and
//! time for each input. Nothing here needs Burn.

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
pub mod pairs;
pub mod picture;
pub mod rows;
pub mod ztext;

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

/// A fuzz target: reads an input, and panics if an invariant is violated.
pub type FuzzTarget = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, FuzzTarget); 12] = [
    ("checkpoint", checkpoint::run),
    ("config", config::run),
    ("csv", csv::run),
    ("http", http::run),
    ("idx", idx::run),
    ("import", import::run),
    ("metrics", metrics::run),
    ("overrides", overrides::run),
    ("pairs", pairs::run),
    ("picture", picture::run),
    ("rows", rows::run),
    ("ztext", ztext::run),
];

/// Factor on the time limit while coverage is counted.
const COUNTING: u32 = 5;

/// Entry point for libFuzzer. Panics that the code itself catches are ignored; any other panic or exceeded limit
/// aborts the process.
///
/// # Panics
/// If there is no such target.
#[expect(clippy::print_stderr, reason = "libFuzzer's log is there")]
pub fn fuzz(name: &str, input: &[u8]) {
    static HOOK: Once = Once::new();
    static LAST: Mutex<String> = Mutex::new(String::new());
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // libFuzzer's hook would abort at any panic.
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
