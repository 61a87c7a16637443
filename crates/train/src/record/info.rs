//! `run.json`: the origin of a run, and the preprocessing that a prediction needs besides the weights.

use std::collections::BTreeMap;
use std::io;

use hearth_data::tables::Coding;
use hearth_data::text::Tokenizer;
use hearth_data::{DataCard, ImageShape, Normalization, same_names};
use hearth_store::{RunDir, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::error::TrainError;

const NAME: &str = "run.json";

/// The record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The format of the run's folder.
    pub format: u32,
    /// The version of this program.
    pub hearth: String,
    /// The version of Burn.
    pub burn: String,
    /// The git commit of the working directory, if it is a checkout.
    pub commit: Option<String>,
    /// The backend of the last process that trained it.
    pub backend: String,
    /// The graphics adapter that it computed on; absent for a CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// The origin of its initial weights, unless they are random: another program's file and its checksum, or another
    /// run, its step, the layers taken and the checksum of its weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
    /// The CPU threads of that process.
    pub threads: usize,
    /// The start of the run.
    pub started: Timestamp,
    /// The end of its last process; absent while one runs, and after a kill.
    pub ended: Option<Timestamp>,
    /// The dataset that it was trained on.
    pub dataset: DatasetInfo,
    /// The absolute path of the datasets folder, for a dataset of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasets: Option<String>,
    /// The per-channel statistics that normalise every image: of the training set, the config or the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Statistics>,
    /// The coding of the rows of a table: columns, statistics of the training set, categories, target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Coding>,
    /// The SHA-256 of `tokenizer.json`, for a run on texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
}

/// The preparation of a sample for a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Preprocessing {
    /// Images are normalised by these statistics.
    Images(Normalization),
    /// Rows of a table are coded in this way.
    Rows(Coding),
    /// Texts become tokens of this tokenizer.
    Text(Tokenizer),
    /// Observations of an environment are taken as they are.
    None,
}

/// The dataset of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Its name.
    pub name: String,
    /// The classes' names, in the order of their labels.
    pub classes: Vec<String>,
    /// Channels, height and width of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 3]>,
    /// The number of samples in the training, validation and test sets.
    pub samples: [usize; 3],
    /// SHA-256 of each file, by its path.
    pub checksums: BTreeMap<String, String>,
}

/// Per-channel statistics of pixels scaled to 0..1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The mean of each channel.
    pub mean: Vec<f64>,
    /// The standard deviation of each channel.
    pub std: Vec<f64>,
}

impl DatasetInfo {
    /// True if the data is the same. Folders of files and Unicode normalisation of class names may differ.
    pub fn is_same(&self, other: &Self) -> bool {
        let plain =
            |info: &Self| Self { classes: Vec::new(), checksums: BTreeMap::new(), ..info.clone() };
        plain(self) == plain(other)
            && same_names(&self.classes, &other.classes)
            && same_files(&self.checksums, &other.checksums)
    }
}

/// True if files have the same names and checksums, in any folders.
pub fn same_files(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) -> bool {
    let files = |sums: &BTreeMap<String, String>| {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut files: Vec<_> = sums.iter().map(|(path, sum)| (name(path), sum.clone())).collect();
        files.sort();
        files
    };
    files(left) == files(right)
}

impl RunInfo {
    /// The record of a run that starts now.
    pub fn new(
        data: &DataCard,
        preprocessing: &Preprocessing,
        backend: Backend,
        threads: usize,
    ) -> Self {
        let normalization = match preprocessing {
            Preprocessing::Images(Normalization { mean, std }) => {
                Some(Statistics { mean: mean.clone(), std: std.clone() })
            }
            _ => None,
        };
        let table = match preprocessing {
            Preprocessing::Rows(coding) => Some(coding.clone()),
            _ => None,
        };
        let tokenizer = match preprocessing {
            Preprocessing::Text(tokenizer) => Some(tokenizer.checksum()),
            _ => None,
        };
        Self {
            format: 1,
            hearth: env!("CARGO_PKG_VERSION").to_owned(),
            burn: "0.22.1".to_owned(),
            commit: commit(),
            backend: backend.name().to_owned(),
            adapter: backend.adapter().map(|adapter| adapter.to_string()),
            imported: None,
            threads,
            started: Timestamp::now(),
            ended: None,
            dataset: DatasetInfo {
                name: data.name.clone(),
                classes: data.classes.clone(),
                shape: data.dims,
                samples: data.samples,
                checksums: data.checksums.clone(),
            },
            datasets: None,
            normalization,
            table,
            tokenizer,
        }
    }

    /// Reads the record of a run. An absent or invalid one is an error.
    pub fn read(run: &RunDir) -> Result<Self, TrainError> {
        Self::find(run)?.ok_or_else(|| TrainError::RunInfo {
            file: run.info_path().display().to_string(),
            fault: "it is gone".to_owned(),
        })
    }

    /// Reads the record of a run; none if it is absent. An invalid one is an error.
    pub fn find(run: &RunDir) -> Result<Option<Self>, TrainError> {
        let text = match run.read_text(NAME) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            text => text?,
        };
        let info: Self = serde_json::from_str(&text).map_err(|error| TrainError::RunInfo {
            file: run.info_path().display().to_string(),
            fault: error.to_string(),
        })?;
        let fault = |fault: &str| {
            Err(TrainError::RunInfo {
                file: run.info_path().display().to_string(),
                fault: fault.to_owned(),
            })
        };
        if let Some(sides @ [channels, ..]) = info.dataset.shape {
            // The sides are checked before anything is allocated by them.
            if sides.iter().any(|side| !(1..=4096).contains(side))
                || sides.iter().product::<usize>() > 1 << 22
            {
                return fault("dataset.shape is not that of a picture");
            }
            let good = |std: &f64| std.is_finite() && *std > 0.0;
            let fits = info.normalization.as_ref().is_some_and(|Statistics { mean, std }| {
                mean.len() == channels && std.len() == channels && std.iter().all(good)
            });
            if !fits {
                return fault("normalization does not fit dataset.shape");
            }
        }
        if let Some(text) = info.table.as_ref().and_then(Coding::fault) {
            return fault(&format!("table: {text}"));
        }
        let has_classes = info.dataset.shape.is_some();
        if has_classes && !(1..=65_536).contains(&info.dataset.classes.len()) {
            return fault("dataset.classes names no class");
        }
        Ok(Some(info))
    }

    /// Writes the record of a run.
    pub fn write(&self, run: &RunDir) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(self).expect("strings, numbers and lists");
        Ok(run.write_text(NAME, &format!("{text}\n"))?)
    }

    /// Channels, height and width of its images. A run on other samples is an error.
    pub fn dims(&self) -> Result<[usize; 3], TrainError> {
        self.dataset.shape.ok_or_else(|| {
            TrainError::Settings(format!(
                "this takes images, and the run is on {}",
                self.dataset.name
            ))
        })
    }

    /// The shape of its images. A run on other samples is an error.
    pub fn shape(&self) -> Result<ImageShape, TrainError> {
        let [channels, height, width] = self.dims()?;
        Ok(ImageShape { channels, height, width })
    }

    /// The statistics that normalise its images. A run on other samples is an error.
    pub fn normalization(&self) -> Result<Normalization, TrainError> {
        self.dims()?;
        let statistics = self.normalization.clone();
        let Statistics { mean, std } = statistics.expect("it was read together with the shape");
        Ok(Normalization { mean, std })
    }
}

/// The commit of the working directory, if git reports one.
fn commit() -> Option<String> {
    let output = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_may_differ_in_unicode_normalisation() {
        let of = |class: &str, samples| DatasetInfo {
            name: "image-folder".to_owned(),
            classes: vec![class.to_owned(), "tea".to_owned()],
            shape: Some([1, 2, 2]),
            samples,
            checksums: BTreeMap::new(),
        };
        let data = of("caf\u{e9}", [3, 2, 1]);
        assert!(data.is_same(&of("cafe\u{301}", [3, 2, 1])));
        assert!(
            !data.is_same(&of("cafe", [3, 2, 1])) && !data.is_same(&of("caf\u{e9}", [3, 3, 1]))
        );
    }

    #[test]
    fn the_same_files_may_be_in_other_folders() {
        let sums = |files: [(&str, &str); 2]| {
            files.into_iter().map(|(file, sum)| (file.to_owned(), sum.to_owned())).collect()
        };
        let first: BTreeMap<_, _> = sums([("idx/images", "1"), ("idx/labels", "2")]);
        assert!(same_files(&first, &sums([("/a/images", "1"), ("labels", "2")])));
        assert!(!same_files(&first, &sums([("/a/images", "1"), ("labels", "3")])));
        assert!(!same_files(&first, &sums([("idx/images", "2"), ("idx/labels", "1")])));
        // Two files with the same name in different folders.
        let twice: BTreeMap<_, _> = sums([("train/x", "1"), ("test/x", "2")]);
        assert!(same_files(&twice, &sums([("/a/train/x", "1"), ("/a/test/x", "2")])));
    }
}
