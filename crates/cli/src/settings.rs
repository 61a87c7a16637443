//! Settings for a command: a config and what was typed over it, with the files that its paths mean.

use std::path::{Path, PathBuf};

use hearth_config::{Absent, Config, Fault, Faults, Located, RawConfig};
use hearth_data::is_present;
use hearth_store::RunDir;
use hearth_train::info::RunInfo;
use hearth_train::trained::stored_config;

use crate::failure::Failure;
use crate::terminal::say;

/// The folder of datasets where none is named.
pub const DATASETS: &str = "datasets";

/// Reads a config, with overrides over it.
pub fn read(path: &Path, overrides: &[String]) -> Result<Config, Failure> {
    let raw = RawConfig::read(path)?.with_overrides(overrides)?;
    let config = raw.check()?;
    located(raw.locate(config, false))
}

/// The settings of a run that is there, with overrides over them or over those of another config.
pub fn of_run(
    run: &RunDir,
    config: Option<&Path>,
    overrides: &[String],
) -> Result<Config, Failure> {
    let path = run.config_path();
    let raw = RawConfig::read(config.unwrap_or(&path))?.with_overrides(overrides)?;
    let (config, stored) = (raw.locate(raw.check()?, config.is_none()), stored_config(run)?);
    // The run has its first weights already, or says itself that it lacks them.
    let absent = config.absent.into_iter().filter(|absent| absent.key != "model.init");
    let config = located(Located { absent: absent.collect(), ..config })?.with_files_of(&stored);
    raw.check_resume(&config, &stored)?;
    Ok(config)
}

/// The config of these settings with absolute paths, after what has to be said of them. A path that leads
/// nowhere is an error.
pub fn located(Located { config, notes, absent }: Located) -> Result<Config, Failure> {
    for note in &notes {
        say(note);
    }
    let Some(Absent { key, tried, place }) = absent.first() else { return Ok(config) };
    let tried: Vec<_> = tried.iter().map(|path| format!("\n{}", path.display())).collect();
    let message = format!("`{key}` leads to nothing ({place}); tried:{}", tried.concat());
    Err(if key.starts_with("data.") {
        Failure::Data(message)
    } else {
        let help = "name the folder of a run; `hearth runs` lists them";
        Faults::from(Fault::new(message).help(help)).into()
    })
}

/// The folder of datasets, as it was named or not.
#[derive(Clone, Copy, Debug)]
pub struct Datasets<'a>(pub Option<&'a Path>);

impl Datasets<'_> {
    /// The folder that was named, or the default one.
    pub fn folder(self) -> PathBuf {
        self.0.map_or_else(|| DATASETS.into(), Path::to_owned)
    }

    /// The folder for what `config` learns from: where none was named and the default one lacks it, the first
    /// of `others` that has it.
    pub fn of(self, config: &Config, others: impl IntoIterator<Item = PathBuf>) -> PathBuf {
        let (source, folder) = (&config.data.source, self.folder());
        if self.0.is_some() || is_present(source, &folder) {
            return folder;
        }
        let Some(other) = others.into_iter().find(|other| is_present(source, other)) else {
            return folder;
        };
        say(&format!("the data is that in {}", other.display()));
        other
    }

    /// The folder for what the run at `path` was trained with.
    pub fn of_run(self, path: &Path) -> PathBuf {
        // What is wrong with the run is told when it is opened to be used.
        let config = RunDir::open(path).ok().and_then(|run| stored_config(&run).ok());
        match config {
            Some(config) => self.of(&config, beside_run(path)),
            None => self.folder(),
        }
    }
}

/// Folders of datasets for a config: that beside its file.
pub fn beside_config(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.join(DATASETS))
}

/// Folders of datasets for a run: that which it was trained with.
pub fn beside_run(path: &Path) -> Option<PathBuf> {
    let info = RunInfo::read(&RunDir::open(path).ok()?).ok()?;
    info.datasets.map(PathBuf::from)
}
