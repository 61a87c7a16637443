//! A checkpoint of a run, and all that is needed to put it to work.

use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, Config, RawConfig, shown};
use hearth_data::tables::Coding;
use hearth_data::{Data, Images, Labels, same_names};
use hearth_store::{RunDir, StateDict};

use crate::error::TrainError;
use crate::record::info::{RunInfo, same_files};
use crate::trainer::progress::best_of;

/// How often a checkpoint is looked for in a run that removes some meanwhile.
const TRIES: usize = 100;

/// Which checkpoint of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckpointSelector {
    /// The best by validation; the last where there was no validation set.
    #[default]
    Best,
    /// The newest.
    Last,
    /// That of a step.
    Step(u64),
}

impl std::str::FromStr for CheckpointSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "last" => Ok(Self::Last),
            step => step
                .parse()
                .map(Self::Step)
                .map_err(|_| "it is best, last or the number of a step".to_owned()),
        }
    }
}

/// A checkpoint of a run.
#[derive(Debug)]
pub struct Trained {
    /// The run's folder.
    pub run: PathBuf,
    /// What it was trained with.
    pub config: Config,
    /// Where it comes from.
    pub info: RunInfo,
    /// The checkpoint's step.
    pub step: u64,
    /// The BLAKE3 checksum of its weights.
    pub checksum: String,
    /// Everything that the checkpoint keeps.
    pub state: StateDict,
}

impl Trained {
    /// Loads a run's checkpoint. A damaged one is an error that names the others.
    pub fn open(path: &Path, which: CheckpointSelector) -> Result<Self, TrainError> {
        let run = RunDir::open(path)?;
        let config = stored_config(&run)?;
        let info = RunInfo::read(&run)?;
        let checkpoints = run.checkpoints();
        let mut tries = 1;
        let (step, state, checksum) = loop {
            let steps = checkpoints.steps()?;
            match load(&run, which) {
                // Whoever trains the run has kept a newer one since, and removed what was to be read.
                Err(_) if tries < TRIES && checkpoints.steps()? != steps => tries += 1,
                loaded => break loaded?,
            }
        };
        Ok(Self { run: path.to_owned(), config, info, step, checksum, state })
    }

    /// The data that it was trained with. A warning says when its files have changed since, and an
    /// error when they no longer fit.
    pub fn data(&self, datasets: &Path, notice: &mut dyn FnMut(&str)) -> Result<Data, TrainError> {
        if let Some((key, path)) = self.config.missing_data().into_iter().next() {
            let config = RunDir::open(&self.run)?.config_path();
            return Err(TrainError::DataGone { key, path, config });
        }
        // Rules of labels are for training, and earlier versions had fewer.
        let data = Data::load(&self.config, Labels::Unused, datasets, notice)?;
        let card = data.card();
        if !same_files(&card.checksums, &self.info.dataset.checksums) {
            notice(
                "warning: this is not the data that the run was trained with: its checksums differ",
            );
        }
        if !same_names(&card.classes, &self.info.dataset.classes)
            || data.images().map(Images::dims) != self.info.dataset.shape
            || self.info.table.as_ref().is_some_and(|coding| !codes_as(&data, coding))
        {
            return Err(TrainError::Settings(
                "the data has other classes, another size or other columns than the run was trained with".into(),
            ));
        }
        Ok(data)
    }

    /// The images that it was trained with. A run on other samples is an error.
    pub fn images(
        &self,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Images, TrainError> {
        self.info.dims()?;
        match self.data(datasets, notice)? {
            Data::Images(images) => Ok(images),
            Data::Rows(_) => unreachable!("the size of the data was compared with the run's"),
        }
    }

    /// The error that it is not `wanted`, and what to do.
    pub fn is_not(&self, wanted: &str, help: &str) -> TrainError {
        let run = shown(&self.run);
        TrainError::Settings(format!("{run} is not a run of {wanted}: {help}"))
    }
}

/// Whether the rows of this data are coded so.
fn codes_as(data: &Data, coding: &Coding) -> bool {
    matches!(data, Data::Rows(table) if table.coding == *coding)
}

/// The settings of a run, as they were checked when it was trained.
pub fn stored_config(run: &RunDir) -> Result<Config, TrainError> {
    Ok(RawConfig::read(&run.config_path())?.check_stored()?)
}

/// The checkpoint that was asked for: its step, its state and the checksum of its weights.
fn load(run: &RunDir, which: CheckpointSelector) -> Result<(u64, StateDict, String), TrainError> {
    let (step, checkpoints) = (choose(run, which)?, run.checkpoints());
    Ok((step, checkpoints.load(step)?, checkpoints.model_checksum(step)?))
}

/// The step of the checkpoint that was asked for.
fn choose(run: &RunDir, which: CheckpointSelector) -> Result<u64, TrainError> {
    let checkpoints = run.checkpoints();
    let last = || {
        let none = || {
            let resume = CommandLine::new("train").arg("--run").path(run.path()).arg("--resume");
            let name = run.path().display();
            TrainError::Settings(format!("{name} has no checkpoint yet: `{resume}` trains it"))
        };
        checkpoints.steps()?.last().copied().ok_or_else(none)
    };
    match which {
        CheckpointSelector::Step(step) => Ok(step),
        CheckpointSelector::Last => last(),
        CheckpointSelector::Best => match run.read_best()? {
            Some(best) if checkpoints.steps()?.contains(&best.step) => Ok(best.step),
            // It follows from the newest checkpoint, which remembers which one was best.
            _ => {
                let last = last()?;
                let best = best_of(&mut checkpoints.load(last)?)?;
                Ok(best
                    .map(|best| best.step)
                    .filter(|step| checkpoints.path_of(*step).exists())
                    .unwrap_or(last))
            }
        },
    }
}
