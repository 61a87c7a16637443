//! The errors of the store, each with a remedy in its message.

use std::{
    fmt::Display,
    io,
    path::{Path, PathBuf},
};

/// An error of saving or loading.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An I/O error.
    #[error("could not {action} {}: {}", path.display(), reason(source))]
    Io {
        /// The attempted action, a verb: "read", "write", ...
        action: &'static str,
        /// The path of the file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// A checkpoint differs from its manifest.
    #[error("{} is damaged: {fault}{}", file.display(), other_checkpoints(others))]
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// The kind of damage.
        fault: String,
        /// The steps of the other checkpoints, which may be undamaged.
        others: Vec<u64>,
    },
    /// Every checkpoint is damaged. None was moved, so that no run starts anew by mistake.
    #[error(
        "every checkpoint in {} is damaged: {}. To begin anew, name another folder with --run",
        folder.display(), list(faults.iter().map(|(_, fault)| fault))
    )]
    AllDamaged {
        /// The folder of checkpoints.
        folder: PathBuf,
        /// Each checkpoint and its damage, the newest first.
        faults: Vec<(PathBuf, String)>,
    },
    /// The run's checkpoints are missing, although `best.json` names one. No run starts anew by mistake.
    #[error(
        "the checkpoints in {} are gone, and best.json says that there were some: put them back, or train \
         into another folder with --run",
        folder.display()
    )]
    AllGone {
        /// The folder of checkpoints.
        folder: PathBuf,
    },
    /// There is no checkpoint of the requested step.
    #[error("{} holds no checkpoint of step {step}{}", folder.display(), other_checkpoints(others))]
    NoCheckpoint {
        /// The folder of checkpoints.
        folder: PathBuf,
        /// The requested step.
        step: u64,
        /// The steps of the existing checkpoints.
        others: Vec<u64>,
    },
    /// An undamaged checkpoint of the step with another content exists.
    #[error(
        "{} is there already and holds another state: move it away, or train into another folder",
        path.display()
    )]
    CheckpointExists {
        /// The existing checkpoint.
        path: PathBuf,
    },
    /// A file in a format of a later version of the program.
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
    /// A file of a run, other than a checkpoint's, cannot be parsed.
    #[error("{} cannot be understood: {fault}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The error, and its remedy.
        fault: String,
    },
    /// `metrics.jsonl` is shorter than when the checkpoint was saved.
    #[error(
        "{} has {found} bytes, but {wanted} had been written when the checkpoint was saved: \
         put the file back, or resume from an earlier checkpoint",
        path.display()
    )]
    MetricsShort {
        /// The log.
        path: PathBuf,
        /// Its length in bytes when the checkpoint was saved.
        wanted: u64,
        /// Its length in bytes now.
        found: u64,
    },

    /// The folder already holds a run.
    #[error(
        "{} already holds a run: continue it with --resume, or name another folder with --run",
        path.display()
    )]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds other files.
    #[error("{} is a folder with other things in it: name a new one with --run", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no run.
    #[error("{}{}", not_a_run(path), nearby(runs))]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The runs in it, or else in its parent folder.
        runs: Vec<PathBuf>,
    },
    /// The folder already holds a sweep.
    #[error(
        "{} already holds a sweep: continue it with --resume in the place of --out, or name another folder",
        path.display()
    )]
    SweepExists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no sweep.
    #[error(
        "{} is not a sweep (it has no sweep.json): name the folder that `hearth sweep` made",
        path.display()
    )]
    NotASweep {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has locked the run or sweep.
    #[error("{} is in use by {holder}: wait until it ends, or stop it", path.display())]
    Locked {
        /// The run's folder.
        path: PathBuf,
        /// The process that holds the lock: `pid 4242 on host since 2026-01-31T12:00:00Z`.
        holder: String,
    },
    /// A name that is no plain file name.
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
    /// An entry is missing from the state.
    #[error("the stored state lacks `{path}`: it was saved by another model or configuration")]
    Missing {
        /// The path.
        path: String,
    },
    /// Entries of the state that no part of the run took.
    #[error(
        "the stored state holds {}, which nothing here uses: \
         it was saved by another model or configuration",
        list(paths.iter().map(|path| format!("`{path}`")))
    )]
    Extra {
        /// Their paths.
        paths: Vec<String>,
    },
    /// A tensor has the wrong shape.
    #[error(
        "`{path}` is stored with shape {found:?}, but {wanted:?} is needed: \
         it was saved by another model or configuration"
    )]
    Shape {
        /// The path.
        path: String,
        /// The required shape.
        wanted: Vec<usize>,
        /// The stored shape.
        found: Vec<usize>,
    },
    /// An entry has the wrong kind.
    #[error("`{path}` is stored as {found}, but {wanted} is needed")]
    Kind {
        /// The path.
        path: String,
        /// The required kind.
        wanted: &'static str,
        /// The stored kind.
        found: &'static str,
    },
    /// A tensor's elements have the wrong type.
    #[error("the tensor holds {found}, but {wanted} was asked for")]
    DType {
        /// The requested type.
        wanted: &'static str,
        /// The stored type.
        found: &'static str,
    },
    /// A tensor's values do not fill its shape.
    #[error("{found} bytes of values do not fill a tensor of {dtype} with shape {shape:?}")]
    Elements {
        /// The elements' type.
        dtype: &'static str,
        /// The shape.
        shape: Vec<usize>,
        /// The number of bytes of the values.
        found: usize,
    },
    /// A tensor's path has no prefix of a checkpoint's files.
    #[error("the tensor `{path}` cannot be saved: put it under `model.`, `optimizer.` or `task.`")]
    NoTensorFile {
        /// The path.
        path: String,
    },
    /// A value has no encoding.
    #[error("{what} cannot be written: {fault}")]
    Encode {
        /// The value to encode, a noun phrase.
        what: &'static str,
        /// The reason.
        fault: String,
    },
}

impl StoreError {
    /// True for damaged or missing files, false for wrong use.
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

/// The reason of an I/O error and its remedy, worded the same on every operating system; the system's own text for rare
/// kinds.
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

/// The message for a path that is no run.
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

/// Up to five items, and the number of the rest.
fn list(items: impl IntoIterator<Item: Display>) -> String {
    const SHOWN: usize = 5;
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown = items[..items.len().min(SHOWN)].join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
