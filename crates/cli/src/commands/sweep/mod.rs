//! `hearth sweep`.

mod open;

use std::path::{Path, PathBuf};
use std::process::Command;

use hearth_config::{CommandLine, Config, Metric};
use hearth_report::fixed;
use hearth_store::{RunLock, StoreError, SweepDir};
use hearth_train::run::loaded::stored_config;

use self::open::OpenSweep;
use crate::args::SweepArgs;
use crate::failure::Failure;
use crate::results::RunResults;
use crate::settings::{Datasets, beside_config};
use crate::sweep::{FinishedWorker, Ranking, Record, TrialState, WorkerPool, spawn};
use crate::terminal::{duration, print, print_json, say};

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

impl<'a> Search<'a> {
    /// Starts or resumes a sweep, after all checks.
    fn open(args: &'a SweepArgs, datasets: Datasets<'_>) -> Result<Self, Failure> {
        let OpenSweep { sweep, lock, record, configs } = open::open(args)?;
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

/// The last lines of a trial's log.
fn last_lines(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(SHOWN)..];
    last.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
