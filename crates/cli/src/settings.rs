//! Settings of a command: config and overrides, checked, with absolute paths.

use std::path::{Path, PathBuf};

use hearth_config::{
    Config, DataConfig, Diagnostic, Diagnostics, MissingPath, Origin, RawConfig, ResolvedConfig,
};
use hearth_data::is_present;
use hearth_store::RunDir;
use hearth_train::record::info::RunInfo;
use hearth_train::run::loaded::stored_config;

use crate::failure::Failure;
use crate::terminal::say;

/// The default folder of datasets.
pub const DATASETS: &str = "datasets";

/// Reads a config with overrides.
///
/// # Errors
/// When it is invalid or a file of it is missing.
pub fn read(path: &Path, overrides: &[String]) -> Result<Config, Failure> {
    let raw = RawConfig::read(path)?.with_overrides(overrides)?;
    let config = raw.check()?;
    located(raw.resolve_paths(config, false))
}

/// The settings of a stored run, or of another config, with overrides.
///
/// # Errors
/// When they are invalid or the run cannot be resumed with them.
pub fn of_run(
    run: &RunDir,
    config: Option<&Path>,
    overrides: &[String],
) -> Result<Config, Failure> {
    let path = run.config_path();
    let raw = RawConfig::read(config.unwrap_or(&path))?.with_overrides(overrides)?;
    let (config, stored) = (raw.resolve_paths(raw.check()?, config.is_none()), stored_config(run)?);
    // A run has its initial weights already, or reports their absence itself.
    let missing = config.missing.into_iter().filter(|missing| missing.key != "model.init");
    let config =
        located(ResolvedConfig { missing: missing.collect(), ..config })?.with_files_of(&stored);
    raw.check_resume(&config, &stored)?;
    Ok(config)
}

/// The config with absolute paths; prints the notes on them.
///
/// # Errors
/// When a path leads nowhere.
pub fn located(
    ResolvedConfig { config, notes, missing }: ResolvedConfig,
) -> Result<Config, Failure> {
    for note in &notes {
        say(note);
    }
    let Some(MissingPath { key, tried, location }) = missing.first() else { return Ok(config) };
    let tried: Vec<_> = tried.iter().map(|path| format!("\n{}", path.display())).collect();
    let message = format!("`{key}` leads to nothing ({location}); tried:{}", tried.concat());
    Err(if key.starts_with("data.") {
        Failure::Data(message)
    } else {
        let help = "name the folder of a run; `hearth runs` lists them";
        Diagnostics::from(Diagnostic::new(message).help(help)).into()
    })
}

/// The folder of datasets of the command line, if given.
#[derive(Clone, Copy, Debug)]
pub struct Datasets<'a>(pub Option<&'a Path>);

impl Datasets<'_> {
    /// The given folder, or the default one.
    pub fn folder(self) -> PathBuf {
        self.0.map_or_else(|| DATASETS.into(), Path::to_owned)
    }

    /// The folder with the data of `config`: the given one, the default one, or else the first of `others` that has the
    /// data.
    pub fn of(self, config: &Config, others: impl IntoIterator<Item = PathBuf>) -> PathBuf {
        let folder = self.folder();
        let Origin::Data(DataConfig { source, .. }) = &config.origin else { return folder };
        if self.0.is_some() || is_present(source, &folder) {
            return folder;
        }
        let Some(other) = others.into_iter().find(|other| is_present(source, other)) else {
            return folder;
        };
        say(&format!("data from {}", other.display()));
        other
    }

    /// The folder with the data of the run at `path`.
    pub fn of_run(self, path: &Path) -> PathBuf {
        // Errors of the run are reported when it is opened for use.
        let config = RunDir::open(path).ok().and_then(|run| stored_config(&run).ok());
        match config {
            Some(config) => self.of(&config, beside_run(path)),
            None => self.folder(),
        }
    }
}

/// The folder of datasets beside a config.
pub fn beside_config(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.join(DATASETS))
}

/// The folder of datasets that a run was trained with.
pub fn beside_run(path: &Path) -> Option<PathBuf> {
    let info = RunInfo::read(&RunDir::open(path).ok()?).ok()?;
    info.datasets.map(PathBuf::from)
}
