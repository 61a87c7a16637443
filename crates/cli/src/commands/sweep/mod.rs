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
use crate::results::RunResults;
use crate::settings::{Datasets, beside_config};
use crate::sweep::{
    Axis, FinishedWorker, RandomSearch, Ranking, Record, ResumeRequest, TrialState, WorkerPool,
    grid, random, spawn,
};
use crate::terminal::duration;
use crate::terminal::{print, print_json, say};

/// Default seed of a random search.
const SEED: u64 = 0;

/// Number of lines shown of a failed trial's log.
const SHOWN: usize = 12;

/// Trains all trials and ranks them.
pub fn run(args: &SweepArgs, datasets: Datasets<'_>) -> Result<(), Failure> {
    let search = Search::open(args, datasets)?;
    let mut states = search.states()?;
    search.announce(&states);
    let failed = search.train(&mut states);
    search.finish(&states, failed)
}

/// A sweep in progress, with the lock on its folder.
struct Search<'a> {
    args: &'a SweepArgs,
    datasets: PathBuf,
    sweep: SweepDir,
    record: Record,
    configs: Vec<Config>,
    /// The config of all trials, as it was at the start of the sweep.
    base: PathBuf,
    _lock: RunLock,
}

/// The search space of the command line.
struct SearchArgs<'a> {
    config: Option<&'a Path>,
    text: Option<String>,
    axes: Vec<Axis>,
    random: Option<RandomSearch>,
}

impl<'a> Search<'a> {
    /// Starts or resumes a sweep, after all checks.
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
        let random =
            args.random.map(|trials| RandomSearch { trials, seed: args.seed.unwrap_or(SEED) });
        let typed = SearchArgs { config, text, axes, random };
        let (sweep, lock, record, configs) = match &args.resume {
            Some(path) => resume(args, path, &typed)?,
            None => begin(args, typed)?,
        };
        let base = sweep.write_config(&record.text)?;
        let beside = beside_config(Path::new(&record.config));
        let datasets = datasets.of(&configs[0], beside);
        Ok(Self { args, datasets, sweep, record, configs, base, _lock: lock })
    }

    /// The state of each trial.
    ///
    /// # Errors
    /// When a process that outlived a killed sweep still trains a trial.
    fn states(&self) -> Result<Vec<TrialState>, StoreError> {
        let state = |trial: usize| {
            let run = self.sweep.trial(trial + 1);
            // Damage is left to `hearth train`, which repairs or reports it.
            if let Ok(results) = RunResults::read(&run)
                && results.finished
            {
                return Ok(TrialState::Finished(results));
            }
            if run.path().is_dir() {
                drop(run.lock()?);
            }
            Ok(TrialState::Unfinished)
        };
        (0..self.record.trials.len()).map(state).collect()
    }

    fn announce(&self, states: &[TrialState]) {
        let settings: Vec<_> = self.record.axes.iter().map(ToString::to_string).collect();
        let finished = states.iter().filter(|state| state.results().is_some()).count();
        let there = match finished {
            0 => String::new(),
            finished => format!(", {finished} of them finished"),
        };
        let (folder, trials) = (self.sweep.path().display(), states.len());
        say(&format!("{folder}: {trials} trials of {}{there}", settings.join(" ")));
    }

    /// Trains the unfinished trials.
    fn train(&self, states: &mut [TrialState]) -> Result<(), Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::Other(format!("cannot find this program: {error}")))?;
        let unfinished: Vec<usize> =
            (0..states.len()).filter(|&trial| states[trial].results().is_none()).collect();
        let mut pool = WorkerPool::new(self.args.jobs.get())?;
        pool.train(
            unfinished,
            |trial| spawn(&mut self.command(&program, trial), &self.sweep.trial_log(trial + 1)),
            // A trial with a config has fetched the data and trained the feature evaluator, which all trials share.
            |trial| self.sweep.trial(trial + 1).config_path().exists(),
            |worker| self.on_exit(worker, states),
        )
    }

    /// The command that trains or resumes a trial.
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

    /// Reads and reports the results of an exited worker.
    ///
    /// # Errors
    /// When no other trial should start, as without data.
    fn on_exit(&self, worker: &FinishedWorker, states: &mut [TrialState]) -> Result<(), Failure> {
        let settings: Vec<_> =
            self.record.varied(worker.trial).map(|(key, value)| format!("{key}={value}")).collect();
        let (number, all) = (worker.trial + 1, states.len());
        let named = format!("trial {number}/{all}  {}", settings.join(" "));
        let code = worker.status.code();
        states[worker.trial] = match RunResults::read(&self.sweep.trial(number)) {
            Ok(results) if worker.status.success() && results.finished => {
                let valid: Vec<_> = results
                    .valid
                    .iter()
                    .map(|(name, value)| format!("{name} {}", fixed(*value, 4)))
                    .collect();
                let valid = match &valid[..] {
                    [] => "not measured".to_owned(),
                    valid => format!("valid {}", valid.join("  ")),
                };
                say(&format!("{named}  {valid}  in {}", duration(worker.time)));
                TrialState::Finished(results)
            }
            _ if WorkerPool::is_stopped()
                && !worker.status.success()
                && code.is_none_or(|code| code == 130) =>
            {
                say(&format!("{named}  interrupted"));
                TrialState::Unfinished
            }
            _ => {
                let log = self.sweep.trial_log(number);
                say(&format!("{named}  failed ({}); {} ends with:", worker.status, log.display()));
                say(&last_lines(&log));
                TrialState::Failed
            }
        };
        // Data missing for the first trials is missing for all.
        match code {
            Some(3) if states.iter().all(|state| state.results().is_none()) => Err(Failure::Data(
                "data is missing or damaged, so no other trial was started".into(),
            )),
            _ => Ok(()),
        }
    }

    /// The metric of the ranking. Where the task follows from a table's target, it is known once a trial has read it.
    fn metric(&self) -> Metric {
        let of_trial = |trial: usize| stored_config(&self.sweep.trial(trial)).ok()?.train.best_by;
        let found = || (1..=self.configs.len()).find_map(of_trial);
        self.configs[0].train.best_by.or_else(found).unwrap_or_default()
    }

    /// Prints and writes the results, and reports failed and unfinished trials.
    fn finish(&self, states: &[TrialState], trained: Result<(), Failure>) -> Result<(), Failure> {
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
            |state: &TrialState| state.results().is_none_or(|all| all.valid(metric).is_some());
        if let Some(trial) = states.iter().position(|state| !is_measured(state)) {
            let log = self.sweep.trial_log(trial + 1);
            say(&format!(
                "trials without a {metric} have no rank; {} has the reason",
                log.display()
            ));
        }
        let failed = states.iter().filter(|state| **state == TrialState::Failed).count();
        if states.contains(&TrialState::Unfinished) && WorkerPool::is_stopped() {
            say(&format!("interrupted; resume with: {}", self.resume_command()));
            return Err(Failure::Interrupted);
        }
        if failed > 0 {
            say(&format!("to retry failed trials: {}", self.resume_command()));
        }
        trained?;
        match failed {
            0 => Ok(()),
            failed => Err(Failure::Other(format!("{failed} of {} trials failed", states.len()))),
        }
    }

    /// The command line that resumes this sweep.
    fn resume_command(&self) -> CommandLine {
        let resume = CommandLine::new("sweep").arg("--resume").path(self.sweep.path());
        match self.args.jobs.get() {
            1 => resume,
            jobs => resume.arg("--jobs").arg(jobs.to_string()),
        }
    }
}

/// A sweep's folder, its lock, its record, and the configs of its trials.
type Opened = (SweepDir, RunLock, Record, Vec<Config>);

/// Starts a new sweep.
fn begin(args: &SweepArgs, typed: SearchArgs<'_>) -> Result<Opened, Failure> {
    let backend = args.compute.choice()?;
    let (Some(config), Some(text)) = (typed.config, typed.text) else {
        return Err(Failure::usage("name a config"));
    };
    if !typed.axes.iter().any(Axis::varies) {
        let fault = Fault::new("nothing varies: give a key more than one value");
        return Err(Faults::from(fault.help("for example train.epochs=5,10,20")).into());
    }
    let trials = match typed.random {
        Some(RandomSearch { trials, seed }) => random(&typed.axes, trials, seed),
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

/// Resumes the sweep at `path`, which must be that of the command line.
fn resume(args: &SweepArgs, path: &Path, typed: &SearchArgs<'_>) -> Result<Opened, Failure> {
    let sweep = SweepDir::open(path)?;
    let lock = sweep.lock()?;
    let mut record = Record::read(&sweep)?;
    record.check_same(
        path,
        &ResumeRequest {
            text: typed.text.as_deref(),
            axes: &typed.axes,
            random: typed.random,
            backend: args.compute.backend.map(Backend::name),
        },
    )?;
    // This program may lack the sweep's backend.
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
    // Its errors suggest a name for a missing file.
    RawConfig::read(path)?;
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}

/// The last lines of a trial's log.
fn last_lines(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(SHOWN)..];
    last.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
