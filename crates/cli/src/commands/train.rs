//! `hearth train`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hearth_config::{CommandLine, Config, Metric, Origin, quoted};
use hearth_store::{RunDir, StoreError};
use hearth_train::{Backend, Event, Job, Outcome, Report, RunTarget, StopReason};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::settings::{self, Datasets, beside_config, beside_run};
use crate::terminal::stop;
use crate::terminal::{ProgressDisplay, ProgressMode};
use crate::terminal::{print, print_json, say, several, thousands};

/// Minimum accuracy that counts as memorised batches, with --overfit.
const MEMORIZED: f64 = 0.99;

/// Trains, or resumes a run.
pub fn run(args: &TrainArgs, backend: Backend, datasets: Datasets<'_>) -> Result<(), Failure> {
    let config = settings(args)?;
    let target = match &args.run {
        _ if args.dry_run => RunTarget::Nowhere,
        Some(path) if args.resume => RunTarget::Resume(path.clone()),
        Some(path) => RunTarget::Fresh(path.clone()),
        None => RunTarget::Numbered(PathBuf::from("runs")),
    };
    let beside = [
        args.run.as_deref().filter(|_| args.resume).and_then(beside_run),
        args.config.as_deref().and_then(beside_config),
    ];
    let datasets = &datasets.of(&config, beside.into_iter().flatten());
    let mut progress = ProgressDisplay::new(ProgressMode::of(args)?);
    stop::on_signals()?;
    let deadline = args.time.map(|time| Instant::now() + time);
    let job = Job { config: &config, backend, datasets, target, stop: stop::flag(), deadline };
    let outcome = hearth_tasks::train(&job, &mut |event: Event<'_>| progress.show(event));
    // Restores the terminal before anything else is printed.
    drop(progress);
    match outcome? {
        None => {
            say("nothing was trained: --dry-run");
            Ok(())
        }
        Some(outcome) => {
            finish(&outcome, args.json, &config)?;
            let Origin::Data(data) = &config.origin else { return Ok(()) };
            let overfits = data.batches.overfit_batches;
            overfits.map_or(Ok(()), |count| check_overfit(count, &outcome))
        }
    }
}

/// The config of the file and the command line, or of the stored run with --resume.
fn settings(args: &TrainArgs) -> Result<Config, Failure> {
    let mut overrides = args.overrides.clone();
    let stored = match &args.run {
        Some(run) if args.resume => match RunDir::open(run) {
            Err(StoreError::NotARun { .. }) => None,
            opened => Some(opened?),
        },
        _ => None,
    };
    let config = match &args.config {
        // With --resume the config may be left out, and the first word is an override then.
        Some(word) if stored.is_some() && is_override(word) => {
            overrides.insert(0, word.to_string_lossy().into_owned());
            None
        }
        config => config.as_deref(),
    };
    let overrides = shorthands(args, &overrides);
    match (config, stored) {
        (config, Some(run)) => settings::of_run(&run, config, &overrides),
        (Some(config), None) => settings::read(config, &overrides),
        (None, None) => {
            let run = args.run.as_deref().unwrap_or(Path::new("runs")).display();
            Err(Failure::usage(format!(
                "there is no run {run} to resume; `hearth runs` lists those in runs/, and a config starts \
                 a new one"
            )))
        }
    }
}

/// The overrides, after those of --limit-train and --overfit so that they take precedence.
fn shorthands(args: &TrainArgs, overrides: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(args.limit.map(|share| format!("data.limit_train={share:?}")));
    if let Some(batches) = args.overfit {
        all.push(format!("data.overfit_batches={batches}"));
        if !overrides.iter().any(|typed| typed.starts_with("train.length")) {
            all.push("train.epochs=200".to_owned());
        }
        // An epoch is a few steps.
        let cadences = ["evaluate_every", "checkpoint_every"];
        all.extend(cadences.map(|key| format!("train.{key}=\"20 epochs\"")));
    }
    all.extend_from_slice(overrides);
    all
}

/// Checks that the network has memorised the few batches of --overfit, which every sound one can.
fn check_overfit(batches: usize, outcome: &Outcome) -> Result<(), Failure> {
    let batches = if batches == 1 { "one batch".to_owned() } else { format!("{batches} batches") };
    let valid = outcome.valid.as_ref().and_then(|report| report.score(Metric::Accuracy.name()));
    let Some(accuracy) = valid else { return Ok(()) };
    let share = 100.0 * accuracy;
    if accuracy < MEMORIZED {
        return Err(Failure::Other(format!(
            "the network did not overfit {batches}: accuracy {share:.1} % after {}. Try a smaller \
             optimizer.learning_rate, or more train.epochs, before looking for a fault in the network",
            several(outcome.steps, "step")
        )));
    }
    say(&format!("the network can learn: accuracy {share:.1} % on {batches}"));
    Ok(())
}

/// True for a word that is a setting and not the name of a config.
pub fn is_override(word: &Path) -> bool {
    word.to_string_lossy().contains('=') && !word.exists()
}

fn finish(outcome: &Outcome, json: bool, config: &Config) -> Result<(), Failure> {
    let run = &outcome.run;
    if json {
        print_json(&TrainOutput::new(outcome))?;
    } else if outcome.ended != StopReason::Interrupted {
        let trained = match (outcome.samples_per_second, outcome.ended) {
            (0.0, StopReason::OutOfTime) => "no step was made within the time limit".to_owned(),
            (0.0, StopReason::EarlyStopped) => {
                "nothing was trained: it had stopped early".to_owned()
            }
            (0.0, StopReason::Finished | StopReason::Interrupted) => {
                "nothing was left to train".to_owned()
            }
            (speed, _) => format!(
                "trained for {:.1} s at {} samples/s",
                outcome.seconds,
                thousands(speed as u64)
            ),
        };
        let test = outcome.test.as_ref().map_or_else(String::new, |test| {
            format!("test {}, of the checkpoint of step {}\n", test.headline, outcome.best)
        });
        print(&format!(
            "{test}{}, {trained}\n{}\n{}",
            several(outcome.steps, "step"),
            quoted(run.as_os_str()),
            outcome.next,
        ))?;
    }
    let resume = CommandLine::new("train").arg("--run").path(run).arg("--resume");
    match outcome.ended {
        StopReason::Interrupted => {
            say(&format!("interrupted; resume with: {resume}"));
            Err(Failure::Interrupted)
        }
        StopReason::OutOfTime => {
            say(&format!("time limit reached; resume with: {resume}"));
            Ok(())
        }
        StopReason::EarlyStopped => {
            let patience = config.train.early_stop.as_ref().map_or(1, |stop| stop.patience);
            let evaluations = several(patience, "evaluation");
            let more = resume.arg(format!("train.early_stop.patience={}", 2 * patience));
            say(&format!(
                "stopped early: no better validation result in {evaluations}, which is \
                 train.early_stop.patience; resume with: {more}"
            ));
            Ok(())
        }
        StopReason::Finished => Ok(()),
    }
}

/// The outcome as JSON, without the tables of `eval`.
#[derive(Serialize)]
pub struct TrainOutput<'a> {
    run: std::borrow::Cow<'a, str>,
    steps: u64,
    epochs: Option<f64>,
    seconds: f64,
    samples_per_second: f64,
    valid: Option<Map<String, Value>>,
    test: Option<Map<String, Value>>,
}

impl<'a> TrainOutput<'a> {
    /// The output of an outcome.
    pub fn new(outcome: &'a Outcome) -> Self {
        Self {
            run: outcome.run.to_string_lossy(),
            steps: outcome.steps,
            epochs: outcome.epochs,
            seconds: outcome.seconds,
            samples_per_second: outcome.samples_per_second,
            valid: outcome.valid.as_ref().map(Report::to_brief),
            test: outcome.test.as_ref().map(Report::to_brief),
        }
    }
}
