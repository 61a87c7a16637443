//! `hearth train`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hearth_config::{Config, RawConfig};
use hearth_store::RunDir;
use hearth_train::report::GenerationReport;
use hearth_train::trained::stored_config;
use hearth_train::{Backend, Ended, Event, Job, Outcome, Report, Target};
use serde::Serialize;

use crate::args::Train;
use crate::failure::Failure;
use crate::output::{print, print_json, results, say, thousands};
use crate::progress::Progress;

static STOP: AtomicBool = AtomicBool::new(false);

/// Signals within this time are one: `timeout`, a service manager or a sweep sends the same one to a
/// process and to the group that it is in.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

/// Trains.
pub fn run(args: &Train, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let config = settings(args)?;
    let target = match &args.run {
        _ if args.dry_run => Target::Nowhere,
        Some(path) if args.resume => Target::Resume(path.clone()),
        Some(path) => Target::Fresh(path.clone()),
        None => Target::Numbered(PathBuf::from("runs")),
    };
    stop_on_signals()?;
    let job = Job { config: &config, backend, datasets, target, stop: &STOP };
    let mut progress = Progress::new();
    let outcome = hearth_train::train(&job, &mut |event: Event<'_>| progress.show(event))?;
    match outcome {
        None => {
            say("nothing was trained: --dry-run");
            Ok(())
        }
        Some(outcome) => finish(&outcome, args.json, datasets),
    }
}

/// The settings of the file and the command line, or of the stored run with --resume.
fn settings(args: &Train) -> Result<Config, Failure> {
    let mut overrides = args.overrides.clone();
    let stored = match &args.run {
        Some(run) if args.resume => RunDir::open(run).ok(),
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
            return Err(Failure::usage("there is no run to resume: name a config as well"));
        }
    };
    let raw = RawConfig::read(&path)?.with_overrides(&overrides)?;
    let config = raw.check()?;
    if let Some(run) = stored {
        raw.check_resume(&config, &stored_config(&run)?)?;
    }
    Ok(config)
}

/// Whether a word is a setting, and not the name of a config.
pub fn is_override(word: &Path) -> bool {
    word.to_string_lossy().contains('=') && !word.exists()
}

/// The first signal ends the run after its step; the second one ends the program at once.
fn stop_on_signals() -> Result<(), Failure> {
    let mut first: Option<Instant> = None;
    ctrlc::set_handler(move || match first {
        None => {
            first = Some(Instant::now());
            STOP.store(true, Ordering::Relaxed);
            say("stopping after this step; again to stop at once");
        }
        Some(first) if first.elapsed() < ONE_SIGNAL => {}
        Some(_) => std::process::exit(130),
    })
    .map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))
}

fn finish(outcome: &Outcome, json: bool, datasets: &Path) -> Result<(), Failure> {
    let run = quoted(&outcome.run);
    let hearth = quoted(Path::new(&std::env::args_os().next().unwrap_or_else(|| "hearth".into())));
    if json {
        print_json(&Short::new(outcome))?;
    } else if let Some(test) = &outcome.test {
        let trained = match outcome.samples_per_second {
            0.0 => "nothing was left to train".to_owned(),
            speed => format!(
                "trained for {:.1} s at {} samples/s",
                outcome.seconds,
                thousands(speed as u64)
            ),
        };
        let next = match test {
            Report::Classification(_) => {
                format!("predict with: {hearth} predict {run} PICTURE...")
            }
            Report::Generation(_) => {
                format!("make pictures with: {hearth} sample {run} --out grid.png")
            }
        };
        print(&format!(
            "test {}, of the checkpoint of step {}\n{} steps, {trained}\n{run}\n{next}",
            results(test),
            outcome.best,
            thousands(outcome.steps),
        ))?;
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
struct Short<'a> {
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
    fn new(outcome: &'a Outcome) -> Self {
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
