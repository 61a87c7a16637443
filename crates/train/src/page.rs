//! `report.html`: what a run knows, to be looked at.

use std::fs;

use hearth_config::Config;
use hearth_data::{Batch, Loader, Splits};
use hearth_report::run::{self, RunPage};
use hearth_store::{RunDir, StoreError, read_metrics};
use serde_json::Value;

use crate::info::RunInfo;
use crate::metrics::ClassificationReport;
use crate::pictures::Picture;
use crate::report::Report;
use crate::summary::Summary;
use crate::task::Split;
use crate::tasks::adversarial::SAMPLES;

/// The page's name in the run's folder.
pub const NAME: &str = "report.html";

/// Training pictures on the page, and in each row.
const SHOWN: usize = 48;
const COLUMNS: usize = 16;

/// The page of a run, written anew whenever there is more to see.
pub struct Page {
    run: RunDir,
    splits: Splits,
    classes: Vec<String>,
    shown: RunPage,
    /// Whether `shown` has the lines of metrics.jsonl: they are read once, and heard from then on.
    has_lines: bool,
}

impl Page {
    /// The page of a run that is about to train; nothing is written yet.
    pub fn new(
        run: RunDir,
        config: &Config,
        splits: Splits,
        info: &RunInfo,
        summary: &Summary,
    ) -> Self {
        let name = run.path().file_name().unwrap_or(run.path().as_os_str());
        let shown = RunPage {
            name: name.to_string_lossy().into_owned(),
            facts: facts(config, info, summary),
            config: config.to_toml(),
            batch: first_batch(config, &splits).to_png(),
            ..RunPage::default()
        };
        Self { run, splits, classes: info.dataset.classes.clone(), shown, has_lines: false }
    }

    /// Hears a line that was added to metrics.jsonl.
    pub fn line(&mut self, line: Value) {
        if self.has_lines {
            self.shown.metrics.push(line);
        }
    }

    /// Writes the page, with the results on a set after `step` steps.
    pub fn write(&mut self, report: &Report, step: u64) -> Result<(), StoreError> {
        if !self.has_lines {
            self.shown.metrics = read_metrics(self.run.metrics())?;
            self.has_lines = true;
        }
        match report {
            Report::Classification(report) => {
                self.shown.evaluation = Some(self.evaluation(report, step));
            }
            Report::Generation(_) => self.shown.samples = self.samples()?,
        }
        let results = report.scalars();
        let results: Vec<_> =
            results.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        let fact = (report.split().to_owned(), format!("{} (step {step})", results.join(", ")));
        match self.shown.facts.iter_mut().find(|(name, _)| *name == fact.0) {
            Some(old) => *old = fact,
            None => self.shown.facts.insert(0, fact),
        }
        self.run.write_text(NAME, &self.shown.html())
    }

    /// The worst mistakes of a classifier in a grid, the worst first; none where there is none.
    pub fn mistakes(&self, report: &Report) -> Option<Picture> {
        let Report::Classification(report) = report else { return None };
        let set = report.split.parse::<Split>().ok()?.of(&self.splits);
        let pixels = report.mistakes.iter().flat_map(|mistake| set.picture(mistake.picture));
        let pixels: Vec<u8> = pixels.copied().collect();
        (!pixels.is_empty()).then(|| Picture::grid(&pixels, set.examples.shape, COLUMNS / 2))
    }

    fn evaluation(&self, report: &ClassificationReport, step: u64) -> run::Evaluation {
        let classes = report.per_class.iter();
        let mistakes = report.split.parse::<Split>().map(|split| split.of(&self.splits));
        let mistakes = mistakes.iter().flat_map(|set| {
            report.mistakes.iter().map(|mistake| {
                let pixels = set.picture(mistake.picture).to_vec();
                run::Mistake {
                    picture: Picture { shape: set.examples.shape, pixels }.to_png(),
                    class: self.classes[mistake.label].clone(),
                    guess: self.classes[mistake.guess].clone(),
                    confidence: mistake.confidence,
                }
            })
        });
        run::Evaluation {
            of: format!("{} set, step {step}", report.split),
            classes: classes
                .map(|class| (class.class.clone(), class.precision, class.recall, class.support))
                .collect(),
            confusion: report.confusion.clone(),
            reliability: report.calibration.accuracies(),
            calibration_error: report.calibration_error,
            mistakes: mistakes.collect(),
        }
    }

    /// Some of the kept grids of a generator, by their steps.
    fn samples(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let files = self.run.files(SAMPLES)?;
        let shown = run::spread(&files).into_iter().filter_map(|path| {
            let step = path.file_stem()?.to_str()?.strip_prefix("step-")?.parse().ok()?;
            Some((step, fs::read(path).ok()?))
        });
        Ok(shown.collect())
    }
}

/// What was trained, on what, and with what.
fn facts(config: &Config, info: &RunInfo, summary: &Summary) -> Vec<(String, String)> {
    let [train, valid, test] = info.dataset.samples;
    let [channels, height, width] = info.dataset.shape;
    let [epoch, all] = summary.steps;
    let adapter = info.adapter.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
    let commit = info
        .commit
        .as_deref()
        .map_or_else(String::new, |id| format!(", commit {}", id.get(..12).unwrap_or(id)));
    [
        (
            "network",
            format!("{}, {} parameters", kind(config), summary.parameters),
        ),
        (
            "data",
            format!(
                "{}: {train} training, {valid} validation and {test} test pictures, {channels}x{height}x{width}",
                info.dataset.name
            ),
        ),
        ("training", format!("{} epochs of {epoch} steps, seed {}", all / epoch, config.run.seed)),
        ("begun", info.started.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        (
            "computed by",
            format!(
                "{}{adapter} with {} threads on {} {}, hearth {}, Burn {}{commit}",
                info.backend,
                info.threads,
                std::env::consts::OS,
                std::env::consts::ARCH,
                info.hearth,
                info.burn,
            ),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What `[model] kind` says.
fn kind(config: &Config) -> String {
    let model = serde_json::to_value(&config.model).unwrap_or_default();
    model["kind"].as_str().unwrap_or_default().to_owned()
}

/// Pictures of the first batch, as augmentation leaves them.
fn first_batch(config: &Config, splits: &Splits) -> Picture {
    let size = config.data.batches.batch_size.min(SHOWN);
    let loader = Loader::new(splits.train.clone(), size, config.run.seed, config.augment.clone());
    let mut batch = Batch::default();
    loader.fill(&loader.order(0), 0, 0, &mut batch);
    Picture::grid(&batch.pixels, batch.shape, COLUMNS)
}
