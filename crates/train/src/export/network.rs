//! The network of a run: as layers with their numbers, and as a module.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::store::ModuleRecord;
use burn::tensor::Device;
use hearth_model::Layer;
use hearth_store::{StateDict, read_tensors, write_tensors};
use serde_json::json;

use super::built::Built;
use super::proto::Proto as _;
use super::signature::{Samples, Signature};
use super::{Format, Part, check, images, onnx, rows, tensors};
use crate::error::TrainError;
use crate::trained::Trained;

/// A trained network, apart from its run.
pub struct Network {
    /// As other programs know it, where they do.
    pub layers: Option<Vec<Layer>>,
    pub state: StateDict,
    pub built: Built,
    /// What it takes and gives.
    pub signature: Box<dyn Signature>,
}

impl Network {
    pub fn of(trained: &mut Trained, part: Part, device: &Device) -> Result<Self, TrainError> {
        match trained.info.table.clone() {
            Some(coding) => rows::network(trained, coding, device),
            None => images::network(trained, part, device),
        }
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
                onnx::model(layers, tensors, &*self.signature, "hearth").encoded()
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

    /// The numbers that a check compares, as the run's network computes them.
    pub fn compared(&self, samples: &Samples) -> Vec<f64> {
        self.signature.compared(&self.built.outputs(&samples.tensor))
    }

    /// The same numbers of what was written.
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
                let output = self.signature.checked_output();
                let found = check::run_onnx(file, samples, output)?;
                return Ok(self.signature.compared_in_graph(&found));
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
        Ok(self.signature.compared(&built.outputs(&samples.tensor)))
    }

    /// What `config.json` says.
    pub fn settings(&self, trained: &Trained, format: Format, half: bool) -> serde_json::Value {
        // Whoever has the export has other folders.
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

#[cfg(test)]
mod tests {
    use hearth_data::{Normalization, PictureShape};
    use hearth_model::params;
    use hearth_store::TensorValue;

    use super::images::{Images, Kind};
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
        let shape = PictureShape { channels: 1, height: 2, width: 2 };
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let signature = Images { kind: Kind::Classifier, shape, normalization, classes };
        let network = Network { layers: None, state, built, signature: Box::new(signature) };
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
