//! `report.html`: training curves, results, images and facts of a run.

use std::fs;
use std::time::Instant;

use hearth_config::Config;
use hearth_data::{Batch, Data, Loader};
use hearth_report::metrics::History;
use hearth_report::run::{self, Grids, RunPage};
use hearth_report::{Report, fixed};
use hearth_store::{RunDir, StoreError, for_each_metric};
use serde_json::Value;

use crate::plan::summary::Summary;
use crate::record::info::RunInfo;
use crate::task::Split;
use crate::task::bitmap::{Bitmap, step_of};

/// The page's name in the run's folder.
pub const NAME: &str = "report.html";

/// The largest number of training images on the page.
const SHOWN: usize = 48;
/// Training images per row.
const COLUMNS: usize = 16;

/// The inverse of the largest share of a run's time spent on drawing: an epoch may be shorter than drawing its page.
const REST: u32 = 50;

/// The report page of a run, rewritten after evaluations.
pub struct Page {
    run: RunDir,
    /// The folders of image grids.
    folders: &'static [&'static str],
    shown: RunPage,
    /// True if `shown` has the lines of metrics.jsonl: they are read once, and later ones added by [`Page::line`].
    has_lines: bool,
    /// The time before which the page is not drawn again.
    rests_until: Option<Instant>,
}

impl Page {
    /// The page of a run that keeps grids of images in `folders`; nothing is written yet.
    pub fn new(
        (run, folders): (RunDir, &'static [&'static str]),
        config: &Config,
        data: &Data,
        info: &RunInfo,
        summary: &Summary,
    ) -> Self {
        let name = run.path().file_name().unwrap_or(run.path().as_os_str());
        let shown = RunPage {
            name: name.to_string_lossy().into_owned(),
            facts: facts(config, info, summary),
            config: config.to_toml(),
            batch: first_batch(config, data).map(|grid| grid.to_png()).unwrap_or_default(),
            ..RunPage::default()
        };
        Self { run, folders, shown, has_lines: false, rests_until: None }
    }

    /// Adds a new line of metrics.jsonl to the curves.
    pub fn line(&mut self, line: &Value) {
        if self.has_lines {
            self.shown.history.add(line);
        }
    }

    /// Adds the results on a split after `step` steps, and writes the page unless that was done too recently. Test
    /// results, with which a run ends, are always written.
    pub fn show(
        &mut self,
        split: Split,
        report: Option<&Report>,
        step: u64,
    ) -> Result<(), StoreError> {
        if let Some(report) = report {
            self.fact(report, step);
        }
        let begun = Instant::now();
        let is_last = split == Split::Test;
        if !is_last && self.rests_until.is_some_and(|until| begun < until) {
            return Ok(());
        }
        let written = self.write(report, step);
        self.rests_until = Some(Instant::now() + begun.elapsed() * (REST - 1));
        written
    }

    /// Sets the fact of a split: its scores and the step.
    fn fact(&mut self, report: &Report, step: u64) {
        let results: Vec<_> =
            report.scores().map(|(name, value)| format!("{name} {}", fixed(value, 4))).collect();
        let fact = (report.split.clone(), format!("{} (step {step})", results.join(", ")));
        match self.shown.facts.iter_mut().find(|(name, _)| *name == fact.0) {
            Some(old) => *old = fact,
            None => self.shown.facts.insert(0, fact),
        }
    }

    /// Writes the page with the results of `report`, or else with those of the last one.
    fn write(&mut self, report: Option<&Report>, step: u64) -> Result<(), StoreError> {
        if !self.has_lines {
            let mut history = History::default();
            for_each_metric(self.run.metrics(), |line| history.add(&line))?;
            (self.shown.history, self.has_lines) = (history, true);
        }
        if let Some(report) = report {
            self.shown.report = Some((report.clone(), step));
        }
        self.shown.grids = self.grids()?;
        self.run.write_text(NAME, &self.shown.html())
    }

    /// Evenly spread grids of each folder, with their steps.
    fn grids(&self) -> Result<Vec<Grids>, StoreError> {
        let grids = self.folders.iter().map(|folder| {
            let files = self.run.files(folder)?;
            let shown = run::spread(&files).into_iter();
            let shown = shown.filter_map(|path| Some((step_of(path)?, fs::read(path).ok()?)));
            Ok(Grids { folder, images: shown.collect() })
        });
        grids.collect()
    }
}

/// The facts at the top of the page: network, data, length, start, machine and versions.
fn facts(config: &Config, info: &RunInfo, summary: &Summary) -> Vec<(String, String)> {
    let [_, all] = summary.steps;
    let adapter = info.adapter.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
    let commit = info
        .commit
        .as_deref()
        .map_or_else(String::new, |id| format!(", commit {}", id.get(..12).unwrap_or(id)));
    [
        ("network", format!("{}, {} parameters", kind(config), summary.layers.parameters)),
        (
            "data",
            format!("{}: {}", summary.data.name, summary.data.counts(|count| count.to_string())),
        ),
        ("training", format!("{} ({all} steps), seed {}", config.train.length(), config.run.seed)),
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
    .into_iter()
    .chain(summary.data.facts.iter().cloned())
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The `kind` of `[model]`.
fn kind(config: &Config) -> String {
    let model = serde_json::to_value(&config.model).unwrap_or_default();
    model["kind"].as_str().unwrap_or_default().to_owned()
}

/// A grid of the first training batch after augmentation; none for data without images.
fn first_batch(config: &Config, data: &Data) -> Option<Bitmap> {
    let images = data.images()?;
    let size = config.batch_size().min(SHOWN);
    let loader = Loader::new(images.splits.train.clone(), size, config.run.seed);
    let mut batch = Batch::default();
    loader.fill(&loader.order(0), 0, 0, &mut batch);
    Some(Bitmap::grid(&batch.pixels, batch.shape, COLUMNS))
}
