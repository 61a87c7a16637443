//! `hearth sweep`.

use std::path::{Path, PathBuf};
use std::process::Command;

use hearth_config::{CommandLine, Config, Fault, Faults, Metric, RawConfig};
use hearth_report::fixed;
use hearth_store::{RunLock, StoreError, SweepDir};
use hearth_train::Backend;
use hearth_train::trained::stored_config;

use super::train::is_override;
use crate::args::{ComputeArgs, SweepArgs};
use crate::failure::Failure;
use crate::results::Results;
use crate::settings::{Datasets, beside_config};
use crate::sweep::{Again, Axis, Crew, Ended, Random, Ranking, Record, State, drawn, grid, spawn};
use crate::terminal::duration;
use crate::terminal::{print, print_json, say};

/// The seed of a sweep that names none.
const SEED: u64 = 0;

/// Lines of its log that are shown of a trial that failed.
const SHOWN: usize = 12;

/// Trains every trial, and ranks them.
pub fn run(args: &SweepArgs, datasets: Datasets<'_>) -> Result<(), Failure> {
    let search = Search::open(args, datasets)?;
    let mut states = search.states()?;
    search.introduce(&states);
    let failed = search.train(&mut states);
    search.finish(&states, failed)
}

/// A search, and the right to go on with it.
struct Search<'a> {
    args: &'a SweepArgs,
    datasets: PathBuf,
    sweep: SweepDir,
    record: Record,
    configs: Vec<Config>,
    /// The config that every trial begins with, as it was when the sweep began.
    base: PathBuf,
    _lock: RunLock,
}

/// What was said of a search on the command line.
struct Typed<'a> {
    config: Option<&'a Path>,
    text: Option<String>,
    axes: Vec<Axis>,
    random: Option<Random>,
}

impl<'a> Search<'a> {
    /// Begins a sweep or goes on with one, after all that can be checked was.
    fn open(args: &'a SweepArgs, datasets: Datasets<'_>) -> Result<Self, Failure> {
        let (config, axes) = match (&args.config, &args.resume) {
            // The config may be left out, and the first word is a setting then.
            (Some(word), Some(_)) if is_override(word) => {
                (None, [&[word.to_string_lossy().into_owned()], args.axes.as_slice()].concat())
            }
            (config, _) => (config.as_deref(), args.axes.clone()),
        };
        let text = config.map(read).transpose()?;
        let axes = Axis::parse_all(&axes).map_err(Faults::from)?;
        let random = args.random.map(|trials| Random { trials, seed: args.seed.unwrap_or(SEED) });
        let typed = Typed { config, text, axes, random };
        let (sweep, lock, record, configs) = match &args.resume {
            Some(path) => resume(args, path, &typed)?,
            None => begin(args, typed)?,
        };
        let base = sweep.write_config(&record.text)?;
        let beside = beside_config(Path::new(&record.config));
        let datasets = datasets.of(&configs[0], beside);
        Ok(Self { args, datasets, sweep, record, configs, base, _lock: lock })
    }

    /// How far each trial has come. One that is being trained outside of this sweep is an error: by a
    /// process that outlived the sweep that it belonged to.
    fn states(&self) -> Result<Vec<State>, StoreError> {
        let state = |trial: usize| {
            let run = self.sweep.trial(trial + 1);
            // What cannot be read is for `hearth train` to find out, which repairs what it can.
            if let Ok(results) = Results::read(&run)
                && results.finished
            {
                return Ok(State::Finished(results));
            }
            if run.path().is_dir() {
                drop(run.lock()?);
            }
            Ok(State::Unfinished)
        };
        (0..self.record.trials.len()).map(state).collect()
    }

    fn introduce(&self, states: &[State]) {
        let settings: Vec<_> = self.record.axes.iter().map(ToString::to_string).collect();
        let finished = states.iter().filter(|state| state.results().is_some()).count();
        let there = match finished {
            0 => String::new(),
            finished => format!(", {finished} of them finished"),
        };
        let (folder, trials) = (self.sweep.path().display(), states.len());
        say(&format!("{folder}: {trials} trials of {}{there}", settings.join(" ")));
    }

    /// Trains what is not finished.
    fn train(&self, states: &mut [State]) -> Result<(), Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::Other(format!("cannot find this program: {error}")))?;
        let unfinished: Vec<usize> =
            (0..states.len()).filter(|&trial| states[trial].results().is_none()).collect();
        let mut crew = Crew::new(self.args.jobs.get())?;
        crew.train(
            unfinished,
            |trial| spawn(&mut self.command(&program, trial), &self.sweep.trial_log(trial + 1)),
            // What all of them share is there when the first one has a config: data that was fetched, and
            // the judge of made pictures, which only one of them can train.
            |trial| self.sweep.trial(trial + 1).config_path().exists(),
            |ended| self.take(ended, states),
        )
    }

    /// What trains a trial: from its start, or from where it is.
    fn command(&self, program: &Path, trial: usize) -> Command {
        let mut command = Command::new(program);
        command
            .arg("--datasets")
            .arg(&self.datasets)
            .args(["train", "--json", "--resume", "--run"]);
        command.arg(self.sweep.trial(trial + 1).path());
        command.args(["--backend", &self.record.backend]);
        command.args(self.args.compute.device.map(|number| format!("--device={number}")));
        command.arg("--").arg(&self.base).args(self.record.settings(trial));
        let jobs = self.args.jobs.get();
        if jobs > 1 && self.configs[trial].run.threads.is_none() {
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            command.arg(format!("run.threads={}", (cores / jobs).clamp(1, 1024)));
        }
        command
    }

    /// Sees what a process has left, and says so. The error is why no other trial should begin.
    fn take(&self, ended: &Ended, states: &mut [State]) -> Result<(), Failure> {
        let settings: Vec<_> =
            self.record.varied(ended.trial).map(|(key, value)| format!("{key}={value}")).collect();
        let (number, all) = (ended.trial + 1, states.len());
        let named = format!("trial {number}/{all}  {}", settings.join(" "));
        let code = ended.status.code();
        states[ended.trial] = match Results::read(&self.sweep.trial(number)) {
            Ok(results) if ended.status.success() && results.finished => {
                let valid: Vec<_> = results
                    .valid
                    .iter()
                    .map(|(name, value)| format!("{name} {}", fixed(*value, 4)))
                    .collect();
                let valid = match &valid[..] {
                    [] => "not measured".to_owned(),
                    valid => format!("valid {}", valid.join("  ")),
                };
                say(&format!("{named}  {valid}  in {}", duration(ended.time)));
                State::Finished(results)
            }
            _ if Crew::is_stopped()
                && !ended.status.success()
                && code.is_none_or(|code| code == 130) =>
            {
                say(&format!("{named}  interrupted"));
                State::Unfinished
            }
            _ => {
                let log = self.sweep.trial_log(number);
                say(&format!("{named}  failed ({}); {} ends with:", ended.status, log.display()));
                say(&last_lines(&log));
                State::Failed
            }
        };
        // Data that is missing for the first trials is missing for all.
        match code {
            Some(3) if states.iter().all(|state| state.results().is_none()) => {
                Err(Failure::Data("data is missing or damaged, so no other trial was begun".into()))
            }
            _ => Ok(()),
        }
    }

    /// The metric that ranks the trials: of a table whose target says the task, that of a trial that has read it.
    fn metric(&self) -> Metric {
        let of_trial = |trial: usize| stored_config(&self.sweep.trial(trial)).ok()?.train.best_by;
        let found = || (1..=self.configs.len()).find_map(of_trial);
        self.configs[0].train.best_by.or_else(found).unwrap_or_default()
    }

    /// Prints and writes the results, and says what is left to do.
    fn finish(&self, states: &[State], trained: Result<(), Failure>) -> Result<(), Failure> {
        let metric = self.metric();
        let ranking = Ranking::new(&self.record, metric, states);
        let results = self.sweep.write_results(&ranking.csv())?;
        if self.args.json {
            print_json(&ranking.json(self.sweep.path()))?;
        } else {
            print(&ranking.table())?;
        }
        say(&format!("all results with all digits: {}", results.display()));
        let metric = metric.name();
        let is_measured =
            |state: &State| state.results().is_none_or(|all| all.valid(metric).is_some());
        if let Some(trial) = states.iter().position(|state| !is_measured(state)) {
            let log = self.sweep.trial_log(trial + 1);
            say(&format!(
                "trials have no rank where nothing measured their {metric}; {} says why",
                log.display()
            ));
        }
        let failed = states.iter().filter(|state| **state == State::Failed).count();
        if states.contains(&State::Unfinished) && Crew::is_stopped() {
            say(&format!("interrupted; go on with: {}", self.again()));
            return Err(Failure::Interrupted);
        }
        if failed > 0 {
            say(&format!("to try again what failed: {}", self.again()));
        }
        trained?;
        match failed {
            0 => Ok(()),
            failed => Err(Failure::Other(format!("{failed} of {} trials failed", states.len()))),
        }
    }

    /// The command line that goes on.
    fn again(&self) -> CommandLine {
        let resume = CommandLine::new("sweep").arg("--resume").path(self.sweep.path());
        match self.args.jobs.get() {
            1 => resume,
            jobs => resume.arg("--jobs").arg(jobs.to_string()),
        }
    }
}

/// A sweep's folder, the right to change it, what is searched, and the settings of its trials.
type Opened = (SweepDir, RunLock, Record, Vec<Config>);

/// Makes a new sweep.
fn begin(args: &SweepArgs, typed: Typed<'_>) -> Result<Opened, Failure> {
    let backend = args.compute.choice()?;
    let (Some(config), Some(text)) = (typed.config, typed.text) else {
        return Err(Failure::usage("name a config"));
    };
    if !typed.axes.iter().any(Axis::varies) {
        let fault = Fault::new("nothing varies: give a key more than one value");
        return Err(Faults::from(fault.help("for example train.epochs=5,10,20")).into());
    }
    let trials = match typed.random {
        Some(Random { trials, seed }) => drawn(&typed.axes, trials, seed),
        None => grid(&typed.axes),
    };
    let trials = trials.map_err(Faults::from)?;
    let mut record = Record::new(config, text, typed.axes, typed.random, backend.name(), trials);
    record.locate()?;
    let configs = record.configs()?;
    let sweep = match &args.out {
        Some(path) => SweepDir::create(path)?,
        None => SweepDir::create_numbered("runs", &configs[0].run.name)?,
    };
    let lock = sweep.lock()?;
    record.write(&sweep)?;
    Ok((sweep, lock, record, configs))
}

/// Opens a sweep that is there, which must be the one that was typed.
fn resume(args: &SweepArgs, path: &Path, typed: &Typed<'_>) -> Result<Opened, Failure> {
    let sweep = SweepDir::open(path)?;
    let lock = sweep.lock()?;
    let mut record = Record::read(&sweep)?;
    record.check_same(
        path,
        &Again {
            text: typed.text.as_deref(),
            axes: &typed.axes,
            random: typed.random,
            backend: args.compute.backend.map(Backend::name),
        },
    )?;
    // It may have begun on a backend that this program lacks.
    let backend: Backend = record.backend.parse().map_err(|fault: String| {
        Failure::usage(format!("the sweep began on {}: {fault}", record.backend))
    })?;
    ComputeArgs { backend: Some(backend), device: args.compute.device }.choice()?;
    if record.paths.is_empty() {
        record.locate()?;
    }
    let configs = record.configs()?;
    Ok((sweep, lock, record, configs))
}

/// The text of a config.
fn read(path: &Path) -> Result<String, Failure> {
    // Its faults say what a missing file was most likely meant to be.
    RawConfig::read(path)?;
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}

/// The end of a trial's messages.
fn last_lines(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(SHOWN)..];
    last.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
