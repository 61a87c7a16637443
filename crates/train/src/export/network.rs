//! The network of a run: as layers with their numbers, and as a module.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::store::ModuleRecord;
use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_data::{Normalization, PictureShape, preprocessing};
use hearth_model::gan;
use hearth_store::{StateDict, read_tensors, write_tensors};
use serde_json::json;

use super::built::{Built, sigmoid};
use super::layers::{self, Layer};
use super::proto::Proto as _;
use super::samples::Samples;
use super::{Format, Part, check, onnx, tensors};
use crate::error::TrainError;
use crate::input::Input;
use crate::trained::Trained;

/// A trained network, apart from its run.
pub struct Network {
    pub layers: Vec<Layer>,
    pub state: StateDict,
    pub built: Built,
    pub normalization: Normalization,
    pub input: Input,
    pub shape: PictureShape,
    /// Of a generator: how many random numbers it takes.
    pub latent: usize,
    pub classes: usize,
}

impl Network {
    pub fn of(trained: &mut Trained, part: Part, device: &Device) -> Result<Self, TrainError> {
        let (dims, seed) = (trained.info.dataset.shape, trained.config.run.seed);
        let classes = trained.info.dataset.classes.len();
        let normalization = trained.info.normalization();
        let mut states = std::mem::take(&mut trained.state).take_under("model");
        let (layers, state, latent) = match &trained.config.model {
            ModelConfig::Classifier { network: config, .. } => {
                (layers::classifier(config, dims, classes), states, 0)
            }
            ModelConfig::Gan(config) => match part {
                Part::Generator => {
                    let average = states.take_under("average");
                    let own = states.take_under("generator");
                    let state = if average.is_empty() { own } else { average };
                    (layers::generator(config, dims), state, gan::latent_size(config))
                }
                Part::Discriminator => {
                    (layers::discriminator(config, dims), states.take_under("discriminator"), 0)
                }
            },
        };
        let built = Built::new(&trained.config, part, dims, classes, seed, device)?;
        Ok(Self {
            built: built.with(state.clone())?,
            layers,
            state,
            input: Input::new(&normalization),
            normalization,
            shape: trained.info.shape(),
            latent,
            classes,
        })
    }

    pub fn write(&self, format: Format, half: bool, file: &Path) -> Result<(), TrainError> {
        let fault = |error: &dyn fmt::Display| {
            TrainError::Export(format!("cannot write {}: {error}", file.display()))
        };
        let bytes = match format {
            Format::Onnx => {
                let tensors = tensors::to_pytorch(&self.layers, self.state.clone())?;
                let (input, output) = self.ends();
                onnx::model(&self.layers, tensors, input, output, "hearth").encoded()
            }
            Format::Safetensors => {
                write_tensors(&tensors::to_pytorch(&self.layers, self.state.clone())?, half)?
            }
            Format::Burnpack => {
                return self.built.record().save(file).map_err(|error| fault(&error));
            }
        };
        fs::write(file, bytes).map_err(|error| fault(&error))
    }

    /// What an ONNX graph takes and gives.
    fn ends(&self) -> (onnx::Input<'_>, onnx::Output) {
        let pixels = onnx::Input::Pixels(self.shape, &self.normalization);
        match self.built {
            Built::Classifier(_) => (pixels, onnx::Output::Classes(self.classes)),
            Built::Discriminator(_) => (pixels, onnx::Output::Logit),
            Built::Generator(_) => {
                (onnx::Input::Latent(self.latent), onnx::Output::Pictures(self.shape))
            }
        }
    }

    /// The outputs of what was written.
    pub fn read_back(
        &self,
        format: Format,
        file: &Path,
        samples: &Samples,
        device: &Device,
    ) -> Result<Vec<f64>, TrainError> {
        let fault = |error: &dyn fmt::Display| {
            TrainError::Export(format!("{} cannot be read back: {error}", file.display()))
        };
        let built = match format {
            Format::Onnx => {
                let PictureShape { channels, height, width } = self.shape;
                let (input, output) = match self.built {
                    Built::Classifier(_) => ("pixels", "probabilities"),
                    Built::Discriminator(_) => ("pixels", "logit"),
                    Built::Generator(_) => ("latent", "pictures"),
                };
                let shape = match self.built {
                    Built::Generator(_) => vec![samples.count, self.latent],
                    _ => vec![samples.count, channels, height, width],
                };
                let found = check::run_onnx(file, (input, &shape), &samples.numbers(), output)?;
                let outputs = found.into_iter().map(f64::from);
                return Ok(match self.built {
                    Built::Discriminator(_) => outputs.map(sigmoid).collect(),
                    _ => outputs.collect(),
                });
            }
            Format::Safetensors => {
                let bytes = fs::read(file).map_err(|error| fault(&error))?;
                let theirs = read_tensors(&bytes).map_err(|error| fault(&error))?;
                self.built.empty().with(tensors::from_pytorch(&self.layers, theirs)?)?
            }
            Format::Burnpack => {
                let record = ModuleRecord::load(file).map_err(|error| fault(&error))?;
                self.built.empty().loaded(record).map_err(|error| fault(&error))?
            }
        };
        Ok(built.outputs(samples, &self.input, device))
    }

    /// What `config.json` says.
    pub fn settings(&self, trained: &Trained, format: Format, half: bool) -> serde_json::Value {
        let (kind, input) = match self.built {
            Built::Classifier(_) => ("classifier", self.pixels(format)),
            Built::Discriminator(_) => ("discriminator", self.pixels(format)),
            Built::Generator(_) => {
                ("generator", json!({ "latent": self.latent, "distribution": "standard normal" }))
            }
        };
        // Whoever has the export has other folders.
        let config = trained.config.without_folders();
        let mut settings = json!({
            "network": kind,
            "architecture": config.model,
            "config": config.to_toml(),
            "format": format.name(),
            "precision": if half { "f16" } else { "f32" },
            "input": input,
            "picture": self.shape_of_pictures(),
            "classes": trained.info.dataset.classes,
            "step": trained.step,
            "checkpoint": trained.checksum,
            "hearth": trained.info.hearth,
        });
        if self.latent == 0 {
            settings["preprocessing"] = self.preprocessing();
        }
        settings
    }

    /// How an image file becomes the pixels that it takes.
    fn preprocessing(&self) -> serde_json::Value {
        let mut steps = json!({ "version": preprocessing::VERSION });
        for (name, how) in preprocessing::steps(self.shape) {
            steps[name] = how.into();
        }
        steps
    }

    fn shape_of_pictures(&self) -> serde_json::Value {
        let PictureShape { channels, height, width } = self.shape;
        json!({ "channels": channels, "height": height, "width": width })
    }

    fn pixels(&self, format: Format) -> serde_json::Value {
        let Normalization { mean, std } = &self.normalization;
        json!({
            "pixels": if format == Format::Onnx { "0 to 255" } else { "(pixel / 255 - mean) / std" },
            "mean": mean,
            "std": std,
        })
    }
}
