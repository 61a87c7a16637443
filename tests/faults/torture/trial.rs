//! Outcome of a program under a fault: its files are checked from outside, and its run is resumed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::subject::Subject;
use crate::support::{Done, difference, run};

/// The files of tensors of a checkpoint.
pub const FILES: [&str; 2] = ["model.safetensors", "optimizer.safetensors"];

/// Maximum number of lines of an error.
const LONGEST: usize = 6;

/// The end of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Killed,
    /// With an error, or on request.
    Refused,
    /// With success.
    CarriedOn,
}

/// Kinds of harm by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Lost,
    LoadedWrongly,
    Panicked,
    ToldWrongly,
}

/// Harm by a fault.
#[derive(Debug)]
pub struct Harm {
    pub kind: Kind,
    pub text: String,
}

impl Kind {
    /// Harm of this kind.
    pub fn found<T>(self, text: impl Into<String>) -> Result<T, Harm> {
        Err(Harm { kind: self, text: text.into() })
    }
}

/// Facts about a fault, for the check of its outcome.
#[derive(Default)]
pub struct Known {
    /// The committed checkpoints, as far as they are known from the calls.
    pub committed: BTreeSet<u64>,
    /// True if the disk reported writes that it had dropped: then checkpoints may be damaged, and the damage must be
    /// detected.
    pub lies: bool,
    /// True if it was asked to stop, and so has an additional checkpoint.
    pub asked: bool,
}

/// The folders of a run's checkpoints, ascending.
pub fn steps(run: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(run.join("checkpoints")).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("a folder that can be read").path());
    let step = |path: &Path| path.file_name()?.to_str()?.strip_prefix("step-")?.parse().ok();
    let mut steps: Vec<_> = paths.filter_map(|path| Some((step(&path)?, path))).collect();
    steps.sort();
    steps
}

/// The end of a program, which its exit code and message must tell.
pub fn ended(done: &Done) -> Result<Ended, Harm> {
    if done.err.contains("panicked") {
        return Kind::Panicked.found(&done.err);
    }
    match done.code {
        None => Ok(Ended::Killed),
        Some(0) => Ok(Ended::CarriedOn),
        Some(130) if done.err.contains("resume with") => Ok(Ended::Refused),
        Some(1 | 3) => {
            let lines = done
                .err
                .find("  × ")
                .map(|at| done.err[at..].lines().filter(|line| !line.trim().is_empty()).count());
            match lines {
                Some(lines) if lines <= LONGEST => Ok(Ended::Refused),
                _ => Kind::ToldWrongly.found(format!("{lines:?} lines of an error: {}", done.err)),
            }
        }
        Some(code) => Kind::ToldWrongly.found(format!("exit code {code}: {}", done.err)),
    }
}

/// Checks the files that `done` left in `path`, resumes the run, and compares it with the undisturbed one.
pub fn look(subject: &Subject, path: &Path, done: &Done, known: &Known) -> Result<Ended, Harm> {
    let ended = ended(done)?;
    let found = on_disk(subject, path, known.lies)?;
    if let Some(newest) = known.committed.last()
        && found.last() < Some(newest)
        && !known.lies
    {
        return Kind::Lost.found(format!("{newest} was kept, and {found:?} are there"));
    }
    if ended == Ended::CarriedOn {
        same(subject, path, "success was told")?;
        // The animation is optional, and a resume makes it.
        if animation_differs(subject, path) && !done.err.contains("warning: no samples.gif") {
            return Kind::ToldWrongly.found("samples.gif differs without a word");
        }
    }
    go_on(subject, path, found.last().copied())?;
    // Damaged checkpoints are moved aside, for inspection.
    if !known.lies && !known.asked {
        keeps_the_same(subject, path)?;
    }
    Ok(ended)
}

/// Resumes a run from its newest checkpoint, to the end of the undisturbed one.
pub fn go_on(subject: &Subject, path: &Path, newest: Option<u64>) -> Result<(), Harm> {
    let done = run(&mut subject.resume(path));
    if ended(&done)? != Ended::CarriedOn {
        return Kind::Lost.found(format!("it is not gone on with: {}", done.err));
    }
    let told = done.err.lines().find_map(|line| line.strip_prefix("resuming after step "));
    if told.map(str::to_owned) != newest.map(|step| step.to_string()) {
        return Kind::Lost.found(format!("{newest:?} was kept, and it went on from {told:?}"));
    }
    if animation_differs(subject, path) {
        return Kind::Lost.found("it was gone on with, and samples.gif differs");
    }
    same(subject, path, "it was gone on with")
}

/// Checks that a run holds the numbers of the undisturbed one.
pub fn same(subject: &Subject, path: &Path, when: &str) -> Result<(), Harm> {
    let differs = difference(&subject.whole(), path);
    differs.map_or(Ok(()), |fault| Kind::Lost.found(format!("{when}, and {fault}")))
}

/// True if the animation of a run's images differs from the undisturbed run's.
fn animation_differs(subject: &Subject, path: &Path) -> bool {
    let animation = |run: &Path| fs::read(run.join("samples.gif")).ok();
    animation(&subject.whole()) != animation(path)
}

/// The checkpoints on disk, each checked to be whole and equal to the undisturbed run's.
fn on_disk(subject: &Subject, run: &Path, lies: bool) -> Result<BTreeSet<u64>, Harm> {
    let mut found = BTreeSet::new();
    for (step, path) in steps(run) {
        let wrong = |what| Kind::LoadedWrongly.found(format!("{} {what}", path.display()));
        if !is_whole(&path) {
            if lies {
                continue;
            }
            return wrong("has its name and is not whole");
        }
        let tensors = FILES.map(|file| fs::read(path.join(file)).expect("it is whole"));
        if subject.tensors(step) != Some(&tensors) {
            return wrong("holds what no run left alone has there");
        }
        found.insert(step);
    }
    Ok(found)
}

/// True if a checkpoint holds exactly the files of its manifest.
fn is_whole(checkpoint: &Path) -> bool {
    let Ok(manifest) = fs::read_to_string(checkpoint.join("MANIFEST")) else { return false };
    // A line for each file, and one for the manifest itself.
    let listed: Vec<&str> = manifest.lines().filter(|line| line.contains(' ')).collect();
    let good = |line: &&str| {
        let [hash, size, name] = line.split(' ').collect::<Vec<_>>()[..] else { return false };
        let bytes = fs::read(checkpoint.join(name)).unwrap_or_default();
        bytes.len().to_string() == size && hearth_store::checksum(&bytes) == hash
    };
    let files = fs::read_dir(checkpoint).map_or(0, Iterator::count);
    listed.len() == 3 && listed.iter().all(good) && files == 4
}

/// Checks that a run keeps the checkpoints of the undisturbed one, and no unfinished files.
pub fn keeps_the_same(subject: &Subject, run: &Path) -> Result<(), Harm> {
    let kept = |run: &Path| steps(run).into_iter().map(|(step, _)| step).collect::<Vec<_>>();
    let (whole, found) = (kept(&subject.whole()), kept(run));
    if whole != found {
        return Kind::Lost.found(format!("it keeps {found:?} and not {whole:?}"));
    }
    for folder in [run.to_owned(), run.join("checkpoints"), run.join("samples")] {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let name = entry.expect("a folder that can be read").file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".tmp-") || name.contains(".damaged-") {
                return Kind::Lost.found(format!("{name} is left in {}", folder.display()));
            }
        }
    }
    Ok(())
}
