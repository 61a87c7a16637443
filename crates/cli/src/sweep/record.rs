//! `sweep.json`: what is searched, written once when a sweep begins.

use std::collections::BTreeSet;
use std::path::Path;

use hearth_config::{CommandLine, Config, Diagnostic, Diagnostics, RawConfig, toml_string};
use hearth_store::{StoreError, SweepDir};
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::trials::Trial;
use crate::failure::Failure;
use crate::settings::located;

/// The format of the sweeps that this version writes and reads.
const FORMAT: u64 = 1;

/// What is searched.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u64,
    /// What faults call the config: its path.
    pub config: String,
    /// The config's text, so that a change of the file changes no trial.
    pub text: String,
    /// The settings, and what they take.
    pub axes: Vec<Axis>,
    /// How the trials were drawn, if they were.
    pub random: Option<Random>,
    /// The name of the backend.
    pub backend: String,
    /// The settings of each trial, in the order of the axes.
    pub trials: Vec<Trial>,
    /// The paths of each trial's settings, absolute and as settings; earlier versions did not write them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Vec<String>>,
}

/// How trials were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// How many.
    pub trials: usize,
    /// From which seed.
    pub seed: u64,
}

/// What a resumed sweep was told again.
#[derive(Debug, Default)]
pub struct Again<'a> {
    /// The config's text.
    pub text: Option<&'a str>,
    /// What the settings take; none when nothing was said of them.
    pub axes: &'a [Axis],
    /// How the trials were drawn.
    pub random: Option<Random>,
    /// The backend.
    pub backend: Option<&'a str>,
}

impl Record {
    /// Of a sweep that begins now.
    pub fn new(
        config: &Path,
        text: String,
        axes: Vec<Axis>,
        random: Option<Random>,
        backend: &str,
        trials: Vec<Trial>,
    ) -> Self {
        let (config, backend) = (config.display().to_string(), backend.to_owned());
        let paths = Vec::new();
        Self { format: FORMAT, config, text, axes, random, backend, trials, paths }
    }

    /// Reads that of a sweep.
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

    /// Writes that of a sweep.
    pub fn write(&self, sweep: &SweepDir) -> Result<(), StoreError> {
        let text = serde_json::to_string_pretty(self).expect("strings, numbers and lists");
        sweep.write_record(&format!("{text}\n"))
    }

    /// Finds the files that the paths of each trial's settings mean, from the working directory and from the
    /// config's folder.
    pub fn locate(&mut self) -> Result<(), Failure> {
        let base = RawConfig::parse(&self.config, self.text.clone())?;
        let mut said = BTreeSet::new();
        let mut paths = Vec::new();
        for trial in &self.trials {
            let raw = base.clone().with_overrides(trial)?;
            let mut found = raw.resolve_paths(raw.check()?, false);
            // What is true of all trials is said once.
            found.notes.retain(|note| said.insert(note.clone()));
            let located = located(found)?.paths();
            let settings = located.iter().map(|(key, path)| format!("{key}={}", toml_string(path)));
            paths.push(settings.collect());
        }
        self.paths = paths;
        Ok(())
    }

    /// All settings of a trial, as they are typed behind the config.
    pub fn settings(&self, trial: usize) -> impl Iterator<Item = &String> {
        self.trials[trial].iter().chain(self.paths.get(trial).into_iter().flatten())
    }

    /// The checked settings of every trial. A sweep that cannot be ranked is refused.
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
        // Made pictures are compared with others.
        let is_blind = |config: &Config| {
            config.evaluate.is_none()
                && config.data.batches.valid_samples == 0
                && !hearth_data::has_valid(&config.data.source)
        };
        if configs.iter().any(is_blind) {
            let fault =
                Diagnostic::new("the trials are ranked by the validation set, and there is none");
            return Err(fault.help("set data.valid_samples").into());
        }
        Ok(configs)
    }

    /// The settings that differ from trial to trial, and the value that each has in a trial.
    pub fn varied(&self, trial: usize) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.axes.iter().zip(&self.trials[trial]);
        settings.filter(|(axis, _)| axis.varies()).map(|(axis, setting)| {
            let value = setting.split_once('=').map_or("", |(_, value)| value);
            (axis.key.as_str(), value)
        })
    }

    /// Refuses to go on with another search than the one that was begun.
    pub fn check_same(&self, sweep: &Path, again: &Again<'_>) -> Result<(), Failure> {
        let begun = if let Some(line) = again.text.and_then(|text| self.changed_line(text)) {
            format!("another config: {line}")
        } else if !again.axes.is_empty() && again.axes != self.axes {
            let list =
                |axes: &[Axis]| axes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            format!("other settings: {}, and not {}", list(&self.axes), list(again.axes))
        } else if again.random.is_some() && again.random != self.random {
            match self.random {
                Some(Random { trials, seed }) => format!("--random {trials} --seed {seed}"),
                None => "all combinations, without --random".to_owned(),
            }
        } else if again.backend.is_some_and(|backend| backend != self.backend) {
            format!("another backend: {}", self.backend)
        } else {
            return Ok(());
        };
        let folder = sweep.display();
        let fault = Diagnostic::new(format!("the sweep in {folder} was begun with {begun}"));
        let resume = CommandLine::new("sweep").arg("--resume").path(sweep);
        Err(Diagnostics::from(fault.help(format!(
            "`{resume}` goes on with what it began with; another search needs another folder"
        )))
        .into())
    }

    /// The first line in which the config is another.
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
            ["a=1,2", "b=x", "c=[3],[4]"].map(|text| Axis::parse(text).unwrap()).into();
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
    fn only_the_same_search_goes_on() {
        let record = record();
        let check = |again: Again<'_>| record.check_same(Path::new("sweep"), &again);
        let other = [Axis::parse("a=1,3").unwrap()];
        let random = Some(Random { trials: 3, seed: 1 });
        assert!(check(Again::default()).is_ok());
        let (text, axes) = (Some(record.text.as_str()), record.axes.as_slice());
        assert!(check(Again { text, axes, random: None, backend: Some("flex") }).is_ok());
        for (again, part) in [
            (
                Again { text: Some("one = 1\ntwo = 3\n"), ..Again::default() },
                "`two = 2`, and is `two = 3`",
            ),
            (Again { text: Some("one = 1\n"), ..Again::default() }, "not there"),
            (Again { text: Some("one = 1\r\ntwo = 2\n"), ..Again::default() }, "line ends"),
            (Again { axes: &other, ..Again::default() }, "and not a=1,3"),
            (Again { random, ..Again::default() }, "all combinations"),
            (Again { backend: Some("ndarray"), ..Again::default() }, "another backend: flex"),
        ] {
            let fault = check(again).expect_err(part).text();
            assert!(fault.contains(part), "{fault}");
        }
    }
}
