//! The words of a command line: short forms before parsing, and the call as parsed.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use hearth_config::Invocation;

use super::{Cli, Command, ComputeArgs};
use crate::settings::DATASETS;

/// Rewrites `train --resume RUN` to `train --resume --run RUN`. The word behind `--resume` may also be a setting or the
/// config: it is a run if it has neither `=` nor `.toml`, or names a folder. A run's folder in the place of the config
/// is a run as well.
pub fn expand_resume(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_option = |word: &OsStr, name: &str| {
        word == name || word.to_str().is_some_and(|word| word.starts_with(&format!("{name}=")))
    };
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    if command(&words[..end]).is_none_or(|word| word != "train")
        || words[..end].iter().any(|word| is_option(word, "--run"))
    {
        return words;
    }
    let Some(at) = words[..end].iter().position(|word| is_option(word, "--resume")) else {
        return words;
    };
    let run =
        words[at].to_str().and_then(|word| word.strip_prefix("--resume=")).map(OsString::from);
    if let Some(run) = run {
        words.splice(at..=at, ["--resume".into(), "--run".into(), run]);
        return words;
    }
    let behind = words.get(at + 1).filter(|word| at + 1 < end && may_be_run(word));
    let place = match behind {
        Some(_) => Some(at + 1),
        None => words[..end].iter().position(|word| Path::new(word).join("config.toml").is_file()),
    };
    if let Some(place) = place {
        words.insert(place, "--run".into());
    }
    words
}

/// The command: the first word after the program that is neither an option nor its value.
fn command(words: &[OsString]) -> Option<&OsString> {
    let mut words = words.iter().skip(1);
    loop {
        let word = words.next()?;
        if word == "--datasets" {
            words.next();
        } else if !word.to_string_lossy().starts_with('-') {
            return Some(word);
        }
    }
}

fn may_be_run(word: &OsStr) -> bool {
    let (path, text) = (Path::new(word), word.to_string_lossy());
    let is_other = text.starts_with('-') || text.contains('=') || text.ends_with(".toml");
    path.is_dir() || !is_other && !path.is_file()
}

impl Cli {
    /// The program, `--datasets` and the backend of this call, for command lines in messages.
    pub fn called(&self, program: OsString) -> Invocation {
        let compute = self.command.compute();
        let named = |name: &str, value: String| [OsString::from(name), value.into()];
        let backend = compute.and_then(|compute| compute.backend);
        let device = compute.and_then(|compute| compute.device);
        let backend = backend.map(|backend| named("--backend", backend.name().to_owned()));
        let device = device.map(|number| named("--device", number.to_string()));
        // A folder from the environment is kept: another shell may lack the variable.
        let datasets = self.datasets.as_ref().filter(|folder| *folder != Path::new(DATASETS));
        let datasets =
            datasets.map(|folder| ["--datasets".into(), folder.clone().into_os_string()]);
        Invocation {
            program: if program.is_empty() { "hearth".into() } else { program },
            datasets: datasets.into_iter().flatten().collect(),
            compute: backend.into_iter().chain(device).flatten().collect(),
        }
    }
}

impl Command {
    /// The backend arguments; `None` of commands without a backend.
    fn compute(&self) -> Option<&ComputeArgs> {
        match self {
            Self::Train(args) => Some(&args.compute),
            Self::Sweep(args) => Some(&args.compute),
            Self::Eval(args) => Some(&args.trained.compute),
            Self::Predict(args) => Some(&args.trained.compute),
            Self::Inspect(args) => Some(&args.trained.compute),
            Self::Sample(args) => Some(&args.trained.compute),
            Self::Play(args) => Some(&args.trained.compute),
            Self::Export(args) => Some(&args.trained.compute),
            Self::Import(args) => Some(&args.compute),
            #[cfg(feature = "serve")]
            Self::Serve(args) => Some(&args.compute),
            Self::LrFind(args) => Some(&args.compute),
            Self::Doctor(args) => Some(&args.compute),
            Self::Init(_)
            | Self::Config(_)
            | Self::Schema
            | Self::Runs(_)
            | Self::Compare(_)
            | Self::Data(_)
            | Self::Completions { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_may_stand_behind_resume() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("my=run");
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join("config.toml"), "").unwrap();
        let run = run.to_str().unwrap();
        for (typed, expected) in [
            ("hearth train a.toml --resume runs/a", "hearth train a.toml --resume --run runs/a"),
            (
                "hearth train --resume=runs/a train.epochs=3",
                "hearth train --resume --run runs/a train.epochs=3",
            ),
            ("hearth train --resume RUN", "hearth train --resume --run RUN"),
            ("hearth train RUN --resume", "hearth train --run RUN --resume"),
            (
                "hearth train RUN train.epochs=3 --resume",
                "hearth train --run RUN train.epochs=3 --resume",
            ),
            // As it was.
            (
                "hearth train --run runs/a --resume train.epochs=3",
                "hearth train --run runs/a --resume train.epochs=3",
            ),
            (
                "hearth train --resume train.epochs=3 --run=runs/a",
                "hearth train --resume train.epochs=3 --run=runs/a",
            ),
            ("hearth train --resume train.epochs=3", "hearth train --resume train.epochs=3"),
            ("hearth train --resume a.toml", "hearth train --resume a.toml"),
            ("hearth train a.toml --resume --json", "hearth train a.toml --resume --json"),
            ("hearth sweep --resume runs/a", "hearth sweep --resume runs/a"),
            ("hearth sweep --resume train", "hearth sweep --resume train"),
            (
                "hearth --datasets train sweep --resume s",
                "hearth --datasets train sweep --resume s",
            ),
            (
                "hearth --datasets d train --resume RUN",
                "hearth --datasets d train --resume --run RUN",
            ),
        ] {
            let words = |line: &str| -> Vec<OsString> {
                line.split(' ').map(|word| word.replace("RUN", run).into()).collect()
            };
            assert_eq!(expand_resume(words(typed)), words(expected), "{typed}");
        }
    }
}
