//! The event file for TensorBoard: scalars of metrics.jsonl, images, histograms of weights and gradients.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use hearth_report::EventFile;
use hearth_report::metrics::PLACES;
use hearth_store::{StateDict, Value};

use crate::task::bitmap::Bitmap;

/// The inverse of the share by which a run has to grow before images and histograms are written again, to limit the
/// file's size. A run of 25 evaluations writes all of them, and a run of any length a few hundred.
const GROWTH: u64 = 25;

/// The event file of one process of a run. A fault of writing closes it, and training continues.
pub struct Board {
    file: Option<EventFile>,
    fault: Option<String>,
    /// The step of the last image or histogram of each kind.
    last_steps: BTreeMap<String, u64>,
}

impl Board {
    /// Creates a file in the run's folder; `resumed` is the step of the checkpoint that the run resumes from.
    pub fn new(folder: &Path, config: &str, resumed: Option<u64>) -> Self {
        let mut board = Self { file: None, fault: None, last_steps: BTreeMap::new() };
        match EventFile::create(folder) {
            Ok(file) => board.file = Some(file),
            Err(error) => board.fault = Some(error.to_string()),
        }
        match resumed {
            Some(step) => board.write(|file| file.restarted(step)),
            None => board.write(|file| file.text(0, "config", &format!("```toml\n{config}```"))),
        }
        board
    }

    /// Writes the scalars of a line of metrics.jsonl, with tags such as `loss/train`.
    pub fn line(&mut self, line: &serde_json::Value) {
        let (Some(step), Some(kind)) = (line["step"].as_u64(), line["kind"].as_str()) else {
            return;
        };
        for (name, value) in line.as_object().into_iter().flatten() {
            match value.as_f64() {
                Some(value) if !PLACES.contains(&name.as_str()) => {
                    self.write(|file| file.scalar(step, &format!("{name}/{kind}"), value));
                }
                _ => {}
            }
        }
    }

    /// Writes an image, if one of this tag is due.
    pub fn image(&mut self, step: u64, tag: &str, image: &Bitmap) {
        if !self.is_due(step, tag) {
            return;
        }
        let size = [image.shape.width, image.shape.height];
        self.write(|file| file.png(step, tag, &image.to_png(), size, image.shape.channels));
    }

    /// Writes a text in Markdown, if one of this tag is due.
    pub fn text(&mut self, step: u64, tag: &str, markdown: &str) {
        if self.is_due(step, tag) {
            self.write(|file| file.text(step, tag, markdown));
        }
    }

    /// Writes a histogram of each tensor under `model` of a checkpoint, if they are due.
    pub fn weights(&mut self, step: u64, state: &StateDict) {
        if !self.is_due(step, "weights") {
            return;
        }
        for (path, value) in state.iter() {
            if let (Some(path), Value::Tensor(tensor)) = (path.strip_prefix("model."), value)
                && let Ok(values) = tensor.to_vec::<f32>()
            {
                self.write(|file| file.histogram(step, &format!("weights/{path}"), &values));
            }
        }
    }

    /// Writes a histogram of the gradient of each parameter, which `gradients` reads, if they are due.
    pub fn gradients(&mut self, step: u64, gradients: impl FnOnce() -> Vec<(String, Vec<f32>)>) {
        if !self.is_due(step, "gradients") {
            return;
        }
        for (path, values) in gradients() {
            self.write(|file| file.histogram(step, &format!("gradients/{path}"), &values));
        }
    }

    /// Flushes the file, so that TensorBoard reads the newest events.
    pub fn flush(&mut self) {
        self.write(EventFile::flush);
    }

    /// The fault that closed the file, returned once.
    pub fn fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    /// True if an image or histograms of this kind are due; records `step` as their last one then.
    fn is_due(&mut self, step: u64, kind: &str) -> bool {
        let last = self.last_steps.get(kind);
        let is_due = last.is_none_or(|last| step >= last + last / GROWTH);
        if is_due {
            self.last_steps.insert(kind.to_owned(), step);
        }
        is_due
    }

    /// Writes an event; a fault closes the file.
    fn write(&mut self, event: impl FnOnce(&mut EventFile) -> io::Result<()>) {
        if let Some(Err(error)) = self.file.as_mut().map(event) {
            (self.file, self.fault) = (None, Some(error.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_few_histograms_and_a_short_one_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut board = Board::new(folder.path(), "", None);
        // Epochs of 29 steps, as those of mlp-nano.
        let steps = (1..=7000_u64).map(|epoch| 29 * epoch);
        let written: Vec<u64> = steps
            .filter(|step| {
                let mut read = false;
                board.gradients(*step, || {
                    read = true;
                    vec![("layers.0.bias".to_owned(), vec![0.5])]
                });
                read
            })
            .collect();
        assert!(
            written.iter().take(25).copied().eq((1..=25).map(|epoch| 29 * epoch)),
            "{written:?}"
        );
        assert!(written.len() < 200 && *written.last().expect("25") > 29 * 6700, "{written:?}");
        assert_eq!(board.fault(), None);
    }
}
