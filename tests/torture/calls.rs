//! Faults in the calls of the system that a run makes: each is made once, and looked at.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::strace::{Call, Fault, Trace, traced};
use super::subject::Subject;
use super::table::Table;
use super::trial::{Ended, Harm, Kind, Known, look, steps};
use crate::support::{Done, copy, run, succeed};

/// What is put under a fault: a run from its beginning, or the resume of one that was killed.
#[derive(Clone, Copy)]
enum Leg<'a> {
    Whole,
    After(&'a Path),
}

/// A checkpoint in the middle of [`PERCEPTRON`](super::PERCEPTRON)'s run, after which one is removed.
const MIDDLE: &str = "step-00000008";

/// The errors that a call may have. An interrupted one is made again.
fn errors(call: &Call) -> impl Iterator<Item = Fault> {
    let errors: &[_] = match call.name.as_str() {
        "open" | "openat" if call.creates => &["ENOSPC", "EROFS", "EMFILE", "EIO", "EINTR"],
        "open" | "openat" => &["EMFILE", "EIO", "EINTR"],
        "write" | "fsync" | "fdatasync" => &["ENOSPC", "EIO", "EINTR"],
        "read" => &["EIO", "EINTR"],
        "rename" | "renameat" | "renameat2" | "mkdir" | "mkdirat" => &["ENOSPC", "EROFS", "EIO"],
        "unlink" | "unlinkat" | "rmdir" => &["EROFS", "EIO"],
        "ftruncate" | "statx" | "newfstatat" | "getdents64" => &["EIO"],
        "flock" => &["ENOLCK"],
        // What a close says comes too late for everyone.
        _ => &[],
    };
    errors.iter().map(|error| Fault::Error(error))
}

/// A kill before a call, and its errors.
fn faults(call: &Call) -> impl Iterator<Item = Fault> {
    iter::once(Fault::Kill).chain(errors(call))
}

/// How often a fault is tried. A page is drawn when it is worth its time, by the clock, so that now and then a run
/// makes other calls.
pub const TRIES: usize = 10;

/// The calls of a leg that no fault disturbs.
fn made(subject: &Subject, leg: Leg<'_>) -> Trace {
    let (path, log) = (begin(subject, leg), subject.log());
    succeed(&mut traced(&command(subject, leg, &path), &log, None));
    let trace = Trace::read(&log, &path).expect("it trains in its folder");
    fs::remove_dir_all(path).unwrap();
    trace
}

/// Those of them that three runs have in common.
fn undisturbed(subject: &Subject, leg: Leg<'_>) -> Trace {
    let mut trace = made(subject, leg);
    for _ in 1..3 {
        let others = made(subject, leg).calls;
        trace.calls.retain(|call| others.iter().any(|other| other.is(call)));
    }
    trace
}

/// The calls of a whole run that no fault disturbs.
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

/// Puts a fault into a call of a leg, looks at what came of it, and counts it as one at `place`.
fn put(subject: &Subject, leg: Leg<'_>, call: &Call, fault: Fault, place: &str, table: &mut Table) {
    let Some((path, trace, done)) = bring(subject, leg, call, fault) else {
        return table.miss();
    };
    let mut committed = trace.committed();
    if let Leg::After(killed) = leg {
        committed.extend(steps(killed).into_iter().map(|(step, _)| step));
    }
    let known = Known { committed, lies: matches!(fault, Fault::Lie(_)), ..Known::default() };
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

/// A leg with a fault in a call: its folder, its calls and how it ended. None when the call does not come again.
fn bring(
    subject: &Subject,
    leg: Leg<'_>,
    call: &Call,
    fault: Fault,
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

/// A call as another run made it, where it did.
pub fn again(trace: &Trace, call: Call) -> Call {
    trace.calls.iter().find(|made| made.is(&call)).cloned().unwrap_or(call)
}

/// Whether something that is left out because of a fault was left out without a word.
fn is_silent(call: &Call, fault: Fault, told: &str) -> bool {
    let writes = ["write", "fsync", "rename"].contains(&call.name.as_str()) || call.creates;
    writes
        && call.part() == "page, events"
        && fault != Fault::Error("EINTR")
        && !told.contains("warning")
}

/// Kills before each call about the run's folder.
pub fn kill_at_each(subject: &Subject, table: &mut Table) {
    for call in &undisturbed(subject, Leg::Whole).calls {
        put(subject, Leg::Whole, call, Fault::Kill, call.part(), table);
    }
}

/// Each error that a call may have, in each call about the run's folder.
pub fn fail_each(subject: &Subject, table: &mut Table) {
    for call in &undisturbed(subject, Leg::Whole).calls {
        for fault in errors(call) {
            put(subject, Leg::Whole, call, fault, call.part(), table);
        }
    }
}

/// Writes of checkpoints that are not made, and say that they were. Not of the checkpoint of step 5, which is
/// the best one for a time: what is best of the others takes its place.
pub fn lie_at_each_write(subject: &Subject, table: &mut Table) {
    let trace = undisturbed(subject, Leg::Whole);
    let writes = trace.calls.iter().filter(|call| {
        call.name == "write"
            && call.about[0].starts_with("checkpoints/")
            && !call.about[0].contains("step-00000005")
    });
    for call in writes {
        put(subject, Leg::Whole, call, Fault::Lie(1), call.part(), table);
    }
}

/// Kills and errors in each call of a resume, up to the first checkpoint that it makes, after kills at some
/// moments of a checkpoint.
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
    let (path, ..) = bring(subject, Leg::Whole, call, Fault::Kill).expect("each run makes it");
    path
}

/// Kills and errors in each call of an adversarial pair from its last checkpoint on, when its pictures become
/// an animation, and in those that keep its pictures.
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
        // Another one in each.
        let faults: Vec<_> = faults(call).collect();
        put(subject, Leg::Whole, call, faults[place % faults.len()], call.part(), table);
    }
}
