//! The same as in metrics.jsonl and more, as TensorBoard reads it.

use std::io;
use std::path::Path;

use hearth_report::EventFile;
use hearth_report::metrics::PLACES;
use hearth_store::{StateDict, Value};

use crate::pictures::Picture;

/// The event file of one process of a run. When it cannot be written it is given up, and training goes on.
pub struct Board {
    file: Option<EventFile>,
    fault: Option<String>,
}

impl Board {
    /// Begins a file in the run's folder; `resumed` is the step of the checkpoint that a run goes on from.
    pub fn new(folder: &Path, config: &str, resumed: Option<u64>) -> Self {
        let mut board = Self { file: None, fault: None };
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

    /// A picture.
    pub fn picture(&mut self, step: u64, tag: &str, picture: &Picture) {
        let size = [picture.shape.width, picture.shape.height];
        self.write(|file| file.png(step, tag, &picture.to_png(), size, picture.shape.channels));
    }

    /// A histogram of each tensor of a network's weights, and of what else it learns.
    pub fn weights(&mut self, step: u64, state: &StateDict) {
        for (path, value) in state.iter() {
            if let (Some(path), Value::Tensor(tensor)) = (path.strip_prefix("model."), value)
                && let Ok(values) = tensor.to_vec::<f32>()
            {
                self.write(|file| file.histogram(step, &format!("weights/{path}"), &values));
            }
        }
    }

    /// A histogram of the gradient of each parameter.
    pub fn gradients(&mut self, step: u64, gradients: &[(String, Vec<f32>)]) {
        for (path, values) in gradients {
            self.write(|file| file.histogram(step, &format!("gradients/{path}"), values));
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

    fn write(&mut self, what: impl FnOnce(&mut EventFile) -> io::Result<()>) {
        if let Some(Err(error)) = self.file.as_mut().map(what) {
            (self.file, self.fault) = (None, Some(error.to_string()));
        }
    }
}
