//! The recorder of a run: it writes the log, checkpoints, `best.json` and images during training.

use std::fmt::Write as _;

use hearth_config::{Metric, Standing};
use hearth_data::ImageShape;
use hearth_report::report::View;
use hearth_report::{Alignment, Report, shown_tokens};
use hearth_store::{Best, MetricsLog, RunDir, StateDict, StoreError};
use serde::Serialize;

use crate::record::board::Board;
use crate::record::page::{self, Page};
use crate::task::bitmap::{Bitmap, file_of, step_of};
use crate::task::{Artifact, Split};

/// Images per row of a grid.
const COLUMNS: usize = 8;

/// A checkpoint of a run, with the best evaluation in its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// Its step.
    pub step: u64,
    /// The best evaluation up to that step.
    pub best: Option<Standing>,
}

/// Writes the files of a run during training.
pub struct Recorder {
    run: RunDir,
    log: MetricsLog,
    keep_last: usize,
    metric: Metric,
    /// The checkpoints, the newest last; at most `keep_last` after a save.
    kept: Vec<Kept>,
    /// The report page and the event file, if the run has them.
    shown: Option<(Page, Board)>,
}

impl Recorder {
    /// The recorder of a run with these checkpoints, the newest last, whose log was `metrics_length` bytes long at the
    /// newest: later lines are cut off. A new run has neither. A shorter log is an error.
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

    /// The recorder with a report page and an event file.
    #[must_use]
    pub fn shown_on(self, page: Page, board: Board) -> Self {
        Self { shown: Some((page, board)), ..self }
    }

    /// Appends a line to metrics.jsonl, and adds it to page and event file.
    pub fn log(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        self.log.append(line)?;
        if let Some((page, board)) = &mut self.shown {
            let line = serde_json::to_value(line).unwrap_or_default();
            board.line(&line);
            page.line(&line);
        }
        Ok(())
    }

    /// Shows the results on a split after `step` steps on page and event file. Returns faults of these in sentences.
    pub fn show(&mut self, step: u64, split: Split, report: Option<&Report>) -> Vec<String> {
        let Some((page, board)) = &mut self.shown else { return Vec::new() };
        for (name, view) in report.into_iter().flat_map(|report| &report.views) {
            let tag = format!("{name}/{}", split.name());
            match view {
                View::Images(images) if !images.captions.is_empty() => {
                    let [channels, height, width] = images.shape;
                    let shape = ImageShape { channels, height, width };
                    board.image(step, &tag, &Bitmap::grid(&images.pixels, shape, COLUMNS));
                }
                View::Alignments(alignments) => show_alignments(board, step, &tag, alignments),
                _ => {}
            }
        }
        board.flush();
        let fault = board.fault().map(|fault| format!("the event file is given up: {fault}"));
        let page = page.show(split, report, step).err();
        let page = page.map(|error| format!("{} was not written: {error}", page::NAME));
        fault.into_iter().chain(page).collect()
    }

    /// Writes histograms of the gradients of step `step`, which `gradients` reads, to the event file.
    pub fn show_gradients(
        &mut self,
        step: u64,
        gradients: impl FnOnce() -> Vec<(String, Vec<f32>)>,
    ) {
        if let Some((_, board)) = &mut self.shown {
            board.gradients(step, gradients);
        }
    }

    /// Keeps an image of the state after `step` steps, and removes images of the same folder for whose steps
    /// `is_wanted` is false.
    pub fn keep(
        &mut self,
        step: u64,
        artifact: &Artifact,
        is_wanted: impl Fn(u64) -> bool,
    ) -> Result<(), StoreError> {
        if let Some((_, board)) = &mut self.shown {
            board.image(step, artifact.folder, &artifact.picture);
        }
        self.run.write_file(artifact.folder, &file_of(step), &artifact.picture.to_png())?;
        self.run.retain(artifact.folder, |path| step_of(path).is_none_or(&is_wanted))
    }

    /// The length of metrics.jsonl in bytes.
    pub fn metrics_length(&self) -> u64 {
        self.log.length()
    }

    /// The step of the newest checkpoint, if there is one.
    pub fn saved(&self) -> Option<u64> {
        self.kept.last().map(|kept| kept.step)
    }

    /// Writes a checkpoint, updates `best.json`, and removes checkpoints that are no longer needed.
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

    /// Updates `best.json` and removes unneeded checkpoints; after a resume too, since a kill may have come between a
    /// checkpoint and this.
    pub fn tidy(&self) -> Result<(), StoreError> {
        self.write_best()?;
        self.prune()
    }

    /// Removes all checkpoints but the newest `keep_last` and the best of each of these, so that a fall-back to an
    /// older one has its best checkpoint too.
    fn prune(&self) -> Result<(), StoreError> {
        let newest = &self.kept[self.kept.len().saturating_sub(self.keep_last)..];
        let bests: Vec<u64> =
            newest.iter().filter_map(|kept| kept.best).map(|best| best.step).collect();
        self.run.checkpoints().prune(self.keep_last, &bests)
    }

    /// Writes the best evaluation of the newest checkpoint to `best.json`, which may be newer after a fall-back.
    fn write_best(&self) -> Result<(), StoreError> {
        let Some(Standing { step, value, loss }) = self.kept.last().and_then(|kept| kept.best)
        else {
            return Ok(());
        };
        let best = Best { step, metric: format!("valid {}", self.metric.name()), value, loss };
        // An unreadable one is rewritten as well.
        if self.run.read_best().ok().flatten().as_ref() == Some(&best) {
            return Ok(());
        }
        self.run.write_best(&best)
    }
}

/// Writes the weights of attentions as images, `<tag>/1` and so on, and their tokens as a text.
fn show_alignments(board: &mut Board, step: u64, tag: &str, alignments: &[Alignment]) {
    let mut tokens = String::new();
    for (index, alignment) in alignments.iter().enumerate() {
        let number = index + 1;
        board.image(step, &format!("{tag}/{number}"), &Bitmap::attention(alignment));
        let [source, target] =
            [&alignment.source, &alignment.target].map(|tokens| shown_tokens(tokens));
        // Writing to a string cannot fail.
        let _ = writeln!(tokens, "{number}. columns: `` {source} ``, rows: `` {target} ``");
    }
    if !alignments.is_empty() {
        board.text(step, tag, &tokens);
    }
}

#[cfg(test)]
mod tests;
