//! A checkpoint of a run with its config and data, for evaluation, prediction and export.

use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, Config, RawConfig, TaskKind, shown};
use hearth_data::tables::Coding;
use hearth_data::text::Tokenizer;
use hearth_data::{Data, Images, Labels, same_names};
use hearth_store::{RunDir, StateDict};

use crate::error::TrainError;
use crate::record::info::{RunInfo, same_files};
use crate::trainer::progress::best_of;

/// The largest number of attempts to load a checkpoint of a run that is training and removes checkpoints meanwhile.
const TRIES: usize = 100;

/// The selector of a checkpoint of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckpointSelector {
    /// The best on the validation set; the newest if the run has no validation set.
    #[default]
    Best,
    /// The newest.
    Last,
    /// The checkpoint of this step.
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

/// A loaded checkpoint of a run.
#[derive(Debug)]
pub struct LoadedRun {
    /// The run's folder.
    pub run: PathBuf,
    /// The config of the run.
    pub config: Config,
    /// The record of the run, from `run.json`.
    pub info: RunInfo,
    /// The checkpoint's step.
    pub step: u64,
    /// The BLAKE3 checksum of its weights.
    pub checksum: String,
    /// The state of the checkpoint.
    pub state: StateDict,
}

impl LoadedRun {
    /// Loads a checkpoint of a run. A damaged one is an error that names the others.
    pub fn open(path: &Path, selector: CheckpointSelector) -> Result<Self, TrainError> {
        let run = RunDir::open(path)?;
        let config = stored_config(&run)?;
        let info = RunInfo::read(&run)?;
        let checkpoints = run.checkpoints();
        let mut tries = 1;
        let (step, state, checksum) = loop {
            let steps = checkpoints.steps()?;
            match load(&run, selector) {
                // A process that trains the run has saved a newer checkpoint and removed this one.
                Err(_) if tries < TRIES && checkpoints.steps()? != steps => tries += 1,
                loaded => break loaded?,
            }
        };
        Ok(Self { run: path.to_owned(), config, info, step, checksum, state })
    }

    /// The data of the run. Other checksums are a warning to `notice`; missing files, and other classes, sizes or
    /// columns, are an error.
    pub fn data(&self, datasets: &Path, notice: &mut dyn FnMut(&str)) -> Result<Data, TrainError> {
        if let Some((key, path)) = self.config.missing_data().into_iter().next() {
            let config = RunDir::open(&self.run)?.config_path();
            return Err(TrainError::DataGone { key, path, config });
        }
        // The rules of labels apply to training, and earlier versions had fewer.
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
            || self.info.tokenizer != data.tokenizer().map(Tokenizer::checksum)
        {
            return Err(TrainError::Settings(
                "the data has other classes, another size or other columns than the run was trained with".into(),
            ));
        }
        Ok(data)
    }

    /// The tokenizer of the run. A run on other samples, and an absent or damaged `tokenizer.json` are errors.
    pub fn tokenizer(&self) -> Result<Tokenizer, TrainError> {
        self.info.tokenizer(&RunDir::open(&self.run)?)
    }

    /// The images of the run, see [`LoadedRun::data`]. A run on other samples is an error.
    pub fn images(
        &self,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Images, TrainError> {
        self.info.dims()?;
        match self.data(datasets, notice)? {
            Data::Images(images) => Ok(images),
            Data::Rows(_) | Data::Text(_) | Data::Environment(_) => {
                unreachable!("the size of the data was compared with the run's")
            }
        }
    }

    /// The error that the run is not one of `wanted`. It says what the run is for.
    pub fn is_not(&self, wanted: &str) -> TrainError {
        let found = match (self.config.task_kind(), &self.info.table) {
            (Some(TaskKind::Generate), _) => "it makes images, by `hearth sample`",
            (Some(TaskKind::Control), _) => "it acts in an environment, by `hearth play`",
            (Some(TaskKind::Translate), _) => "it translates texts, by `hearth predict`",
            (_, Some(_)) => "it predicts from rows of a table, by `hearth predict`",
            (_, None) => "it names the classes of images, by `hearth predict`",
        };
        let run = shown(&self.run);
        TrainError::Settings(format!("{run} is not a run of {wanted}: {found}"))
    }
}

/// True if the data is a table with this coding.
fn codes_as(data: &Data, coding: &Coding) -> bool {
    matches!(data, Data::Rows(table) if table.coding == *coding)
}

/// The config of a run, as it was checked before training. A missing or invalid one is an error.
pub fn stored_config(run: &RunDir) -> Result<Config, TrainError> {
    Ok(RawConfig::read(&run.config_path())?.check_stored()?)
}

/// The selected checkpoint: its step, its state and the checksum of its weights.
fn load(
    run: &RunDir,
    selector: CheckpointSelector,
) -> Result<(u64, StateDict, String), TrainError> {
    let (step, checkpoints) = (select(run, selector)?, run.checkpoints());
    Ok((step, checkpoints.load(step)?, checkpoints.model_checksum(step)?))
}

/// The step of the selected checkpoint. A run without checkpoints is an error.
fn select(run: &RunDir, selector: CheckpointSelector) -> Result<u64, TrainError> {
    let checkpoints = run.checkpoints();
    let last = || {
        let none = || {
            let resume = CommandLine::new("train").arg("--run").path(run.path()).arg("--resume");
            let name = run.path().display();
            TrainError::Settings(format!("{name} has no checkpoint yet: `{resume}` trains it"))
        };
        checkpoints.steps()?.last().copied().ok_or_else(none)
    };
    match selector {
        CheckpointSelector::Step(step) => Ok(step),
        CheckpointSelector::Last => last(),
        CheckpointSelector::Best => match run.read_best()? {
            Some(best) if checkpoints.steps()?.contains(&best.step) => Ok(best.step),
            // Without best.json, the newest checkpoint holds the step of the best.
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
