//! `report.html`: what a run knows, to be looked at.

use std::fs;
use std::time::Instant;

use hearth_config::Config;
use hearth_data::{Batch, Data, DataCard, Loader};
use hearth_report::metrics::History;
use hearth_report::run::{self, Grids, RunPage};
use hearth_report::{Report, fixed};
use hearth_store::{RunDir, StoreError, for_each_metric};
use serde_json::Value;

use crate::info::RunInfo;
use crate::pictures::{Picture, step_of};
use crate::summary::Summary;
use crate::task::Split;

/// The page's name in the run's folder.
pub const NAME: &str = "report.html";

/// Training pictures on the page, and in each row.
const SHOWN: usize = 48;
const COLUMNS: usize = 16;

/// Drawing takes at most one part in so many of a run's time: an epoch may be over sooner than its page.
const REST: u32 = 50;

/// The page of a run, written anew whenever there is more to see.
pub struct Page {
    run: RunDir,
    /// The folders of grids.
    folders: &'static [&'static str],
    shown: RunPage,
    /// Whether `shown` has the lines of metrics.jsonl: they are read once, and heard from then on.
    has_lines: bool,
    /// Until then the last page is new enough.
    rests_until: Option<Instant>,
}

impl Page {
    /// The page of a run that is about to train, which keeps grids of images in `folders`; nothing is written yet.
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
            batch: first_batch(config, data).map(|picture| picture.to_png()).unwrap_or_default(),
            ..RunPage::default()
        };
        Self { run, folders, shown, has_lines: false, rests_until: None }
    }

    /// Hears a line that was added to metrics.jsonl.
    pub fn line(&mut self, line: &Value) {
        if self.has_lines {
            self.shown.history.add(line);
        }
    }

    /// Shows the results on a set after `step` steps: on a new page, unless the last one is new enough. The
    /// test, with which a run ends, is always shown.
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

    fn fact(&mut self, report: &Report, step: u64) {
        let results: Vec<_> =
            report.scores().map(|(name, value)| format!("{name} {}", fixed(value, 4))).collect();
        let fact = (report.split.clone(), format!("{} (step {step})", results.join(", ")));
        match self.shown.facts.iter_mut().find(|(name, _)| *name == fact.0) {
            Some(old) => *old = fact,
            None => self.shown.facts.insert(0, fact),
        }
    }

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

    /// Some of the kept grids of each folder, by their steps.
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

/// What was trained, on what, and with what.
fn facts(config: &Config, info: &RunInfo, summary: &Summary) -> Vec<(String, String)> {
    let DataCard { name, unit, sample, samples: [train, valid, test], .. } = &summary.data;
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
            format!(
                "{name}: {train} training, {valid} validation and {test} test {unit}, {sample}"
            ),
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
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What `[model] kind` says.
fn kind(config: &Config) -> String {
    let model = serde_json::to_value(&config.model).unwrap_or_default();
    model["kind"].as_str().unwrap_or_default().to_owned()
}

/// The images of the first batch, as augmentation leaves them.
fn first_batch(config: &Config, data: &Data) -> Option<Picture> {
    let size = config.data.batches.batch_size.min(SHOWN);
    let loader = Loader::new(data.images()?.splits.train.clone(), size, config.run.seed);
    let mut batch = Batch::default();
    loader.fill(&loader.order(0), 0, 0, &mut batch);
    Some(Picture::grid(&batch.pixels, batch.shape, COLUMNS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use hearth_config::RawConfig;
    use hearth_data::{Labels, Normalization};

    use super::*;
    use crate::backend::Backend;
    use crate::info::Preprocessing;
    use crate::metrics::Tally;
    use crate::plan::Plan;
    use crate::tasks;

    #[test]
    fn epochs_that_are_shorter_than_a_drawing_do_not_wait_for_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let raw = RawConfig::read(&root.join("configs/mlp-nano.toml")).expect("it is there");
        let config = raw.check().expect("good");
        let data = Data::load(&config, Labels::Needed, &root.join("datasets"), &mut |_| ());
        let data = data.expect("part of the repository");
        let normalization = Normalization::of(&data.images().expect("images").splits.train);
        let (preprocessing, backend) = (Preprocessing::Images(normalization), Backend::default());
        let device = backend.device().expect("a CPU");
        let task = tasks::open_alone(&config, &data, &device).expect("it fits");
        let plan = Plan::new(&config, &*task).expect("it has epochs");
        let info = RunInfo::new(&data.card(), &preprocessing, backend, 1);
        let summary = Summary::new(&config, data.card(), task.layers(), &plan, backend, 1);
        let summary = summary.expect("it fits");
        let folder = tempfile::tempdir().expect("a folder");
        let run = RunDir::create(folder.path()).expect("a run");
        let mut page = Page::new((run.clone(), &[]), &config, &data, &info, &summary);
        let report = |split: &str| {
            let mut tally = Tally::new(10);
            for label in 0..10_u16 {
                let mut logits = [0.0; 10];
                logits[usize::from(label)] = 1.0;
                tally.add(&logits, &[label]);
            }
            tally.report(split, &info.dataset.classes, "images")
        };
        let mut drawn = BTreeSet::new();
        for step in 1..=200 {
            page.show(Split::Valid, Some(&report("valid")), step).expect("a page");
            drawn.insert(run.read_text(NAME).expect("a page"));
        }
        assert!(drawn.len() < 20, "{} pages", drawn.len());
        page.show(Split::Test, Some(&report("test")), 150).expect("a page");
        let last = run.read_text(NAME).expect("a page");
        for text in ["accuracy 1.0000 (step 200)", "test set, step 150"] {
            assert!(last.contains(text), "{text}");
        }
    }
}
