//! `hearth export`.

use std::path::Path;

use hearth_export::Export;
use hearth_tasks::export;
use hearth_train::Backend;
use serde::Serialize;

use crate::args::ExportArgs;
use crate::failure::Failure;
use crate::terminal::stop;
use crate::terminal::{print, print_json, say};

#[derive(Serialize)]
struct ExportOutput {
    file: String,
    step: u64,
    difference: f64,
    samples: usize,
}

/// Exports a network.
pub fn run(args: &ExportArgs, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let trained = &args.trained;
    stop::on_signals()?;
    let job = Export {
        run: &trained.run,
        which: trained.checkpoint,
        part: args.network,
        format: args.format,
        half: args.half,
        out: &args.out,
        backend,
        datasets,
        stop: stop::flag(),
    };
    let done = export(&job, &mut |text| say(text))?;
    let file = done.file.display().to_string();
    if trained.json {
        let (step, difference, samples) = (done.step, done.difference, done.samples);
        return print_json(&ExportOutput { file, step, difference, samples });
    }
    say(&format!("checkpoint of step {}", done.step));
    print(&format!(
        "{file}\nread back, it differs from the trained network by {:.1e} at most, on {} samples",
        done.difference, done.samples
    ))
}
