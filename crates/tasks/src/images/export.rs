//! Inputs and outputs of exported networks on images.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_data::{Batch, ImageShape, Normalization, preprocessing};
use hearth_export::onnx::graph::{Graph, int};
use hearth_export::signature::{
    GraphInput, LayerSignature, NetworkInput, Samples, Signature, Values,
};
use hearth_export::{Format, SAMPLES, pytorch};
use hearth_model::Layer;
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::outputs::{softmax, values};
use serde_json::{Map, Value, json};

use crate::images::ImageInput;
use crate::latent::{LatentStream, latent};

/// The inputs and outputs of a network on images.
pub struct ImageSignature {
    /// Classifier, discriminator or generator.
    pub kind: ImageNetwork,
    /// The shape of an image.
    pub shape: ImageShape,
    /// The statistics that pixels are normalised by.
    pub normalization: Normalization,
    /// The names of the classes, in the order of a classifier's outputs.
    pub classes: Vec<String>,
}

/// The kind of a network on images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageNetwork {
    /// Predicts their classes.
    Classifier,
    /// Separates real images from fake ones.
    Discriminator,
    /// Generates them from latent vectors.
    Generator {
        /// The size of the latent vector.
        latent: usize,
    },
}

impl ImageSignature {
    fn dims(&self) -> [usize; 3] {
        let ImageShape { channels, height, width } = self.shape;
        [channels, height, width]
    }

    /// `(pixels / 255 - mean) / std`, as one product and one sum.
    fn normalized(&self, graph: &mut Graph) -> String {
        let Normalization { mean, std } = &self.normalization;
        let pairs = || mean.iter().zip(std);
        let shape = [1, mean.len(), 1, 1];
        let scale = pairs().map(|(_, std)| (1.0 / (255.0 * std)) as f32).collect();
        let shift = pairs().map(|(mean, std)| (-mean / std) as f32).collect();
        graph.constant("scale", &shape, scale);
        graph.constant("shift", &shape, shift);
        graph.named("Mul", &["pixels", "scale"], Vec::new(), "scaled");
        graph.named("Add", &["scaled", "shift"], Vec::new(), "normalized")
    }
}

impl LayerSignature for ImageSignature {
    fn inputs(&self, graph: &mut Graph) -> String {
        if let ImageNetwork::Generator { latent } = self.kind {
            graph.input("latent", &[latent]);
            return "latent".to_owned();
        }
        graph.input("pixels", &self.dims());
        self.normalized(graph)
    }

    fn outputs(&self, graph: &mut Graph, last: &str) {
        match self.kind {
            ImageNetwork::Classifier => class_outputs(graph, last, self.classes.len()),
            ImageNetwork::Discriminator => {
                graph.named("Identity", &[last], Vec::new(), "logit");
                graph.output("logit", &[1]);
            }
            ImageNetwork::Generator { .. } => {
                graph.named("Identity", &[last], Vec::new(), "pictures");
                graph.output("pictures", &self.dims());
            }
        }
    }

    fn checked_output(&self) -> &'static str {
        match self.kind {
            ImageNetwork::Classifier => "probabilities",
            ImageNetwork::Discriminator => "logit",
            ImageNetwork::Generator { .. } => "pictures",
        }
    }

    fn compared_in_graph(&self, output: &[f32]) -> Vec<f64> {
        match self.kind {
            ImageNetwork::Discriminator => self.compared(output),
            _ => output.iter().copied().map(f64::from).collect(),
        }
    }

    fn feed(&self) -> String {
        let (name, size) = match self.kind {
            ImageNetwork::Generator { latent } => ("latent", latent.to_string()),
            _ => ("pixels", self.size()),
        };
        format!("\"{name}\": numpy.zeros((1, {size}), numpy.float32)")
    }

    fn gives(&self) -> &'static str {
        match self.kind {
            ImageNetwork::Classifier => "`logits` and `probabilities`",
            ImageNetwork::Generator { .. } => "`pictures`",
            ImageNetwork::Discriminator => "`logit`, high for real pictures",
        }
    }

    fn pytorch(&self, layers: &[Layer]) -> String {
        pytorch::code(layers)
    }
}

impl Signature for ImageSignature {
    fn layered(&self) -> Option<&dyn LayerSignature> {
        Some(self)
    }

    /// Test images, or latent vectors for a generator.
    fn samples(
        &self,
        trained: &LoadedRun,
        datasets: &Path,
        device: &Device,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Samples, TrainError> {
        if let ImageNetwork::Generator { latent: size } = self.kind {
            let stream = Stream::new(0, Purpose::Sample, LatentStream::Requested as u64, 0);
            let latents = values(latent(stream, [SAMPLES, size], &Backend::default().device()?));
            let data = TensorData::new(latents.clone(), [SAMPLES, size, 1, 1]);
            let tensor = Tensor::from_data(data, device);
            let values = Values::Floats(latents);
            let input = GraphInput { name: "latent", dims: vec![size], values };
            let feed = vec![input];
            return Ok(Samples { count: SAMPLES, input: NetworkInput::Features(tensor), feed });
        }
        let test = trained.images(datasets, notice)?.splits.test;
        let mut batch = Batch::default();
        let count = SAMPLES.min(test.len());
        test.fill(0..count, &mut batch);
        let pixels = batch.pixels.iter().copied().map(f32::from).collect();
        let dims = self.dims().to_vec();
        let input = GraphInput { name: "pixels", dims, values: Values::Floats(pixels) };
        let tensor = ImageInput::new(&self.normalization).tensor(&batch, device);
        Ok(Samples { count, input: NetworkInput::Features(tensor), feed: vec![input] })
    }

    /// Probabilities, or pixels from -1 to 1 for a generator.
    fn compared(&self, outputs: &[f32]) -> Vec<f64> {
        match self.kind {
            ImageNetwork::Classifier => probabilities(outputs, self.classes.len()),
            ImageNetwork::Discriminator => {
                outputs.iter().map(|logit| sigmoid((*logit).into())).collect()
            }
            ImageNetwork::Generator { .. } => outputs.iter().copied().map(f64::from).collect(),
        }
    }

    fn settings(&self, format: Format) -> Map<String, Value> {
        let [channels, height, width] = self.dims();
        let picture = json!({ "channels": channels, "height": height, "width": width });
        let mut settings = Map::new();
        let mut add = |name: &str, value: Value| drop(settings.insert(name.to_owned(), value));
        if let ImageNetwork::Generator { latent } = self.kind {
            add("network", "generator".into());
            add("input", json!({ "latent": latent, "distribution": "standard normal" }));
            add("picture", picture);
            return settings;
        }
        let Normalization { mean, std } = &self.normalization;
        let pixels = if format == Format::Onnx { "0 to 255" } else { "(pixel / 255 - mean) / std" };
        // From an image file to pixels.
        let mut steps = json!({ "version": preprocessing::VERSION });
        for (name, text) in preprocessing::steps(self.shape) {
            steps[name] = text.into();
        }
        let is_classifier = self.kind == ImageNetwork::Classifier;
        add("network", if is_classifier { "classifier" } else { "discriminator" }.into());
        add("input", json!({ "pixels": pixels, "mean": mean, "std": std }));
        add("picture", picture);
        add("preprocessing", steps);
        settings
    }
}

/// Adds the outputs `logits` and `probabilities`, `[batch, classes]`, to a graph; `last` is the value of the logits.
pub fn class_outputs(graph: &mut Graph, last: &str, num_classes: usize) {
    graph.named("Identity", &[last], Vec::new(), "logits");
    graph.named("Softmax", &["logits"], vec![int("axis", 1)], "probabilities");
    graph.output("logits", &[num_classes]);
    graph.output("probabilities", &[num_classes]);
}

/// The softmax of logits `[batch, classes]`, row by row.
pub fn probabilities(logits: &[f32], num_classes: usize) -> Vec<f64> {
    logits.chunks_exact(num_classes).flat_map(softmax).collect()
}

/// `1 / (1 + e^-x)`.
fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use hearth_config::ModelConfig;
    use hearth_export::{Network, Outline};
    use hearth_model::{Classifier, params};
    use hearth_store::{StateDict, TensorValue, read_tensors};

    use super::*;
    use crate::supervised::forward;

    #[test]
    fn a_network_without_a_list_of_layers_exports_as_safetensors_and_not_as_onnx() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let raw = hearth_config::RawConfig::read(&root.join("configs/mlp-nano.toml"));
        let config = raw.and_then(|raw| raw.check()).expect("a good config");
        let device = Backend::default().device().expect("a CPU");
        let ModelConfig::Classifier { network, .. } = &config.model else { panic!("a classifier") };
        let classifier = Classifier::new(network, [1, 2, 2], 3, 7, &device).expect("fits");
        let mut state = StateDict::new();
        for (path, shape) in params::shapes(&classifier) {
            let values = vec![0.5_f32; shape.iter().product()];
            state.insert(path, TensorValue::new(shape, &values).expect("as many")).expect("new");
        }
        let normalization = Normalization { mean: vec![0.0], std: vec![1.0] };
        let shape = ImageShape { channels: 1, height: 2, width: 2 };
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let signature =
            ImageSignature { kind: ImageNetwork::Classifier, shape, normalization, classes };
        let network =
            Network::new(&forward(classifier), Outline::Unlisted, state, Box::new(signature))
                .expect("fits");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("model.safetensors");
        network.write(Format::Safetensors, false, &file).expect("every network");
        let found = read_tensors(&std::fs::read(file).expect("written")).expect("safetensors");
        assert_eq!(found, network.state);
        let refused = network.write(Format::Onnx, false, &folder.path().join("model.onnx"));
        let refused = refused.expect_err("no graph").to_string();
        assert!(refused.contains("safetensors and burnpack take every network"), "{refused}");
    }
}
