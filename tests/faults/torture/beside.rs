//! Two programs on one run.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::calls::{TRIES, again, undisturbed_run};
use super::strace::{Call, Diagnostic, Trace, traced};
use super::subject::Subject;
use super::table::Table;
use super::trial::{Ended, Harm, Kind, Known, ended, look};
use super::{STRACE, through, works};
use crate::support::{Done, hearth, run, signal};

/// A program stopped within a call.
pub struct Stopped {
    tracer: Child,
    pid: u32,
    /// Its run.
    pub path: PathBuf,
    log: PathBuf,
}

impl Stopped {
    /// Trains until a call.
    pub fn at(subject: &Subject, call: &Call) -> Self {
        let mut call = call.clone();
        for _ in 0..TRIES {
            if let Some(stopped) = Self::tried(subject, &call) {
                return stopped;
            }
            call = again(&undisturbed_run(subject), call);
        }
        panic!("it was not stopped at {call:?}");
    }

    /// `None` if it ended before, or was stopped in another call.
    fn tried(subject: &Subject, call: &Call) -> Option<Self> {
        let (path, log) = (subject.fresh(), subject.log());
        let _ = fs::remove_file(&log);
        let mut command = traced(&subject.train(&path), &log, Some((call, Diagnostic::Stop)));
        let mut tracer =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("strace starts");
        let has_stopped =
            || fs::read_to_string(&log).is_ok_and(|log| log.contains("stopped by SIGSTOP"));
        while !has_stopped() {
            if tracer.try_wait().expect("it can be waited for").is_some() {
                fs::remove_dir_all(path).unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let trace = Trace::read(&log, &path).expect("it trains in its folder");
        let stopped = Self { tracer, pid: trace.pid, path, log };
        if trace.calls.last().is_some_and(|last| last.is(call)) {
            return Some(stopped);
        }
        let (path, _) = (stopped.path.clone(), stopped.end("KILL"));
        fs::remove_dir_all(path).unwrap();
        None
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends or continues it by a signal, and returns its result and its committed checkpoints.
    pub fn end(self, name: &str) -> (Done, Known) {
        signal(self.pid, name);
        let output = self.tracer.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let done =
            Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        let trace = Trace::read(&self.log, &self.path).expect("it trained in its folder");
        (done, Known { committed: trace.committed(), ..Known::default() })
    }
}

/// A second program resumes a run while the first one is stopped in a call of a checkpoint: it is refused, with the
/// process of the first one in the message, and changes nothing. Then the first one is killed. Tries `most` calls.
pub fn two_programs(subject: &Subject, most: usize, table: &mut Table) {
    if !works(STRACE) {
        return;
    }
    let trace = undisturbed_run(subject);
    for call in trace.calls.iter().filter(|call| call.name == "rename").take(most) {
        let first = Stopped::at(subject, call);
        let (path, pid) = (first.path.clone(), first.pid());
        let second = run(&mut subject.resume(&path));
        let told = format!("in use by pid {pid} on ");
        let (done, known) = first.end("KILL");
        let came = if second.code == Some(1) && second.err.contains(&told) {
            look(subject, &path, &done, &known)
        } else {
            Kind::ToldWrongly.found(format!("{:?}: {}", second.code, second.err))
        };
        table.count("a second program", "the same run", came);
        let _ = fs::remove_dir_all(path);
    }
}

/// Two programs start the same run at once: one makes it, the other is refused.
pub fn two_at_once(subject: &Subject, count: usize, table: &mut Table) {
    for _ in 0..count {
        let path = subject.fresh();
        let begin = || {
            let mut command = subject.train(&path);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hearth starts")
        };
        let outputs = [begin(), begin()].map(|child| child.wait_with_output().expect("it ends"));
        let [first, second] = outputs
            .map(|output| (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8")));
        let refused = |(code, err): &(Option<i32>, String)| {
            *code == Some(1) && err.contains("in use by pid ")
                || *code == Some(2) && err.contains("already holds a run")
        };
        let (made, refused) = if first.0 == Some(0) {
            (&first, refused(&second))
        } else {
            (&second, refused(&first))
        };
        let done = Done { code: made.0, out: String::new(), err: made.1.clone() };
        let came = if refused {
            look(subject, &path, &done, &Known::default())
        } else {
            Kind::ToldWrongly.found(format!("{first:?} and {second:?}"))
        };
        table.count("two programs at once", "a new run", came);
        let _ = fs::remove_dir_all(path);
    }
}

/// A program that trains until this is dropped.
struct Training(Child);

impl Drop for Training {
    fn drop(&mut self) {
        self.0.kill().expect("SIGKILL");
        self.0.wait().expect("it ends");
    }
}

/// Slow evaluations of a run that removes a checkpoint every few milliseconds: each finds one.
pub fn evaluations(subject: &Subject, count: usize, table: &mut Table) {
    if !works(STRACE) {
        return;
    }
    let (path, log) = (subject.fresh(), subject.log());
    let mut train = subject.train(&path);
    train.args(["train.checkpoint_every=20 steps", "train.evaluate_every=40 steps"]);
    train.args(["train.epochs=1000000", "train.log_every=1000", "run.report=false"]);
    let train = train.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("hearth starts");
    let training = Training(train);
    let begun = Instant::now();
    while !path.join("best.json").exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not train");
        std::thread::sleep(Duration::from_millis(2));
    }
    for round in 0..count {
        let which = ["best", "last"][round % 2];
        let mut evaluate = hearth(["eval", "--checkpoint", which]);
        evaluate.arg(&path);
        let slowly = ["-f", "-o", log.to_str().unwrap(), "-e", "trace=openat"];
        let delay = ["-e", "inject=openat:delay_enter=500"];
        let words = ["strace"].into_iter().chain(slowly).chain(delay);
        table.count(
            "an evaluation that is slow",
            "a run that trains",
            evaluated(&mut through(words, &evaluate)),
        );
    }
    drop(training);
    fs::remove_dir_all(path).unwrap();
}

fn evaluated(command: &mut Command) -> Result<Ended, Harm> {
    let done = run(command);
    match ended(&done)? {
        Ended::CarriedOn => Ok(Ended::CarriedOn),
        _ => Kind::Lost.found(done.err),
    }
}
