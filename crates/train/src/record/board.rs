//! The same as in metrics.jsonl and more, as TensorBoard reads it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use hearth_report::EventFile;
use hearth_report::metrics::PLACES;
use hearth_store::{StateDict, Value};

use crate::task::bitmap::Bitmap;

/// Pictures and histograms take room: they are shown again when the run has grown by one part in so many. A
/// run of 25 evaluations shows all of its downcast, and one of any length a few hundred.
const GROWTH: u64 = 25;

/// The event file of one process of a run. When it cannot be written it is given up, and training goes on.
pub struct Board {
    file: Option<EventFile>,
    fault: Option<String>,
    /// When pictures and histograms of each kind were shown last.
    shown: BTreeMap<String, u64>,
}

impl Board {
    /// Begins a file in the run's folder; `resumed` is the step of the checkpoint that a run goes on from.
    pub fn new(folder: &Path, config: &str, resumed: Option<u64>) -> Self {
        let mut board = Self { file: None, fault: None, shown: BTreeMap::new() };
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

    /// The numbers of a line of metrics, as `loss/train`.
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

    /// A picture, when it is time for one.
    pub fn picture(&mut self, step: u64, tag: &str, picture: &Bitmap) {
        if !self.is_time(step, tag) {
            return;
        }
        let size = [picture.shape.width, picture.shape.height];
        self.write(|file| file.png(step, tag, &picture.to_png(), size, picture.shape.channels));
    }

    /// A histogram of each tensor of a network's weights, and of what else it learns, when it is time for
    /// them.
    pub fn weights(&mut self, step: u64, state: &StateDict) {
        if !self.is_time(step, "weights") {
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

    /// A histogram of the gradient of each parameter, which `gradients` reads, when it is time for them.
    pub fn gradients(&mut self, step: u64, gradients: impl FnOnce() -> Vec<(String, Vec<f32>)>) {
        if !self.is_time(step, "gradients") {
            return;
        }
        for (path, values) in gradients() {
            self.write(|file| file.histogram(step, &format!("gradients/{path}"), &values));
        }
    }

    /// Lets others see what was written.
    pub fn flush(&mut self) {
        self.write(EventFile::flush);
    }

    /// Why the file was given up, said once.
    pub fn fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    /// Whether it is time to show things of this kind again, which they are then.
    fn is_time(&mut self, step: u64, kind: &str) -> bool {
        let last = self.shown.get(kind);
        let is_time = last.is_none_or(|last| step >= last + last / GROWTH);
        if is_time {
            self.shown.insert(kind.to_owned(), step);
        }
        is_time
    }

    fn write(&mut self, what: impl FnOnce(&mut EventFile) -> io::Result<()>) {
        if let Some(Err(error)) = self.file.as_mut().map(what) {
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
        let shown: Vec<u64> = steps
            .filter(|step| {
                let mut read = false;
                board.gradients(*step, || {
                    read = true;
                    vec![("layers.0.bias".to_owned(), vec![0.5])]
                });
                read
            })
            .collect();
        assert!(shown.iter().take(25).copied().eq((1..=25).map(|epoch| 29 * epoch)), "{shown:?}");
        assert!(shown.len() < 200 && *shown.last().expect("25") > 29 * 6700, "{shown:?}");
        assert_eq!(board.fault(), None);
    }
}
