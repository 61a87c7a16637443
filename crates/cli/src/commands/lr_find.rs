//! `hearth lr-find`.

use std::sync::atomic::AtomicBool;

use hearth_config::CommandLine;
use hearth_report::range;
use hearth_tasks::range_test;
use hearth_train::{Backend, Event, Job, Range, RangeTest, RunTarget};

use crate::args::{ConfigArgs, LrFindArgs};
use crate::failure::Failure;
use crate::settings::{self, Datasets, beside_config};
use crate::terminal::{print, print_json, say, write_file};

/// Finds a learning rate.
pub fn run(args: &LrFindArgs, backend: Backend, datasets: Datasets<'_>) -> Result<(), Failure> {
    let LrFindArgs { from, to, steps, .. } = *args;
    let good = 0.0 < from && from < to && to.is_finite();
    if !good || !(20..=100_000).contains(&steps) {
        return Err(Failure::usage(format!(
            "--from {from} --to {to} --steps {steps}: --from must be above 0 and below --to, and --steps 20 to \
             100000"
        )));
    }
    let config = settings::read(&args.config.config, &args.config.overrides)?;
    let datasets = &datasets.of(&config, beside_config(&args.config.config));
    let stop = AtomicBool::new(false);
    let target = RunTarget::Nowhere;
    let job = Job { config: &config, backend, datasets, target, stop: &stop, deadline: None };
    let found = range_test(&job, Range { from, to, steps }, &mut |event| {
        if let Event::Note(text) = event {
            say(&text);
        }
    })?;
    let RangeTest { losses, smoothed, suggested } = &found;
    let page = range::html(&config.run.name, losses, smoothed, *suggested);
    write_file(&args.out, page.as_bytes())?;
    if args.json {
        return print_json(&found);
    }
    let tried = losses.last().map_or(from, |(rate, _)| *rate);
    say(&format!("{} steps, from {from:.1e} to {tried:.1e}: {}", losses.len(), args.out.display()));
    if let Some([from, to]) = suggested {
        return print(&format!(
            "the loss has fallen at {from:.1e} and is lowest at {to:.1e}: try an \
             optimizer.learning_rate between the two",
        ));
    }
    let ConfigArgs { config, overrides } = &args.config;
    let train = CommandLine::new("train").path(config).args(overrides).args(["--overfit", "1"]);
    Err(Failure::Other(format!(
        "the loss hardly falls: try other ends, as --from 1e-6 --to 100, or `{train}`"
    )))
}
