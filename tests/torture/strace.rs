//! The calls that a program makes of the system, and faults put into them, by strace.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::through;

/// The calls that look at a disk or change it. Not every processor has all of them.
const CALLS: &str = "?open,openat,read,write,?pwrite64,fsync,fdatasync,?rename,?renameat,?renameat2,?mkdir,\
    ?mkdirat,?unlink,?unlinkat,?rmdir,?ftruncate,?statx,?newfstatat,?getdents64,flock,close";

/// The parts of a run, by what the names of their files hold.
const PARTS: [(&str, &str); 7] = [
    ("pruned", "retention"),
    ("checkpoints", "checkpoint"),
    ("best.json", "best.json"),
    ("metrics.jsonl", "metrics.jsonl"),
    ("report.html", "page, events"),
    ("events", "page, events"),
    ("samples", "samples"),
];

/// One call of the thread that trains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// So many calls of this name had the thread made with this one.
    pub number: usize,
    /// What it is about in the run's folder, whose own name is `.`; a rename is about two things.
    pub about: Vec<String>,
    /// So many calls of this name about this had the thread made with this one.
    nth: usize,
    /// Whether it makes a file that is not there.
    pub creates: bool,
    pub succeeded: bool,
    /// Whether what it returned was made up.
    pub injected: bool,
}

impl Call {
    /// Whether it is the same call of another process, in which it may have another number.
    pub fn is(&self, other: &Self) -> bool {
        (&self.name, &self.about, self.nth) == (&other.name, &other.about, other.nth)
    }

    /// Whether it made something that was not there.
    pub fn makes(&self) -> bool {
        self.succeeded && (self.creates || self.name.starts_with("mkdir"))
    }

    /// The part of the run that it is about.
    pub fn part(&self) -> &'static str {
        let about = self.about.join(" ");
        let part = PARTS.iter().find(|(name, _)| about.contains(name));
        part.map_or("the run's folder", |(_, part)| part)
    }
}

/// What is put into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL before it is made.
    Kill,
    /// SIGSTOP while it is made.
    Stop,
    /// It is not made, and fails with this error.
    Error(&'static str),
    /// It is not made, and yet says that it did so much.
    Lie(usize),
}

impl Fault {
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

/// A command whose calls are written to `log`, with a fault in one of them.
pub fn traced(command: &Command, log: &Path, fault: Option<(&Call, Fault)>) -> Command {
    let mut words: Vec<String> =
        ["strace", "-f", "-y", "-s0", "-E", "PATH=/nowhere", "-o"].map(str::to_owned).into();
    words.push(log.to_str().expect("a plain path").to_owned());
    words.extend(["-e".to_owned(), format!("trace={CALLS}")]);
    if let Some((Call { name, number, .. }, fault)) = fault {
        let what = match fault {
            Fault::Kill => "signal=KILL".to_owned(),
            Fault::Stop => "signal=STOP".to_owned(),
            Fault::Error(error) => format!("error={error}"),
            Fault::Lie(result) => format!("retval={result}"),
        };
        words.extend(["-e".to_owned(), format!("inject={name}:{what}:when={number}")]);
    }
    through(words, command)
}

/// What a traced program did.
#[derive(Debug)]
pub struct Trace {
    /// Its process.
    pub pid: u32,
    /// The calls about the run's folder, of the thread that trains.
    pub calls: Vec<Call>,
    pub killed: bool,
}

impl Trace {
    /// Reads what was written while `run` was trained; nothing when it did not come so far.
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

    /// Whether a fault came to a call.
    pub fn has(&self, call: &Call, fault: Fault) -> bool {
        match fault {
            Fault::Kill => self.killed && self.calls.last().is_some_and(|last| last.is(call)),
            _ => self.calls.iter().any(|made| made.injected && made.is(call)),
        }
    }

    /// The steps of the checkpoints that were given their name.
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

    /// The calls of checkpoints: from the time that the log is on the disk until retention is over.
    pub fn of_checkpoints(&self) -> impl Iterator<Item = &Call> {
        let parts = ["checkpoint", "retention", "best.json"];
        self.calls.iter().filter(move |call| {
            parts.contains(&call.part()) || call.name == "fsync" && call.part() == "metrics.jsonl"
        })
    }
}

/// Whether a call succeeded, and whether that was made up, by the end of its line.
fn result(line: &str) -> (bool, bool) {
    let result = line.rsplit_once(" = ").map_or("?", |(_, result)| result);
    (!result.starts_with(['?', '-']), result.ends_with("(INJECTED)"))
}

/// The things in the folder `run` that arguments name, without what differs from process to process.
fn about(arguments: &str, run: &str, pid: &str) -> Vec<String> {
    let named = arguments.match_indices(run).filter_map(|(at, _)| {
        let rest = &arguments[at + run.len()..];
        let rest = &rest[..rest.find(['"', '>'])?];
        match rest.strip_prefix('/') {
            Some(name) if name.starts_with("events.out") => Some("events".to_owned()),
            Some(name) => Some(name.replace(&format!("-{pid}"), "")),
            // Another folder whose name begins with this one's is none of it.
            None => rest.is_empty().then(|| ".".to_owned()),
        }
    });
    named.collect()
}
