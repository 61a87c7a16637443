//! `sweep.json`: the search space and its trials, written once when a sweep begins.

use std::collections::BTreeSet;
use std::path::Path;

use hearth_config::{CommandLine, Config, Diagnostic, Diagnostics, Origin, RawConfig, toml_string};
use hearth_store::{StoreError, SweepDir};
use serde::{Deserialize, Serialize};

use super::axis::SweepAxis;
use super::trials::Trial;
use crate::failure::Failure;
use crate::settings::located;

/// The format written by this version; newer ones cannot be read.
const FORMAT: u64 = 1;

/// A search space and its trials.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u64,
    /// The config's path, for errors.
    pub config: String,
    /// The config's text. Later changes of the file have no effect.
    pub text: String,
    /// The settings and their values.
    pub axes: Vec<SweepAxis>,
    /// Parameters of a random search; none for a grid.
    pub random: Option<RandomSearch>,
    /// The name of the backend.
    pub backend: String,
    /// The settings of each trial, in the order of the axes.
    pub trials: Vec<Trial>,
    /// Overrides that make the paths of each trial's config absolute; absent in records of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Vec<String>>,
}

/// Parameters of a random search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomSearch {
    /// Number of trials.
    pub trials: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// The part of the search space that a resume repeats on the command line.
#[derive(Debug, Default)]
pub struct ResumeRequest<'a> {
    /// The config's text.
    pub text: Option<&'a str>,
    /// The axes; empty if none were given.
    pub axes: &'a [SweepAxis],
    /// Parameters of a random search.
    pub random: Option<RandomSearch>,
    /// The name of the backend.
    pub backend: Option<&'a str>,
}

impl Record {
    /// The record of a new sweep.
    pub fn new(
        config: &Path,
        text: String,
        axes: Vec<SweepAxis>,
        random: Option<RandomSearch>,
        backend: &str,
        trials: Vec<Trial>,
    ) -> Self {
        let (config, backend) = (config.display().to_string(), backend.to_owned());
        let paths = Vec::new();
        Self { format: FORMAT, config, text, axes, random, backend, trials, paths }
    }

    /// Reads the record of a sweep.
    ///
    /// # Errors
    /// When it is missing, damaged or of a newer format.
    pub fn read(sweep: &SweepDir) -> Result<Self, StoreError> {
        let file = sweep.record_path();
        let unreadable = |fault: String| StoreError::Unreadable { file: file.clone(), fault };
        let json: serde_json::Value = serde_json::from_str(&sweep.read_record()?)
            .map_err(|error| unreadable(error.to_string()))?;
        let format = json["format"].as_u64().unwrap_or_default();
        if format > FORMAT {
            return Err(StoreError::NewerFormat { file, format, supported: FORMAT });
        }
        let record: Self =
            serde_json::from_value(json).map_err(|error| unreadable(error.to_string()))?;
        let fits = |trial: &Trial| trial.len() == record.axes.len();
        if record.trials.is_empty() || !record.trials.iter().all(fits) {
            return Err(unreadable("its trials do not fit its axes".to_owned()));
        }
        Ok(record)
    }

    /// Writes the record of a sweep.
    ///
    /// # Errors
    /// When there is one already, or the file cannot be written.
    pub fn write(&self, sweep: &SweepDir) -> Result<(), StoreError> {
        let text = serde_json::to_string_pretty(self).expect("strings, numbers and lists");
        sweep.write_record(&format!("{text}\n"))
    }

    /// Resolves the paths of each trial's config, from the working directory and from the config's folder.
    ///
    /// # Errors
    /// When a trial's config is invalid or a file is missing.
    pub fn locate(&mut self) -> Result<(), Failure> {
        let base = RawConfig::parse(&self.config, self.text.clone())?;
        let mut printed = BTreeSet::new();
        let mut paths = Vec::new();
        for trial in &self.trials {
            let raw = base.clone().with_overrides(trial)?;
            let mut found = raw.resolve_paths(raw.check()?, false);
            // A note on all trials is printed once.
            found.notes.retain(|note| printed.insert(note.clone()));
            let located = located(found)?.paths();
            let settings = located.iter().map(|(key, path)| format!("{key}={}", toml_string(path)));
            paths.push(settings.collect());
        }
        self.paths = paths;
        Ok(())
    }

    /// All overrides of a trial, in the order of the command line.
    pub fn settings(&self, trial: usize) -> impl Iterator<Item = &String> {
        self.trials[trial].iter().chain(self.paths.get(trial).into_iter().flatten())
    }

    /// The checked configs of all trials.
    ///
    /// # Errors
    /// When a config is invalid or the trials cannot be ranked.
    pub fn configs(&self) -> Result<Vec<Config>, Diagnostics> {
        let base = RawConfig::parse(&self.config, self.text.clone())?;
        let config = |trial: usize| {
            let settings: Vec<_> = self.settings(trial).collect();
            base.clone().with_overrides(&settings)?.check()
        };
        let configs =
            (0..self.trials.len()).map(config).collect::<Result<Vec<_>, Diagnostics>>()?;
        let first = configs.first().ok_or_else(|| Diagnostic::new("a sweep of no trials"))?;
        if configs.iter().any(|config| config.train.best_by() != first.train.best_by()) {
            return Err(Diagnostic::new(
                "the trials are ranked by train.best_by, so it cannot vary",
            )
            .into());
        }
        // Generators are evaluated against training images.
        let is_blind = |config: &Config| match &config.origin {
            Origin::Data(data) => {
                config.evaluate.is_none()
                    && data.batches.valid_samples == 0
                    && !hearth_data::has_valid(&data.source)
            }
            Origin::Environment(_) => false,
        };
        if configs.iter().any(is_blind) {
            let fault =
                Diagnostic::new("the trials are ranked by the validation set, and there is none");
            return Err(fault.help("set data.valid_samples").into());
        }
        Ok(configs)
    }

    /// The keys that differ between trials, with their values in one trial.
    pub fn varied(&self, trial: usize) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.axes.iter().zip(&self.trials[trial]);
        settings.filter(|(axis, _)| axis.varies()).map(|(axis, setting)| {
            let value = setting.split_once('=').map_or("", |(_, value)| value);
            (axis.key.as_str(), value)
        })
    }

    /// Checks that a resume asks for the recorded search.
    ///
    /// # Errors
    /// When config, axes, random search or backend differ.
    pub fn check_same(&self, sweep: &Path, request: &ResumeRequest<'_>) -> Result<(), Failure> {
        let begun = if let Some(line) = request.text.and_then(|text| self.changed_line(text)) {
            format!("another config: {line}")
        } else if !request.axes.is_empty() && request.axes != self.axes {
            let list = |axes: &[SweepAxis]| {
                axes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            format!("other settings: {}, and not {}", list(&self.axes), list(request.axes))
        } else if request.random.is_some() && request.random != self.random {
            match self.random {
                Some(RandomSearch { trials, seed }) => format!("--random {trials} --seed {seed}"),
                None => "all combinations, without --random".to_owned(),
            }
        } else if request.backend.is_some_and(|backend| backend != self.backend) {
            format!("another backend: {}", self.backend)
        } else {
            return Ok(());
        };
        let folder = sweep.display();
        let fault = Diagnostic::new(format!("the sweep in {folder} was started with {begun}"));
        let resume = CommandLine::new("sweep").arg("--resume").path(sweep);
        Err(Diagnostics::from(fault.help(format!(
            "`{resume}` resumes the recorded search; another search needs another folder"
        )))
        .into())
    }

    /// A description of the first line that differs in the config.
    fn changed_line(&self, text: &str) -> Option<String> {
        if text == self.text {
            return None;
        }
        let (mut old, mut new) = (self.text.lines(), text.lines());
        let mut number = 0;
        loop {
            number += 1;
            match (old.next(), new.next()) {
                (None, None) => return Some("its line ends are others".to_owned()),
                (old, new) if old == new => {}
                (old, new) => {
                    let show = |line: Option<&str>| match line {
                        Some(line) => format!("`{}`", line.trim()),
                        None => "not there".to_owned(),
                    };
                    return Some(format!("line {number} was {}, and is {}", show(old), show(new)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::trials::grid;

    fn record() -> Record {
        let axes: Vec<_> =
            ["a=1,2", "b=x", "c=[3],[4]"].map(|text| SweepAxis::parse(text).unwrap()).into();
        let trials = grid(&axes).unwrap();
        let text = "one = 1\ntwo = 2\n".to_owned();
        Record::new(Path::new("try.toml"), text, axes, None, "flex", trials)
    }

    #[test]
    fn a_record_is_written_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let sweep = SweepDir::create(folder.path().join("sweep")).unwrap();
        let written = record();
        written.write(&sweep).unwrap();
        assert!(matches!(written.write(&sweep), Err(StoreError::SweepExists { .. })));
        let read = Record::read(&sweep).unwrap();
        assert_eq!(
            (&read.text, &read.axes, &read.trials),
            (&written.text, &written.axes, &written.trials)
        );
        assert_eq!(read.varied(1).collect::<Vec<_>>(), [("a", "1"), ("c", "[4]")]);

        let text = sweep.read_record().unwrap();
        for (change, part) in [
            (text.replace("\"format\": 1", "\"format\": 2"), "newer Hearth"),
            (text.replace("\"b=x\",", ""), "do not fit"),
            (text[..text.len() / 2].to_owned(), "cannot be understood"),
            ("[]".to_owned(), "cannot be understood"),
        ] {
            std::fs::write(sweep.record_path(), change).unwrap();
            let error = Record::read(&sweep).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn only_the_same_search_is_resumed() {
        let record = record();
        let check = |again: ResumeRequest<'_>| record.check_same(Path::new("sweep"), &again);
        let other = [SweepAxis::parse("a=1,3").unwrap()];
        let random = Some(RandomSearch { trials: 3, seed: 1 });
        assert!(check(ResumeRequest::default()).is_ok());
        let (text, axes) = (Some(record.text.as_str()), record.axes.as_slice());
        assert!(check(ResumeRequest { text, axes, random: None, backend: Some("flex") }).is_ok());
        for (again, part) in [
            (
                ResumeRequest { text: Some("one = 1\ntwo = 3\n"), ..ResumeRequest::default() },
                "`two = 2`, and is `two = 3`",
            ),
            (ResumeRequest { text: Some("one = 1\n"), ..ResumeRequest::default() }, "not there"),
            (
                ResumeRequest { text: Some("one = 1\r\ntwo = 2\n"), ..ResumeRequest::default() },
                "line ends",
            ),
            (ResumeRequest { axes: &other, ..ResumeRequest::default() }, "and not a=1,3"),
            (ResumeRequest { random, ..ResumeRequest::default() }, "all combinations"),
            (
                ResumeRequest { backend: Some("ndarray"), ..ResumeRequest::default() },
                "another backend: flex",
            ),
        ] {
            let fault = check(again).expect_err(part).text();
            assert!(fault.contains(part), "{fault}");
        }
    }
}
