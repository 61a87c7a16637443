//! The network of a run: as layers with their numbers, and as a module.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::store::ModuleRecord;
use hearth_model::Layer;
use hearth_store::{StateDict, read_tensors, write_tensors};
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use serde_json::json;

use super::built::Built;
use super::onnx::proto::Proto as _;
use super::outline::Outline;
use super::signature::{LayerSignature, Samples, Signature};
use super::translator::ENCODER;
use super::{Format, check, onnx};

/// A trained network, apart from its run.
pub struct Network {
    /// As other programs know it.
    pub outline: Outline,
    /// Its numbers, by their paths.
    pub state: StateDict,
    /// As a module.
    pub built: Box<dyn Built>,
    /// Its inputs and outputs.
    pub signature: Box<dyn Signature>,
}

impl Network {
    /// A module that takes these numbers.
    pub fn new(
        module: &impl Built,
        outline: impl Into<Outline>,
        state: StateDict,
        signature: Box<dyn Signature>,
    ) -> Result<Self, TrainError> {
        let built = module.with(state.clone())?;
        Ok(Self { built, outline: outline.into(), state, signature })
    }

    /// Its layers, with the inputs and outputs around them. A network that is no list of layers is an error.
    fn layered(&self) -> Result<(&[Layer], &dyn LayerSignature), TrainError> {
        match (&self.outline, self.signature.layered()) {
            (Outline::Layers(layers), Some(signature)) => Ok((layers, signature)),
            _ => Err(TrainError::Export(
                "this network has layers that are not written as ONNX; safetensors and burnpack \
                 take every network"
                    .to_owned(),
            )),
        }
    }

    /// Writes it as a file of a format; `half` writes 16 bits for each number. As ONNX, a translator's file is that of the
    /// decoder, and `encoder.onnx` lies beside it.
    pub fn write(&self, format: Format, half: bool, file: &Path) -> Result<(), TrainError> {
        let fault = |error: &dyn fmt::Display| {
            TrainError::Export(format!("cannot write {}: {error}", file.display()))
        };
        let bytes = match format {
            Format::Onnx => {
                let tensors = || self.outline.to_pytorch(self.state.clone());
                if let Outline::Translator(outline) = &self.outline {
                    let [encoder, decoder] = outline.onnx(tensors()?);
                    fs::write(file.with_file_name(ENCODER), encoder.encoded())
                        .map_err(|error| fault(&error))?;
                    decoder.encoded()
                } else {
                    let (layers, signature) = self.layered()?;
                    onnx::model(layers, tensors()?, signature, "hearth").encoded()
                }
            }
            Format::Safetensors => {
                write_tensors(&self.outline.to_pytorch(self.state.clone())?, half)?
            }
            Format::Burnpack => {
                return self.built.record().save(file).map_err(|error| fault(&error));
            }
        };
        fs::write(file, bytes).map_err(|error| fault(&error))
    }

    /// The numbers that a check compares, as the run's network computes them.
    pub fn compared(&self, samples: &Samples) -> Vec<f64> {
        self.signature.compared(&self.built.outputs(&samples.input))
    }

    /// The same values of the written artefact.
    pub fn read_back(
        &self,
        format: Format,
        file: &Path,
        samples: &Samples,
    ) -> Result<Vec<f64>, TrainError> {
        let fault = |error: &dyn fmt::Display| {
            TrainError::Export(format!("{} cannot be read back: {error}", file.display()))
        };
        let built = match format {
            Format::Onnx => {
                if matches!(self.outline, Outline::Translator(_)) {
                    let files = [&file.with_file_name(ENCODER), file];
                    let found = check::run_translator(files, samples.input.pairs())?;
                    return Ok(self.signature.compared(&found));
                }
                let (_, signature) = self.layered()?;
                let found = check::run_onnx(file, samples, signature.checked_output())?;
                return Ok(signature.compared_in_graph(&found));
            }
            Format::Safetensors => {
                let bytes = fs::read(file).map_err(|error| fault(&error))?;
                let theirs = read_tensors(&bytes).map_err(|error| fault(&error))?;
                self.built.with(self.outline.from_pytorch(theirs)?)?
            }
            Format::Burnpack => {
                let record = ModuleRecord::load(file).map_err(|error| fault(&error))?;
                self.built.loaded(record).map_err(|error| fault(&error))?
            }
        };
        Ok(self.signature.compared(&built.outputs(&samples.input)))
    }

    /// The contents of `config.json`.
    pub fn settings(&self, trained: &LoadedRun, format: Format, half: bool) -> serde_json::Value {
        // The folders of this machine mean nothing elsewhere.
        let config = trained.config.without_folders();
        let of_every_network = json!({
            "architecture": config.model,
            "config": config.to_toml(),
            "format": format.name(),
            "precision": if half { "f16" } else { "f32" },
            "classes": trained.info.dataset.classes,
            "step": trained.step,
            "checkpoint": trained.checksum,
            "hearth": trained.info.hearth,
        });
        let mut settings = self.signature.settings(format);
        settings.extend(of_every_network.as_object().cloned().unwrap_or_default());
        settings.into()
    }
}
