//! The processes that train: some at a time, each a run of its own.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::terminal::say;

/// How often the processes are looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// The signals that came so far.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Trains some trials at a time.
#[derive(Debug)]
pub struct Crew {
    jobs: usize,
    running: Vec<Running>,
    /// The signals that the processes were sent.
    passed_on: usize,
}

#[derive(Debug)]
struct Running {
    trial: usize,
    process: Child,
    begun: Instant,
}

/// A process that ended.
#[derive(Debug)]
pub struct Ended {
    /// Which trial it trained.
    pub trial: usize,
    /// How it ended.
    pub status: ExitStatus,
    /// How long it took.
    pub time: Duration,
}

impl Crew {
    /// So many at a time. From here on a signal ends this program after its processes.
    pub fn new(jobs: usize) -> Result<Self, Failure> {
        let listen = ctrlc::set_handler(|| {
            if SIGNALS.fetch_add(1, Ordering::Relaxed) == 0 {
                say("stopping every trial after its step; again to stop at once");
            }
        });
        listen.map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))?;
        Ok(Self { jobs, running: Vec::new(), passed_on: 0 })
    }

    /// Whether a signal asked to stop.
    pub fn is_stopped() -> bool {
        SIGNALS.load(Ordering::Relaxed) > 0
    }

    /// Trains these trials, in this order, until all have ended or no more may begin: after a signal,
    /// after one that cannot be started, or when `ended` says so. Those that were begun are always
    /// waited for.
    ///
    /// None is started before those at work are `ready`.
    pub fn train(
        &mut self,
        trials: impl IntoIterator<Item = usize>,
        start: impl Fn(usize) -> Result<Child, Failure>,
        ready: impl Fn(usize) -> bool,
        mut ended: impl FnMut(&Ended) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut waiting = trials.into_iter();
        let mut outcome = Ok(());
        loop {
            self.pass_on_signals();
            while outcome.is_ok()
                && !Self::is_stopped()
                && self.running.len() < self.jobs
                && self.running.iter().all(|running| ready(running.trial))
                && let Some(trial) = waiting.next()
            {
                match start(trial) {
                    Ok(process) => {
                        self.running.push(Running { trial, process, begun: Instant::now() });
                    }
                    Err(failure) => outcome = Err(failure),
                }
            }
            if self.running.is_empty() {
                return outcome;
            }
            for one in self.take_ended()? {
                outcome = outcome.and(ended(&one));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The processes that have ended since.
    fn take_ended(&mut self) -> Result<Vec<Ended>, Failure> {
        let mut ended = Vec::new();
        let mut at = 0;
        while let Some(running) = self.running.get_mut(at) {
            let status = running.process.try_wait();
            match status.map_err(|error| Failure::Other(format!("cannot wait: {error}")))? {
                Some(status) => {
                    let Running { trial, begun, .. } = self.running.remove(at);
                    ended.push(Ended { trial, status, time: begun.elapsed() });
                }
                None => at += 1,
            }
        }
        Ok(ended)
    }

    /// Sends the processes what was sent to this one. A terminal has sent it to all of them already, and
    /// a process takes the two as one.
    fn pass_on_signals(&mut self) {
        let signals = SIGNALS.load(Ordering::Relaxed);
        if signals > self.passed_on {
            self.passed_on = signals;
            self.running.iter().for_each(|running| terminate(&running.process));
        }
    }
}

/// A process that trains, with its messages at the end of a file.
pub fn spawn(command: &mut Command, log: &Path) -> Result<Child, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::Other(format!("cannot start a trial that writes to {}: {error}", log.display()))
    };
    let file = OpenOptions::new().append(true).create(true).open(log).map_err(cannot)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().map_err(cannot)
}

/// Asks a process that was not waited for yet to end.
#[cfg(unix)]
fn terminate(process: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    // It may just have ended by itself.
    let _ = kill_process(Pid::from_child(process), Signal::TERM);
}

/// A console sends its signals to every process in it, and nothing else sends any.
#[cfg(not(unix))]
fn terminate(_process: &Child) {}
