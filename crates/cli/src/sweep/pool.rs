//! The pool of worker processes, each training one trial as a run of its own.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::terminal::say;

/// Interval between two polls of the processes.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Number of signals received.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// A pool of worker processes.
#[derive(Debug)]
pub struct WorkerPool {
    jobs: usize,
    workers: Vec<WorkerProcess>,
    /// Number of signals passed on to the processes.
    passed_on: usize,
}

#[derive(Debug)]
struct WorkerProcess {
    trial: usize,
    process: Child,
    begun: Instant,
}

/// A worker process that has exited.
#[derive(Debug)]
pub struct FinishedWorker {
    /// The index of its trial, from 0.
    pub trial: usize,
    /// Its exit status.
    pub status: ExitStatus,
    /// Its running time.
    pub time: Duration,
}

impl WorkerPool {
    /// A pool of at most `jobs` processes. From here on a signal first stops the processes, then this program.
    ///
    /// # Errors
    /// When signals cannot be handled.
    pub fn new(jobs: usize) -> Result<Self, Failure> {
        let listen = ctrlc::set_handler(|| {
            if SIGNALS.fetch_add(1, Ordering::Relaxed) == 0 {
                say("stopping every trial after its step; again to stop at once");
            }
        });
        listen.map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))?;
        Ok(Self { jobs, workers: Vec::new(), passed_on: 0 })
    }

    /// True after a signal to stop.
    pub fn is_stopped() -> bool {
        SIGNALS.load(Ordering::Relaxed) > 0
    }

    /// Trains trials in this order. A new one starts once all running ones are `ready`. No more start after a signal,
    /// after a failed start, or after an error of `on_exit`; started ones are always waited for.
    ///
    /// # Errors
    /// The first error of `start` or `on_exit`.
    pub fn train(
        &mut self,
        trials: impl IntoIterator<Item = usize>,
        start: impl Fn(usize) -> Result<Child, Failure>,
        ready: impl Fn(usize) -> bool,
        mut on_exit: impl FnMut(&FinishedWorker) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut waiting = trials.into_iter();
        let mut outcome = Ok(());
        loop {
            self.pass_on_signals();
            while outcome.is_ok()
                && !Self::is_stopped()
                && self.workers.len() < self.jobs
                && self.workers.iter().all(|worker| ready(worker.trial))
                && let Some(trial) = waiting.next()
            {
                match start(trial) {
                    Ok(process) => {
                        self.workers.push(WorkerProcess { trial, process, begun: Instant::now() });
                    }
                    Err(failure) => outcome = Err(failure),
                }
            }
            if self.workers.is_empty() {
                return outcome;
            }
            for one in self.take_exited()? {
                outcome = outcome.and(on_exit(&one));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Removes the processes that have exited.
    fn take_exited(&mut self) -> Result<Vec<FinishedWorker>, Failure> {
        let mut exited = Vec::new();
        let mut at = 0;
        while let Some(worker) = self.workers.get_mut(at) {
            let status = worker.process.try_wait();
            match status.map_err(|error| Failure::Other(format!("cannot wait: {error}")))? {
                Some(status) => {
                    let WorkerProcess { trial, begun, .. } = self.workers.remove(at);
                    exited.push(FinishedWorker { trial, status, time: begun.elapsed() });
                }
                None => at += 1,
            }
        }
        Ok(exited)
    }

    /// Passes signals on to the processes. From a terminal they have received it already; a process counts two within a
    /// second as one.
    fn pass_on_signals(&mut self) {
        let signals = SIGNALS.load(Ordering::Relaxed);
        if signals > self.passed_on {
            self.passed_on = signals;
            self.workers.iter().for_each(|worker| terminate(&worker.process));
        }
    }
}

/// Starts a worker, whose standard error is appended to `log`.
///
/// # Errors
/// When the log cannot be opened or the program cannot be started.
pub fn spawn(command: &mut Command, log: &Path) -> Result<Child, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::Other(format!("cannot start a trial that writes to {}: {error}", log.display()))
    };
    let file = OpenOptions::new().append(true).create(true).open(log).map_err(cannot)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().map_err(cannot)
}

/// Sends SIGTERM to a process that was not yet waited for.
#[cfg(unix)]
fn terminate(process: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    // The process may have exited by itself.
    let _ = kill_process(Pid::from_child(process), Signal::TERM);
}

/// No-op: a console sends its signals to every process in it, and there are no others.
#[cfg(not(unix))]
fn terminate(_process: &Child) {}
