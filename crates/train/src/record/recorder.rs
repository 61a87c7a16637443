//! What a run leaves while it trains: checkpoints, the best one, and the log.

use hearth_config::{Metric, Standing};
use hearth_data::ImageShape;
use hearth_report::Report;
use hearth_store::{Best, MetricsLog, RunDir, StateDict, StoreError};
use serde::Serialize;

use crate::record::board::Board;
use crate::record::page::{self, Page};
use crate::task::bitmap::{Bitmap, file_of, step_of};
use crate::task::{Artifact, Split};

/// Images of a report in each row of a grid.
const COLUMNS: usize = 8;

/// A checkpoint of a run, and what it remembers as the best one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// Its step.
    pub step: u64,
    /// The best evaluation up to there.
    pub best: Option<Standing>,
}

/// Writes into a run's folder.
pub struct Recorder {
    run: RunDir,
    log: MetricsLog,
    keep_last: usize,
    metric: Metric,
    /// The newest checkpoints, the last one last.
    kept: Vec<Kept>,
    shown: Option<(Page, Board)>,
}

impl Recorder {
    /// For a run whose checkpoints are `kept`, the newest last, and whose log was `metrics_length`
    /// bytes long at that one: what was logged later is cut off. A new run has neither.
    pub fn new(
        run: RunDir,
        keep_last: usize,
        metric: Metric,
        kept: Vec<Kept>,
        metrics_length: u64,
    ) -> Result<Self, StoreError> {
        let log = MetricsLog::open(run.metrics(), metrics_length)?;
        Ok(Self { run, log, keep_last, metric, kept, shown: None })
    }

    /// Shows what it keeps on a page and on a board as well.
    #[must_use]
    pub fn shown_on(self, page: Page, board: Board) -> Self {
        Self { shown: Some((page, board)), ..self }
    }

    /// Adds a line to metrics.jsonl.
    pub fn log(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        self.log.append(line)?;
        if let Some((page, board)) = &mut self.shown {
            let line = serde_json::to_value(line).unwrap_or_default();
            board.line(&line);
            page.line(&line);
        }
        Ok(())
    }

    /// Shows the results on a set after `step` steps. What could not be shown, in sentences.
    pub fn show(&mut self, step: u64, split: Split, report: Option<&Report>) -> Vec<String> {
        let Some((page, board)) = &mut self.shown else { return Vec::new() };
        for (name, images) in report.into_iter().flat_map(Report::images) {
            let [channels, height, width] = images.shape;
            let shape = ImageShape { channels, height, width };
            if !images.captions.is_empty() {
                let grid = Bitmap::grid(&images.pixels, shape, COLUMNS);
                board.picture(step, &format!("{name}/{}", split.name()), &grid);
            }
        }
        board.flush();
        let fault = board.fault().map(|fault| format!("the event file is given up: {fault}"));
        let page = page.show(split, report, step).err();
        let page = page.map(|error| format!("{} was not written: {error}", page::NAME));
        fault.into_iter().chain(page).collect()
    }

    /// Shows the gradients of the step after `step` others, which `gradients` reads.
    pub fn show_gradients(
        &mut self,
        step: u64,
        gradients: impl FnOnce() -> Vec<(String, Vec<f32>)>,
    ) {
        if let Some((_, board)) = &mut self.shown {
            board.gradients(step, gradients);
        }
    }

    /// Keeps a picture of what was learned in `step` steps, and those of earlier steps that are wanted still.
    pub fn keep(
        &mut self,
        step: u64,
        artifact: &Artifact,
        is_wanted: impl Fn(u64) -> bool,
    ) -> Result<(), StoreError> {
        if let Some((_, board)) = &mut self.shown {
            board.picture(step, artifact.folder, &artifact.picture);
        }
        self.run.write_file(artifact.folder, &file_of(step), &artifact.picture.to_png())?;
        self.run.retain(artifact.folder, |path| step_of(path).is_none_or(&is_wanted))
    }

    /// The length of metrics.jsonl in bytes.
    pub fn metrics_length(&self) -> u64 {
        self.log.length()
    }

    /// The step of the newest checkpoint.
    pub fn saved(&self) -> Option<u64> {
        self.kept.last().map(|kept| kept.step)
    }

    /// Writes a checkpoint, says which is the best, and removes those that are no longer needed.
    pub fn save(&mut self, state: &StateDict, now: Kept) -> Result<(), StoreError> {
        // The checkpoint holds the log's length, so the log has to be on disk first.
        self.log.sync()?;
        self.run.checkpoints().save(now.step, state)?;
        if let Some((_, board)) = &mut self.shown {
            board.weights(now.step, state);
        }
        self.kept.push(now);
        self.kept.drain(..self.kept.len().saturating_sub(self.keep_last));
        self.tidy()
    }

    /// Does what follows a checkpoint, as far as it is not done: a kill may have come between the two.
    pub fn tidy(&self) -> Result<(), StoreError> {
        self.write_best()?;
        self.prune()
    }

    /// Removes all checkpoints but the newest ones and what each of these remembers as the best, so that a
    /// fall-back finds its best too.
    fn prune(&self) -> Result<(), StoreError> {
        let newest = &self.kept[self.kept.len().saturating_sub(self.keep_last)..];
        let bests: Vec<u64> =
            newest.iter().filter_map(|kept| kept.best).map(|best| best.step).collect();
        self.run.checkpoints().prune(self.keep_last, &bests)
    }

    /// Brings best.json to what the newest checkpoint remembers; a fall-back may have gone behind it.
    fn write_best(&self) -> Result<(), StoreError> {
        let Some(Standing { step, value, loss }) = self.kept.last().and_then(|kept| kept.best)
        else {
            return Ok(());
        };
        let best = Best { step, metric: format!("valid {}", self.metric.name()), value, loss };
        // One that cannot be read is written anew as well.
        if self.run.read_best().ok().flatten().as_ref() == Some(&best) {
            return Ok(());
        }
        self.run.write_best(&best)
    }
}

#[cfg(test)]
mod tests;
