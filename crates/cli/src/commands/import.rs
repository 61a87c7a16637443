//! `hearth import`.

use std::sync::atomic::AtomicBool;

use hearth_train::{Backend, Event, Job, Target};

use super::train::Short;
use crate::args::Import;
use crate::failure::Failure;
use crate::output::{print, print_json, results};
use crate::progress::{Progress, View};
use crate::settings::{self, Datasets, beside_config};

/// Imports.
pub fn run(args: &Import, backend: Backend, datasets: Datasets<'_>) -> Result<(), Failure> {
    let config = settings::read(&args.config, &args.overrides)?;
    let datasets = &datasets.of(&config, beside_config(&args.config));
    let target = Target::Import(args.run.clone(), args.file.clone());
    let stop = AtomicBool::new(false);
    let job = Job { config: &config, backend, datasets, target, stop: &stop, deadline: None };
    let mut progress = Progress::new(View::without_dashboard());
    let outcome = hearth_train::train(&job, &mut |event: Event<'_>| progress.show(event))?;
    let outcome = outcome.expect("an import makes a run");
    if args.json {
        return print_json(&Short::new(&outcome));
    }
    let test = outcome.test.map_or_else(String::new, |test| format!("test {}\n", results(&test)));
    print(&format!("{test}{}", args.run.display()))
}
