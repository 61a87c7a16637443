//! Diagnostics in the system calls of a run: each is injected once, and its outcome checked.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::strace::{Call, Diagnostic, Trace, traced};
use super::subject::Subject;
use super::table::Table;
use super::trial::{Ended, Harm, Kind, Known, look, steps};
use crate::support::{Done, copy, run, succeed};

/// The program under a fault: a run from its start, or the resume of a killed one.
#[derive(Clone, Copy)]
enum Leg<'a> {
    Whole,
    After(&'a Path),
}

/// A checkpoint in the middle of [`PERCEPTRON`](super::PERCEPTRON)'s run, after which one is removed.
const MIDDLE: &str = "step-00000008";

/// The errors of a call. An interrupted call is repeated.
fn errors(call: &Call) -> impl Iterator<Item = Diagnostic> {
    let errors: &[_] = match call.name.as_str() {
        "open" | "openat" if call.creates => &["ENOSPC", "EROFS", "EMFILE", "EIO", "EINTR"],
        "open" | "openat" => &["EMFILE", "EIO", "EINTR"],
        "write" | "fsync" | "fdatasync" => &["ENOSPC", "EIO", "EINTR"],
        "read" => &["EIO", "EINTR"],
        "rename" | "renameat" | "renameat2" | "mkdir" | "mkdirat" => &["ENOSPC", "EROFS", "EIO"],
        "unlink" | "unlinkat" | "rmdir" => &["EROFS", "EIO"],
        "ftruncate" | "statx" | "newfstatat" | "getdents64" => &["EIO"],
        "flock" => &["ENOLCK"],
        // An error of close comes too late to be handled.
        _ => &[],
    };
    errors.iter().map(|error| Diagnostic::Error(error))
}

/// A kill before a call, and its errors.
fn faults(call: &Call) -> impl Iterator<Item = Diagnostic> {
    iter::once(Diagnostic::Kill).chain(errors(call))
}

/// Number of attempts for a fault. Pages are drawn by the clock, so that a run sometimes makes other calls.
pub const TRIES: usize = 10;

/// The calls of an undisturbed leg.
fn made(subject: &Subject, leg: Leg<'_>) -> Trace {
    let (path, log) = (begin(subject, leg), subject.log());
    succeed(&mut traced(&command(subject, leg, &path), &log, None));
    let trace = Trace::read(&log, &path).expect("it trains in its folder");
    fs::remove_dir_all(path).unwrap();
    trace
}

/// The calls that three undisturbed runs have in common.
fn undisturbed(subject: &Subject, leg: Leg<'_>) -> Trace {
    let mut trace = made(subject, leg);
    for _ in 1..3 {
        let others = made(subject, leg).calls;
        trace.calls.retain(|call| others.iter().any(|other| other.is(call)));
    }
    trace
}

/// The calls of a whole undisturbed run.
pub fn undisturbed_run(subject: &Subject) -> Trace {
    made(subject, Leg::Whole)
}

/// The command of a leg in a folder.
fn command(subject: &Subject, leg: Leg<'_>, path: &Path) -> Command {
    match leg {
        Leg::Whole => subject.train(path),
        Leg::After(_) => subject.resume(path),
    }
}

/// The folder of a leg.
fn begin(subject: &Subject, leg: Leg<'_>) -> PathBuf {
    let path = subject.fresh();
    if let Leg::After(killed) = leg {
        copy(killed, &path);
    }
    path
}

/// Injects a fault into a call of a leg, checks the outcome, and counts it at `place`.
fn put(
    subject: &Subject,
    leg: Leg<'_>,
    call: &Call,
    fault: Diagnostic,
    place: &str,
    table: &mut Table,
) {
    let Some((path, trace, done)) = bring(subject, leg, call, fault) else {
        return table.miss();
    };
    let mut committed = trace.committed();
    if let Leg::After(killed) = leg {
        committed.extend(steps(killed).into_iter().map(|(step, _)| step));
    }
    let known = Known { committed, lies: matches!(fault, Diagnostic::Lie(_)), ..Known::default() };
    let came = look(subject, &path, &done, &known).and_then(|ended| {
        if ended == Ended::CarriedOn && is_silent(call, fault, &done.err) {
            return Kind::ToldWrongly.found("nothing was said");
        }
        Ok(ended)
    });
    let _ = fs::remove_dir_all(path);
    let came = came.map_err(|harm| Harm { text: format!("{call:?}: {}", harm.text), ..harm });
    table.count(fault.name(), place, came);
}

/// Runs a leg with a fault in a call: its folder, its calls and its result. `None` if the call does not recur.
fn bring(
    subject: &Subject,
    leg: Leg<'_>,
    call: &Call,
    fault: Diagnostic,
) -> Option<(PathBuf, Trace, Done)> {
    let mut call = call.clone();
    for _ in 0..TRIES {
        let (path, log) = (begin(subject, leg), subject.log());
        let done = run(&mut traced(&command(subject, leg, &path), &log, Some((&call, fault))));
        let trace = Trace::read(&log, &path).expect("it trains in its folder");
        if trace.has(&call, fault) {
            return Some((path, trace, done));
        }
        let _ = fs::remove_dir_all(path);
        call = again(&made(subject, leg), call);
    }
    None
}

/// The same call in another run, if it was made.
pub fn again(trace: &Trace, call: Call) -> Call {
    trace.calls.iter().find(|made| made.is(&call)).cloned().unwrap_or(call)
}

/// True if the fault lost an output without a warning.
fn is_silent(call: &Call, fault: Diagnostic, told: &str) -> bool {
    let writes = ["write", "fsync", "rename"].contains(&call.name.as_str()) || call.creates;
    writes
        && call.part() == "page, events"
        && fault != Diagnostic::Error("EINTR")
        && !told.contains("warning")
}

/// Kills before each call on the run's folder.
pub fn kill_at_each(subject: &Subject, table: &mut Table) {
    for call in &undisturbed(subject, Leg::Whole).calls {
        put(subject, Leg::Whole, call, Diagnostic::Kill, call.part(), table);
    }
}

/// Each error of a call, in each call on the run's folder.
pub fn fail_each(subject: &Subject, table: &mut Table) {
    for call in &undisturbed(subject, Leg::Whole).calls {
        for fault in errors(call) {
            put(subject, Leg::Whole, call, fault, call.part(), table);
        }
    }
}

/// Kills before each call that creates a run, up to the commit of its record.
pub fn kill_before_the_record(subject: &Subject, table: &mut Table) {
    let trace = undisturbed(subject, Leg::Whole);
    let commits = |call: &Call| call.name == "rename" && call.about[1] == "run.json";
    let record = trace.calls.iter().position(commits).expect("each run has a record");
    for call in &trace.calls[..=record] {
        put(subject, Leg::Whole, call, Diagnostic::Kill, call.part(), table);
    }
}

/// Writes of checkpoints that are dropped but report success. Not of the checkpoint of step 5, which is the best one
/// for a time: the best of the others would take its place.
pub fn lie_at_each_write(subject: &Subject, table: &mut Table) {
    let trace = undisturbed(subject, Leg::Whole);
    let writes = trace.calls.iter().filter(|call| {
        call.name == "write"
            && call.about[0].starts_with("checkpoints/")
            && !call.about[0].contains("step-00000005")
    });
    for call in writes {
        put(subject, Leg::Whole, call, Diagnostic::Lie(1), call.part(), table);
    }
}

/// Kills and errors in each call of a resume, up to its first checkpoint, after kills at some moments of a
/// checkpoint.
pub fn resume_at_each(subject: &Subject, table: &mut Table) {
    let whole = undisturbed(subject, Leg::Whole);
    for moment in [
        ("rename", "checkpoints/.tmp-step-00000008"),
        ("unlinkat", "checkpoints/.tmp-pruned-step-00000004"),
        ("rename", "run.json"),
    ] {
        let is_it = |call: &&Call| {
            call.name == moment.0 && call.about.iter().any(|name| name.ends_with(moment.1))
        };
        let killed = killed_at(subject, whole.calls.iter().rfind(is_it).expect("it comes"));
        let leg = Leg::After(&killed);
        let trace = undisturbed(subject, leg);
        let begun = trace
            .calls
            .iter()
            .position(|call| call.name == "mkdir" && call.about[0].contains(".tmp-step"));
        for call in &trace.calls[..begun.unwrap_or(trace.calls.len())] {
            for fault in faults(call) {
                put(subject, leg, call, fault, "a resume", table);
            }
        }
    }
}

/// A run that was killed before a call.
fn killed_at(subject: &Subject, call: &Call) -> PathBuf {
    let (path, ..) = bring(subject, Leg::Whole, call, Diagnostic::Kill).expect("each run makes it");
    path
}

/// Kills and errors in each call of an adversarial pair from its last checkpoint on, when the animation of its images
/// is written, and in the calls that save images.
pub fn end_of_a_pair(subject: &Subject, table: &mut Table) {
    let trace = undisturbed(subject, Leg::Whole);
    let last = trace.calls.iter().rposition(|call| call.name == "mkdir").expect("a checkpoint");
    for (place, call) in trace.calls.iter().enumerate() {
        if place >= last || call.part() == "samples" {
            let part = format!("{}, of a pair", call.part());
            for fault in faults(call) {
                put(subject, Leg::Whole, call, fault, &part, table);
            }
        }
    }
}

/// Some faults in a checkpoint in the middle.
pub fn some(subject: &Subject, table: &mut Table) {
    let trace = undisturbed(subject, Leg::Whole);
    let of_middle =
        trace.of_checkpoints().filter(|call| call.about.iter().any(|name| name.contains(MIDDLE)));
    for (place, call) in of_middle.filter(|call| call.name != "close").step_by(2).enumerate() {
        // Another fault in each.
        let faults: Vec<_> = faults(call).collect();
        put(subject, Leg::Whole, call, faults[place % faults.len()], call.part(), table);
    }
}
