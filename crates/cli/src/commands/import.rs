//! `hearth import`.

use std::sync::atomic::AtomicBool;

use hearth_train::{Backend, Event, Job, RunTarget, WeightsFile};

use super::train::TrainOutput;
use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::settings::{self, Datasets, beside_config};
use crate::terminal::{ProgressDisplay, ProgressMode};
use crate::terminal::{print, print_json};

/// Imports weights as a new run.
pub fn run(args: &ImportArgs, backend: Backend, datasets: Datasets<'_>) -> Result<(), Failure> {
    // Options first, so that settings override them.
    let options = [("mean", &args.mean), ("std", &args.std)];
    let options = options
        .into_iter()
        .filter_map(|(key, values)| values.as_ref().map(|values| format!("data.{key}={values:?}")));
    let overrides: Vec<String> = options.chain(args.overrides.iter().cloned()).collect();
    let config = settings::read(&args.config, &overrides)?;
    let datasets = &datasets.of(&config, beside_config(&args.config));
    let file = WeightsFile {
        path: args.file.clone(),
        key: args.key.clone(),
        ignore: args.ignore.clone(),
        map: args.map.clone(),
    };
    let target = RunTarget::Import(args.run.clone(), file);
    let stop = AtomicBool::new(false);
    let job = Job { config: &config, backend, datasets, target, stop: &stop, deadline: None };
    let mut progress = ProgressDisplay::new(ProgressMode::without_dashboard());
    let outcome = hearth_tasks::train(&job, &mut |event: Event<'_>| progress.show(event))?;
    let outcome = outcome.expect("an import makes a run");
    if args.json {
        return print_json(&TrainOutput::new(&outcome));
    }
    let test = outcome.test.map_or_else(String::new, |test| format!("test {}\n", test.headline));
    print(&format!("{test}{}", args.run.display()))
}
