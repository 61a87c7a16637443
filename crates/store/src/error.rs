//! Everything that can go wrong, each with a sentence that says what to do.

use std::{
    fmt::Display,
    io,
    path::{Path, PathBuf},
};

/// Why something could not be kept or read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused; the source says why.
    #[error("could not {action} {}: {}", path.display(), reason(source))]
    Io {
        /// What was tried, as a verb: "read", "write", ...
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A checkpoint is not what was saved.
    #[error("{} is damaged: {fault}{}", file.display(), other_checkpoints(others))]
    Damaged {
        /// The file that is at fault.
        file: PathBuf,
        /// What is wrong with it.
        fault: String,
        /// The steps of the other checkpoints, which may be whole.
        others: Vec<u64>,
    },
    /// No checkpoint is whole. None was moved, so that nothing starts anew by mistake.
    #[error(
        "every checkpoint in {} is damaged: {}. To begin anew, name another folder with --run",
        folder.display(), list(faults.iter().map(|(_, fault)| fault))
    )]
    AllDamaged {
        /// The folder of checkpoints.
        folder: PathBuf,
        /// Each checkpoint and what is wrong with it, the newest first.
        faults: Vec<(PathBuf, String)>,
    },
    /// The run had checkpoints, and there is none. Nothing starts anew by mistake.
    #[error(
        "the checkpoints in {} are gone, and best.json says that there were some: put them back, or train \
         into another folder with --run",
        folder.display()
    )]
    AllGone {
        /// The folder of checkpoints.
        folder: PathBuf,
    },
    /// The step asked for was not kept.
    #[error("{} holds no checkpoint of step {step}{}", folder.display(), other_checkpoints(others))]
    NoCheckpoint {
        /// The folder of checkpoints.
        folder: PathBuf,
        /// The step asked for.
        step: u64,
        /// The steps that are there.
        others: Vec<u64>,
    },
    /// A whole checkpoint of the step is there already, with another content.
    #[error(
        "{} is there already and holds another state: move it away, or train into another folder",
        path.display()
    )]
    CheckpointExists {
        /// The checkpoint that is there.
        path: PathBuf,
    },
    /// A later version of the program wrote this.
    #[error(
        "{} has format {format}, and this version reads up to {supported}: use a newer Hearth",
        file.display()
    )]
    NewerFormat {
        /// The file.
        file: PathBuf,
        /// Its format.
        format: u64,
        /// The newest format that this version reads.
        supported: u64,
    },
    /// A file of a run, other than those of a checkpoint, cannot be understood.
    #[error("{} cannot be understood: {fault}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what to do.
        fault: String,
    },
    /// `metrics.jsonl` has lost lines that a checkpoint counts on.
    #[error(
        "{} has {found} bytes, but {wanted} had been written when the checkpoint was saved: \
         put the file back, or resume from an earlier checkpoint",
        path.display()
    )]
    MetricsShort {
        /// The log.
        path: PathBuf,
        /// Its length when the checkpoint was saved.
        wanted: u64,
        /// Its length now.
        found: u64,
    },

    /// The folder holds a run already.
    #[error(
        "{} already holds a run: continue it with --resume, or name another folder with --run",
        path.display()
    )]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something that is no run.
    #[error("{} is a folder with other things in it: name a new one with --run", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run in the folder.
    #[error("{}{}", not_a_run(path), nearby(runs))]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The runs found in it, or else beside it.
        runs: Vec<PathBuf>,
    },
    /// The folder holds a sweep already.
    #[error(
        "{} already holds a sweep: continue it with --resume in the place of --out, or name another folder",
        path.display()
    )]
    SweepExists {
        /// The folder.
        path: PathBuf,
    },
    /// There is no sweep in the folder.
    #[error(
        "{} is not a sweep (it has no sweep.json): name the folder that `hearth sweep` made",
        path.display()
    )]
    NotASweep {
        /// The folder.
        path: PathBuf,
    },
    /// Another process is at work in the run or sweep.
    #[error("{} is in use by {holder}: wait until it ends, or stop it", path.display())]
    Locked {
        /// The run's folder.
        path: PathBuf,
        /// Who holds it: `pid 4242 on host since 2026-01-31T12:00:00Z`.
        holder: String,
    },
    /// A name that is not that of a plain file in the folder.
    #[error(
        "`{name}` cannot be the name of a file or folder here: use a plain name without slashes"
    )]
    FileName {
        /// The name.
        name: String,
    },

    /// Two entries of a state have the same path.
    #[error("`{path}` is stored twice: give each entry a path of its own")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// An entry that is needed is not in the state.
    #[error("the stored state lacks `{path}`: it was saved by another model or configuration")]
    Missing {
        /// The path.
        path: String,
    },
    /// Entries of the state that nothing asked for.
    #[error(
        "the stored state holds {}, which nothing here uses: \
         it was saved by another model or configuration",
        list(paths.iter().map(|path| format!("`{path}`")))
    )]
    Extra {
        /// Their paths.
        paths: Vec<String>,
    },
    /// A tensor has another shape than is needed.
    #[error(
        "`{path}` is stored with shape {found:?}, but {wanted:?} is needed: \
         it was saved by another model or configuration"
    )]
    Shape {
        /// The path.
        path: String,
        /// The shape that is needed.
        wanted: Vec<usize>,
        /// The shape that is stored.
        found: Vec<usize>,
    },
    /// An entry is of another kind than is needed.
    #[error("`{path}` is stored as {found}, but {wanted} is needed")]
    Kind {
        /// The path.
        path: String,
        /// The kind that is needed.
        wanted: &'static str,
        /// The kind that is stored.
        found: &'static str,
    },
    /// A tensor's elements are of another type than is needed.
    #[error("the tensor holds {found}, but {wanted} was asked for")]
    DType {
        /// The type that was asked for.
        wanted: &'static str,
        /// The type that it holds.
        found: &'static str,
    },
    /// A tensor's values do not fill its shape.
    #[error("{found} bytes of values do not fill a tensor of {dtype} with shape {shape:?}")]
    Elements {
        /// The elements' type.
        dtype: &'static str,
        /// The shape.
        shape: Vec<usize>,
        /// How many bytes were given.
        found: usize,
    },
    /// A tensor that has no file to go to.
    #[error("the tensor `{path}` cannot be saved: put it under `model.`, `optimizer.` or `task.`")]
    Homeless {
        /// The path.
        path: String,
    },
    /// Something that has no written form.
    #[error("{what} cannot be written: {fault}")]
    Encode {
        /// What was to be written.
        what: &'static str,
        /// What stands against it.
        fault: String,
    },
}

impl StoreError {
    /// Whether what was kept is damaged or gone, rather than misused.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. }
                | Self::AllDamaged { .. }
                | Self::AllGone { .. }
                | Self::NoCheckpoint { .. }
                | Self::Unreadable { .. }
                | Self::MetricsShort { .. }
        )
    }
}

/// What the system says, in words that are the same on every system, and what to do.
fn reason(source: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let known = match source.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => {
            "the disk is full. Make room, then continue with --resume"
        }
        Kind::ReadOnlyFilesystem => {
            "the disk is read-only. Name a folder that can be written with --run"
        }
        Kind::PermissionDenied => {
            "this user may not write there. Name a folder that can be written with --run"
        }
        Kind::NotFound => "the folder that it belongs in is not there. Check the path",
        Kind::AlreadyExists => "a file of this name is in the way. Name another folder with --run",
        Kind::NotADirectory => {
            "a part of the path is a file and no folder. Name another folder with --run"
        }
        Kind::IsADirectory => "it is a folder, where a file should be. Move it away",
        _ => "",
    };
    if known.is_empty() {
        let text = source.to_string();
        return text.split(" (os error").next().unwrap_or_default().to_owned();
    }
    known.to_owned()
}

/// What stands where a run should.
fn not_a_run(path: &Path) -> String {
    let fault = if path.is_dir() {
        "it has no config.toml"
    } else if path.extension().is_some_and(|end| end == "toml") {
        "it is a config, and a run is the folder of what was trained with one"
    } else if path.exists() {
        "it is a file, and a run is a folder"
    } else {
        "there is no such folder"
    };
    format!("{} is not a run: {fault}", path.display())
}

fn other_checkpoints(others: &[u64]) -> String {
    match others {
        [] => ". There is no other checkpoint".to_owned(),
        [one] => format!(". There is another checkpoint, of step {one}"),
        many => format!(". There are other checkpoints, of steps {}", list(many)),
    }
}

fn nearby(runs: &[PathBuf]) -> String {
    let shown = |run: &PathBuf| run.strip_prefix(".").unwrap_or(run).display().to_string();
    match runs {
        [] => ". `hearth train CONFIG` makes one, in runs/".to_owned(),
        runs => format!(". Runs nearby: {}", list(runs.iter().map(shown))),
    }
}

/// Up to five things, and how many more there are.
fn list(things: impl IntoIterator<Item: Display>) -> String {
    const SHOWN: usize = 5;
    let things: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    let shown = things[..things.len().min(SHOWN)].join(", ");
    match things.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
