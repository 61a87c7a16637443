//! Skipped tests, which lack an adapter, Python, a browser or strace.
//!
//! A skipped test prints its reason. `HEARTH_SKIPS` names a file that collects these lines, for `make test` to print at
//! its end. With `HEARTH_NO_SKIP` set, as in CI, a skip is a failure.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Prints that the test of this thread is skipped, and why.
///
/// # Panics
/// With `HEARTH_NO_SKIP` set.
pub fn skip(why: &str) {
    assert!(std::env::var_os("HEARTH_NO_SKIP").is_none(), "it may not be skipped here: {why}");
    let thread = std::thread::current();
    let line = format!("{}\t{}\n", thread.name().unwrap_or("a test"), why.trim());
    // Not `eprint!`: the test runner captures it and drops it for passing tests.
    let _ = write!(std::io::stderr(), "SKIPPED {line}");
    if let Some(file) = std::env::var_os("HEARTH_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(file);
        // One write, so that lines of parallel tests do not mix.
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("HEARTH_SKIPS is a file");
    }
}
