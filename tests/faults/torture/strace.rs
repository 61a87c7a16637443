//! Tracing system calls and injecting faults into them, by strace.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::through;

/// The calls that read or change a disk. Not every processor has all of them.
const CALLS: &str = "?open,openat,read,write,?pwrite64,fsync,fdatasync,?rename,?renameat,?renameat2,?mkdir,\
    ?mkdirat,?unlink,?unlinkat,?rmdir,?ftruncate,?statx,?newfstatat,?getdents64,flock,close";

/// The parts of a run, by a part of their files' names.
const PARTS: [(&str, &str); 7] = [
    ("pruned", "retention"),
    ("checkpoints", "checkpoint"),
    ("best.json", "best.json"),
    ("metrics.jsonl", "metrics.jsonl"),
    ("report.html", "page, events"),
    ("events", "page, events"),
    ("samples", "samples"),
];

/// A call of the training thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// Number of the thread's calls of this name up to this one.
    pub number: usize,
    /// Its paths in the run's folder, whose own path is `.`; a rename has two.
    pub about: Vec<String>,
    /// Number of the thread's calls of this name on these paths up to this one.
    nth: usize,
    /// True if it creates a file.
    pub creates: bool,
    pub succeeded: bool,
    /// True if its result was injected.
    pub injected: bool,
}

impl Call {
    /// True if it is the same call in another process, where its number may differ.
    pub fn is(&self, other: &Self) -> bool {
        (&self.name, &self.about, self.nth) == (&other.name, &other.about, other.nth)
    }

    /// True if it created a file or folder.
    pub fn makes(&self) -> bool {
        self.succeeded && (self.creates || self.name.starts_with("mkdir"))
    }

    /// The part of the run that it concerns.
    pub fn part(&self) -> &'static str {
        let about = self.about.join(" ");
        let part = PARTS.iter().find(|(name, _)| about.contains(name));
        part.map_or("the run's folder", |(_, part)| part)
    }
}

/// A fault injected into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostic {
    /// SIGKILL before the call.
    Kill,
    /// SIGSTOP during the call.
    Stop,
    /// The call is dropped, and fails with this error.
    Error(&'static str),
    /// The call is dropped, and reports this many bytes.
    Lie(usize),
}

impl Diagnostic {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Stop => "SIGSTOP",
            Self::Error(name) => name,
            Self::Lie(_) => "a write that was not made",
        }
    }
}

/// A command whose calls are logged to `log`, with a fault in one of them.
pub fn traced(command: &Command, log: &Path, fault: Option<(&Call, Diagnostic)>) -> Command {
    let mut words: Vec<String> =
        ["strace", "-f", "-y", "-s0", "-E", "PATH=/nowhere", "-o"].map(str::to_owned).into();
    words.push(log.to_str().expect("a plain path").to_owned());
    words.extend(["-e".to_owned(), format!("trace={CALLS}")]);
    if let Some((Call { name, number, .. }, fault)) = fault {
        let what = match fault {
            Diagnostic::Kill => "signal=KILL".to_owned(),
            Diagnostic::Stop => "signal=STOP".to_owned(),
            Diagnostic::Error(error) => format!("error={error}"),
            Diagnostic::Lie(result) => format!("retval={result}"),
        };
        words.extend(["-e".to_owned(), format!("inject={name}:{what}:when={number}")]);
    }
    through(words, command)
}

/// The trace of a program.
#[derive(Debug)]
pub struct Trace {
    /// The process ID.
    pub pid: u32,
    /// The training thread's calls on the run's folder.
    pub calls: Vec<Call>,
    pub killed: bool,
}

impl Trace {
    /// Reads the log of the training of `run`; `None` if it ended before.
    pub fn read(log: &Path, run: &Path) -> Option<Self> {
        let text = fs::read_to_string(log).expect("strace writes a log");
        let run = run.to_str().expect("a plain path");
        // Each line begins with the thread.
        let lines = || text.lines().filter_map(|line| line.split_once(' '));
        let (pid, _) = lines().find(|(_, line)| line.contains(run))?;
        let mut trace =
            Self { pid: pid.parse().expect("a number"), calls: Vec::new(), killed: false };
        let mut made: Vec<Call> = Vec::new();
        for (_, line) in lines().filter(|(of, _)| *of == pid) {
            let line = line.trim_start();
            if let Some((_, rest)) = line.split_once(" resumed>") {
                let call = made.last_mut().expect("it was begun");
                (call.succeeded, call.injected) = result(rest);
            } else if line.starts_with("+++ killed by SIGKILL") {
                trace.killed = true;
            } else if let Some((name, rest)) = line.split_once('(')
                && name.chars().all(|c| c.is_ascii_alphanumeric())
            {
                let (succeeded, injected) = result(rest);
                let arguments = rest.rsplit_once(" = ").map_or(rest, |(arguments, _)| arguments);
                let about = about(arguments, run, pid);
                let of_name = || made.iter().filter(|call| call.name == name);
                made.push(Call {
                    name: name.to_owned(),
                    number: of_name().count() + 1,
                    nth: of_name().filter(|call| call.about == about).count() + 1,
                    about,
                    creates: arguments.contains("O_CREAT"),
                    succeeded,
                    injected,
                });
            }
        }
        trace.calls = made.into_iter().filter(|call| !call.about.is_empty()).collect();
        Some(trace)
    }

    /// True if the fault was injected.
    pub fn has(&self, call: &Call, fault: Diagnostic) -> bool {
        match fault {
            Diagnostic::Kill => self.killed && self.calls.last().is_some_and(|last| last.is(call)),
            _ => self.calls.iter().any(|made| made.injected && made.is(call)),
        }
    }

    /// The steps of the renamed, and so committed, checkpoints.
    pub fn committed(&self) -> BTreeSet<u64> {
        let renamed = |call: &Call| match &call.about[..] {
            [from, to] if call.succeeded && call.name.starts_with("rename") => {
                from.strip_prefix("checkpoints/.tmp-step-")?;
                to.strip_prefix("checkpoints/step-")?.parse().ok()
            }
            _ => None,
        };
        self.calls.iter().filter_map(renamed).collect()
    }

    /// The calls of checkpoints: from the sync of the log to the end of retention.
    pub fn of_checkpoints(&self) -> impl Iterator<Item = &Call> {
        let parts = ["checkpoint", "retention", "best.json"];
        self.calls.iter().filter(move |call| {
            parts.contains(&call.part()) || call.name == "fsync" && call.part() == "metrics.jsonl"
        })
    }
}

/// Success of a call, and whether its result was injected, by the end of its line.
fn result(line: &str) -> (bool, bool) {
    let result = line.rsplit_once(" = ").map_or("?", |(_, result)| result);
    (!result.starts_with(['?', '-']), result.ends_with("(INJECTED)"))
}

/// The paths in the folder `run` among the arguments, without parts that differ between processes.
fn about(arguments: &str, run: &str, pid: &str) -> Vec<String> {
    let named = arguments.match_indices(run).filter_map(|(at, _)| {
        let rest = &arguments[at + run.len()..];
        let rest = &rest[..rest.find(['"', '>'])?];
        match rest.strip_prefix('/') {
            Some(name) if name.starts_with("events.out") => Some("events".to_owned()),
            Some(name) => Some(name.replace(&format!("-{pid}"), "")),
            // Not a folder whose name only begins like this one's.
            None => rest.is_empty().then(|| ".".to_owned()),
        }
    });
    named.collect()
}
