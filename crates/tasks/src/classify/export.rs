//! Export of a classifier, and loading of an export.

use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_data::{ImageShape, Normalization, preprocessing};
use hearth_export::{Network, OpenedExport, Outline, Part};
use hearth_model::Classifier;
use hearth_train::TrainError;
use hearth_train::run::loaded::LoadedRun;
use serde::Deserialize;

use crate::images::export::{ImageNetwork, ImageSignature};
use crate::rows;
use crate::supervised::forward;

/// The classifier of a run.
pub fn network(
    trained: &mut LoadedRun,
    part: Part,
    device: &Device,
) -> Result<Network, TrainError> {
    if trained.info.table.is_some() {
        return rows::export::network(trained, part, device);
    }
    let ModelConfig::Classifier { network: config, .. } = &trained.config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let (dims, seed) = (trained.info.dims()?, trained.config.run.seed);
    let classes = trained.info.dataset.classes.clone();
    let layers = Classifier::layers(config, dims, classes.len());
    let module = Classifier::new(config, dims, classes.len(), seed, device)?;
    let state = std::mem::take(&mut trained.state).take_under("model");
    let (shape, normalization) = (trained.info.shape()?, trained.info.normalization()?);
    let signature =
        Box::new(ImageSignature { kind: ImageNetwork::Classifier, shape, normalization, classes });
    Network::new(&forward(module), layers, state, signature)
}

/// The entries of an exported classifier's `config.json`.
#[derive(Deserialize)]
struct Settings {
    input: Pixels,
    picture: Shape,
    /// Absent in earlier exports, which used the same steps.
    preprocessing: Option<Preprocessing>,
    classes: Vec<String>,
}

#[derive(Deserialize)]
struct Preprocessing {
    version: u32,
}

#[derive(Deserialize)]
struct Pixels {
    mean: Vec<f64>,
    std: Vec<f64>,
}

#[derive(Deserialize)]
struct Shape {
    channels: usize,
    height: usize,
    width: usize,
}

/// The longest side of an image and the most classes that are accepted, before anything is allocated.
const LARGEST: usize = 4096;

/// A classifier of images loaded from an export.
pub struct ExportedClassifier {
    /// The network.
    pub network: Classifier,
    /// The classes, in the order of the outputs.
    pub classes: Vec<String>,
    /// The shape of the input images.
    pub shape: ImageShape,
    /// The statistics that pixels are normalised by.
    pub normalization: Normalization,
}

/// Loads an exported classifier of images. A missing or damaged file, an ONNX graph and a network of another kind are
/// errors.
pub fn open(opened: &OpenedExport<'_>, device: &Device) -> Result<ExportedClassifier, TrainError> {
    if opened.is_on_table() {
        return Err(opened.fault(&"it is that of a network on rows of a table, and not on images"));
    }
    if opened.is_on_texts() {
        return Err(opened.fault(&"it is that of a translator, and not on images"));
    }
    let settings = opened.settings::<Settings>()?;
    let Settings { input, picture, preprocessing, classes } = &settings.of;
    let version = preprocessing.as_ref().map_or(preprocessing::VERSION, |steps| steps.version);
    if version != preprocessing::VERSION {
        return Err(opened.fault(&format!(
            "its images are prepared by version {version} of the steps, and this program takes those of version \
             {}; use the program that exported it",
            preprocessing::VERSION
        )));
    }
    let Shape { channels, height, width } = *picture;
    let sides = [channels, height, width, classes.len()];
    let normalized = [&input.mean, &input.std].iter().all(|numbers| numbers.len() == channels);
    if sides.iter().any(|side| !(1..=LARGEST).contains(side)) || !normalized {
        return Err(opened.fault(&"it is not that of a classifier of pictures"));
    }
    let ModelConfig::Classifier { network, .. } = settings.config()?.model else {
        return Err(opened.fault(&"it is not that of a network that names classes"));
    };
    let dims = [channels, height, width];
    let empty = Classifier::new(&network, dims, classes.len(), 0, device)?;
    let outline = Outline::from(Classifier::layers(&network, dims, classes.len()));
    let network = opened.network(&settings, empty, &outline)?;
    let normalization = Normalization { mean: input.mean.clone(), std: input.std.clone() };
    let shape = ImageShape { channels, height, width };
    Ok(ExportedClassifier { network, classes: classes.clone(), shape, normalization })
}
