//! `hearth doctor`.

use std::time::Instant;

use hearth_train::Backend;

use crate::failure::Failure;
use crate::output::{print, table};

/// Trains two steps on each backend.
pub fn run() -> Result<(), Failure> {
    let threads = hearth_train::backend::set_threads(None);
    print(&format!("hearth {} with {threads} threads\n", env!("CARGO_PKG_VERSION")))?;
    let results: Vec<_> = Backend::COMPILED
        .iter()
        .map(|backend| {
            let begun = Instant::now();
            // A backend that breaks must not keep the others from being tried.
            let result = std::panic::catch_unwind(|| hearth_train::doctor::two_steps(*backend));
            let verdict = match result {
                Ok(Ok(losses)) => format!("works: loss {:.4} -> {:.4}", losses[0], losses[1]),
                Ok(Err(error)) => format!("fails: {error}"),
                Err(_) => "fails: it panicked".to_owned(),
            };
            (backend, verdict, begun.elapsed())
        })
        .collect();
    let rows = results.iter().map(|(backend, verdict, time)| {
        vec![backend.to_string(), format!("{:.0} ms", time.as_secs_f64() * 1e3), verdict.clone()]
    });
    print(&table(&["backend", "time", "two steps"], rows))?;
    if results.iter().all(|(_, verdict, _)| verdict.starts_with("works")) {
        Ok(())
    } else {
        Err(Failure::Other("not every backend works".into()))
    }
}
