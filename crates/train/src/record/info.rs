//! `run.json`: where a run comes from, and what a prediction needs besides the weights.

use std::collections::BTreeMap;
use std::io;

use hearth_data::tables::Coding;
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
    /// The commit of the working directory, where it is a checkout.
    pub commit: Option<String>,
    /// The backend of the last process that trained it.
    pub backend: String,
    /// The graphics adapter that it computed on, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Where its first weights came from, if they were not drawn: another program's file and its checksum,
    /// or another run, its step, what was taken of it and the checksum of its weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
    /// The CPU threads of that process.
    pub threads: usize,
    /// When the run began.
    pub started: Timestamp,
    /// When its last process ended; absent while one runs, and after a kill.
    pub ended: Option<Timestamp>,
    /// What was learned from.
    pub dataset: DatasetInfo,
    /// The folder of datasets that it is in, as an absolute path, where it is known by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasets: Option<String>,
    /// The statistics that every image is normalised by: the training set's, or as the config or the task says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Statistics>,
    /// The coding of the rows of a table: columns, statistics of the training part, categories, target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Coding>,
}

/// The preparation of a sample for a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Preprocessing {
    /// Images are normalised by these statistics.
    Images(Normalization),
    /// Rows of a table are coded so.
    Rows(Coding),
}

/// What was learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Its name.
    pub name: String,
    /// The classes' names, in the order of their labels.
    pub classes: Vec<String>,
    /// Channels, height and width of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 3]>,
    /// Samples in the training, validation and test sets.
    pub samples: [usize; 3],
    /// SHA-256 of each file.
    pub checksums: BTreeMap<String, String>,
}

/// Per channel, of pixels scaled to 0..1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The mean.
    pub mean: Vec<f64>,
    /// The standard deviation.
    pub std: Vec<f64>,
}

impl DatasetInfo {
    /// Whether it is the same data. Its files may lie in another folder, and its classes be written in another
    /// form of Unicode.
    pub fn is_same(&self, other: &Self) -> bool {
        let plain =
            |info: &Self| Self { classes: Vec::new(), checksums: BTreeMap::new(), ..info.clone() };
        plain(self) == plain(other)
            && same_names(&self.classes, &other.classes)
            && same_files(&self.checksums, &other.checksums)
    }
}

/// Whether files have the same names and checksums, whatever folders they lie in.
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
    /// The record of a run that begins now.
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
            Preprocessing::Rows(_) => None,
        };
        let table = match preprocessing {
            Preprocessing::Rows(coding) => Some(coding.clone()),
            Preprocessing::Images(_) => None,
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
        }
    }

    /// Reads the record of a run.
    pub fn read(run: &RunDir) -> Result<Self, TrainError> {
        Self::find(run)?.ok_or_else(|| TrainError::RunInfo {
            file: run.info_path().display().to_string(),
            fault: "it is gone".to_owned(),
        })
    }

    /// Reads the record of a run; none when it is absent.
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
            // Bounded before anything is allocated from them.
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
        if info.table.is_none() && !(1..=65_536).contains(&info.dataset.classes.len()) {
            return fault("dataset.classes names no class");
        }
        Ok(Some(info))
    }

    /// Writes the record of a run.
    pub fn write(&self, run: &RunDir) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(self).expect("strings, numbers and lists");
        Ok(run.write_text(NAME, &format!("{text}\n"))?)
    }

    /// Channels, height and width of its images. Other samples are an error.
    pub fn dims(&self) -> Result<[usize; 3], TrainError> {
        self.dataset.shape.ok_or_else(|| {
            TrainError::Settings(format!(
                "this takes images, and the run is on {}",
                self.dataset.name
            ))
        })
    }

    /// The size of its images. Other samples are an error.
    pub fn shape(&self) -> Result<ImageShape, TrainError> {
        let [channels, height, width] = self.dims()?;
        Ok(ImageShape { channels, height, width })
    }

    /// The statistics that its images are normalised by. Other samples are an error.
    pub fn normalization(&self) -> Result<Normalization, TrainError> {
        self.dims()?;
        let statistics = self.normalization.clone();
        let Statistics { mean, std } = statistics.expect("it was read together with the shape");
        Ok(Normalization { mean, std })
    }
}

/// The commit that is checked out here, if git knows one.
fn commit() -> Option<String> {
    let output = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_classes_may_be_written_otherwise() {
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
    fn the_same_files_may_lie_elsewhere() {
        let sums = |files: [(&str, &str); 2]| {
            files.into_iter().map(|(file, sum)| (file.to_owned(), sum.to_owned())).collect()
        };
        let first: BTreeMap<_, _> = sums([("idx/images", "1"), ("idx/labels", "2")]);
        assert!(same_files(&first, &sums([("/a/images", "1"), ("labels", "2")])));
        assert!(!same_files(&first, &sums([("/a/images", "1"), ("labels", "3")])));
        assert!(!same_files(&first, &sums([("idx/images", "2"), ("idx/labels", "1")])));
        // Two files of one name.
        let twice: BTreeMap<_, _> = sums([("train/x", "1"), ("test/x", "2")]);
        assert!(same_files(&twice, &sums([("/a/train/x", "1"), ("/a/test/x", "2")])));
    }
}
