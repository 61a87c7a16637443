//! `hearth train`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hearth_config::{Config, RawConfig};
use hearth_store::{RunDir, StoreError};
use hearth_train::report::GenerationReport;
use hearth_train::trained::stored_config;
use hearth_train::{Backend, Ended, Event, Job, Outcome, Report, Target};
use serde::Serialize;

use crate::args::Train;
use crate::failure::Failure;
use crate::output::{print, print_json, results, say, several, thousands};
use crate::progress::{Progress, View};
use crate::stop;

/// The share of pictures that counts as all of them, when they are to be learned by heart.
const BY_HEART: f64 = 0.99;

/// Trains.
pub fn run(args: &Train, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let config = settings(args)?;
    let target = match &args.run {
        _ if args.dry_run => Target::Nowhere,
        Some(path) if args.resume => Target::Resume(path.clone()),
        Some(path) => Target::Fresh(path.clone()),
        None => Target::Numbered(PathBuf::from("runs")),
    };
    let mut progress = Progress::new(View::of(args)?);
    stop::on_signals()?;
    let deadline = args.time.map(|time| Instant::now() + time);
    let job = Job { config: &config, backend, datasets, target, stop: stop::flag(), deadline };
    let outcome = hearth_train::train(&job, &mut |event: Event<'_>| progress.show(event));
    // Before anything else is printed, the terminal is given back.
    drop(progress);
    match outcome? {
        None => {
            say("nothing was trained: --dry-run");
            Ok(())
        }
        Some(outcome) => {
            finish(&outcome, args.json, datasets)?;
            config.data.batches.overfit_batches.map_or(Ok(()), |count| learned(count, &outcome))
        }
    }
}

/// The settings of the file and the command line, or of the stored run with --resume.
fn settings(args: &Train) -> Result<Config, Failure> {
    let mut overrides = args.overrides.clone();
    let stored = match &args.run {
        Some(run) if args.resume => match RunDir::open(run) {
            Err(StoreError::NotARun { .. }) => None,
            opened => Some(opened?),
        },
        _ => None,
    };
    let path = match (&args.config, &stored) {
        // With --resume the config may be left out, and the first word is an override then.
        (Some(word), Some(run)) if args.resume && is_override(word) => {
            overrides.insert(0, word.to_string_lossy().into_owned());
            run.config_path()
        }
        (Some(path), _) => path.clone(),
        (None, Some(run)) => run.config_path(),
        (None, None) => {
            let run = args.run.as_deref().unwrap_or(Path::new("runs")).display();
            return Err(Failure::usage(format!(
                "there is no run {run} to resume; `hearth runs` lists those in runs/, and with a config one \
                 is begun there"
            )));
        }
    };
    let raw = RawConfig::read(&path)?.with_overrides(&shorthands(args, &overrides))?;
    let config = raw.check()?;
    if let Some(run) = stored {
        raw.check_resume(&config, &stored_config(&run)?)?;
    }
    Ok(config)
}

/// The overrides, behind those that options stand for, so that they win.
fn shorthands(args: &Train, overrides: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(args.limit.map(|share| format!("data.limit_train={share:?}")));
    if let Some(batches) = args.overfit {
        all.push(format!("data.overfit_batches={batches}"));
        all.push("train.epochs=200".to_owned());
        // An epoch is a few steps.
        let cadences = ["evaluate_every", "checkpoint_every"];
        all.extend(cadences.map(|key| format!("train.{key}=\"20 epochs\"")));
    }
    all.extend_from_slice(overrides);
    all
}

/// Whether the pictures were learned by heart, which every sound network and setting can do.
fn learned(batches: usize, outcome: &Outcome) -> Result<(), Failure> {
    let batches = if batches == 1 { "one batch".to_owned() } else { format!("{batches} batches") };
    match &outcome.valid {
        Some(Report::Classification(report)) if report.accuracy < BY_HEART => {
            Err(Failure::Other(format!(
                "it has not learned {batches} by heart: {:.1} % of the pictures after {}. Try a smaller \
                 optimizer.learning_rate, or more train.epochs, before looking for a fault in the network",
                100.0 * report.accuracy,
                several(outcome.steps, "step")
            )))
        }
        Some(Report::Classification(report)) => {
            say(&format!("it can learn: {:.1} % of {batches} by heart", 100.0 * report.accuracy));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a word is a setting, and not the name of a config.
pub fn is_override(word: &Path) -> bool {
    word.to_string_lossy().contains('=') && !word.exists()
}

fn finish(outcome: &Outcome, json: bool, datasets: &Path) -> Result<(), Failure> {
    let run = quoted(&outcome.run);
    let hearth = quoted(Path::new(&std::env::args_os().next().unwrap_or_else(|| "hearth".into())));
    if json {
        print_json(&Short::new(outcome))?;
    } else if outcome.ended != Ended::Interrupted {
        let trained = match outcome.samples_per_second {
            0.0 => "nothing was left to train".to_owned(),
            speed => format!(
                "trained for {:.1} s at {} samples/s",
                outcome.seconds,
                thousands(speed as u64)
            ),
        };
        let next = match &outcome.test {
            Some(Report::Classification(_)) => {
                format!("predict with: {hearth} predict {run} PICTURE...")
            }
            // Images are made even where nothing measures them.
            Some(Report::Generation(_)) | None => {
                format!("make pictures with: {hearth} sample {run} --out grid.png")
            }
        };
        let test = outcome.test.as_ref().map_or_else(String::new, |test| {
            format!("test {}, of the checkpoint of step {}\n", results(test), outcome.best)
        });
        print(&format!("{test}{}, {trained}\n{run}\n{next}", several(outcome.steps, "step")))?;
    }
    match outcome.ended {
        Ended::Interrupted => {
            let datasets = match datasets.to_str() {
                Some("datasets") => String::new(),
                _ => format!(" --datasets {}", quoted(datasets)),
            };
            say(&format!("interrupted; go on with: {hearth} train --run {run} --resume{datasets}"));
            Err(Failure::Interrupted)
        }
        Ended::OutOfTime => {
            say(&format!("the time is over; go on with: {hearth} train --run {run} --resume"));
            Ok(())
        }
        Ended::EarlyStopped => {
            say("stopped early: the validation result no longer got better");
            Ok(())
        }
        Ended::Finished => Ok(()),
    }
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "-_./+=:,@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The outcome without the tables that `eval` prints.
#[derive(Serialize)]
pub struct Short<'a> {
    run: std::borrow::Cow<'a, str>,
    steps: u64,
    epochs: f64,
    seconds: f64,
    samples_per_second: f64,
    valid: Option<ShortReport<'a>>,
    test: Option<ShortReport<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ShortReport<'a> {
    Classification { loss: f64, accuracy: f64, samples: usize },
    Generation(&'a GenerationReport),
}

impl<'a> Short<'a> {
    /// That of an outcome.
    pub fn new(outcome: &'a Outcome) -> Self {
        let short = |report: &'a Report| match report {
            Report::Classification(report) => ShortReport::Classification {
                loss: report.loss,
                accuracy: report.accuracy,
                samples: report.samples,
            },
            Report::Generation(report) => ShortReport::Generation(report),
        };
        Self {
            run: outcome.run.to_string_lossy(),
            steps: outcome.steps,
            epochs: outcome.epochs,
            seconds: outcome.seconds,
            samples_per_second: outcome.samples_per_second,
            valid: outcome.valid.as_ref().map(short),
            test: outcome.test.as_ref().map(short),
        }
    }
}
