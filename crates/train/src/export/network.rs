//! The network of a run: as layers with their numbers, and as a module.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::store::ModuleRecord;
use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_data::{Normalization, PictureShape, preprocessing};
use hearth_model::{Classifier, Discriminator, Generator, Layer, gan};
use hearth_store::{StateDict, read_tensors, write_tensors};
use serde_json::json;

use super::built::{Built, sigmoid};
use super::proto::Proto as _;
use super::samples::Samples;
use super::{Format, Part, check, onnx, tensors};
use crate::error::TrainError;
use crate::input::Input;
use crate::trained::Trained;

/// A trained network, apart from its run.
pub struct Network {
    /// As other programs know it, where they do.
    pub layers: Option<Vec<Layer>>,
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
        let (dims, seed) = (trained.info.dims()?, trained.config.run.seed);
        let classes = trained.info.dataset.classes.len();
        let normalization = trained.info.normalization()?;
        let mut states = std::mem::take(&mut trained.state).take_under("model");
        let (layers, state, latent) = match &trained.config.model {
            ModelConfig::Classifier { network: config, .. } => {
                (Classifier::layers(config, dims, classes), states, 0)
            }
            ModelConfig::Gan(config) => match part {
                Part::Generator => {
                    let average = states.take_under("average");
                    let own = states.take_under("generator");
                    let state = if average.is_empty() { own } else { average };
                    (Generator::layers(config, dims), state, gan::latent_size(config))
                }
                Part::Discriminator => {
                    (Discriminator::layers(config, dims), states.take_under("discriminator"), 0)
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
            shape: trained.info.shape()?,
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
                let Some(layers) = &self.layers else {
                    return Err(TrainError::Export(
                        "this network has layers that are not written as ONNX; safetensors and burnpack \
                         take every network"
                            .to_owned(),
                    ));
                };
                let tensors = tensors::to_pytorch(Some(layers), self.state.clone())?;
                let (input, output) = self.ends();
                onnx::model(layers, tensors, input, output, "hearth").encoded()
            }
            Format::Safetensors => {
                let state = self.state.clone();
                write_tensors(&tensors::to_pytorch(self.layers.as_deref(), state)?, half)?
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
                let state = tensors::from_pytorch(self.layers.as_deref(), theirs)?;
                self.built.empty().with(state)?
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

#[cfg(test)]
mod tests {
    use hearth_model::params;
    use hearth_store::TensorValue;

    use super::*;
    use crate::backend::Backend;

    #[test]
    fn a_network_without_a_list_of_layers_exports_as_safetensors_and_not_as_onnx() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let raw = hearth_config::RawConfig::read(&root.join("configs/mlp-nano.toml"));
        let config = raw.and_then(|raw| raw.check()).expect("a good config");
        let device = Backend::default().device().expect("a CPU");
        let built = Built::new(&config, Part::Generator, [1, 2, 2], 3, 7, &device).expect("fits");
        let Built::Classifier(classifier) = &built else { panic!("{:?}", config.model) };
        let mut state = StateDict::new();
        for (path, shape) in params::shapes(classifier) {
            let values = vec![0.5_f32; shape.iter().product()];
            state.insert(path, TensorValue::new(shape, &values).expect("as many")).expect("new");
        }
        let normalization = Normalization { mean: vec![0.0], std: vec![1.0] };
        let network = Network {
            layers: None,
            state,
            built,
            input: Input::new(&normalization),
            normalization,
            shape: PictureShape { channels: 1, height: 2, width: 2 },
            latent: 0,
            classes: 3,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("model.safetensors");
        network.write(Format::Safetensors, false, &file).expect("every network");
        let found = read_tensors(&fs::read(file).expect("written")).expect("safetensors");
        assert_eq!(found, network.state);
        let refused = network.write(Format::Onnx, false, &folder.path().join("model.onnx"));
        let refused = refused.expect_err("no graph").to_string();
        assert!(refused.contains("safetensors and burnpack take every network"), "{refused}");
    }
}
