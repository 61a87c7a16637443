//! Inspection of a trained network. Of a classifier: filters, activation maximisation, saliency and activations of images,
//! linear probes of each layer, and an embedding of the features. Of a translator: tokens and attention of texts.

use std::path::{Path, PathBuf};

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;
use hearth_data::{Batch, ImageShape, Subset, read_image};
use hearth_model::{Classifier, ForwardContext, Trace};
use hearth_report::inspect::{InspectPage, InspectedImage, InspectedText};
use hearth_store::RunDir;
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use hearth_train::task::bitmap::Bitmap;
use hearth_train::task::outputs::{argmax, softmax, values};
use serde::Serialize;

use crate::images::ImageInput;

mod embedding;
mod filters;
mod maximise;
mod probe;
mod saliency;
mod texts;
mod tiles;

/// The folder of a run that holds the images and the page.
pub const FOLDER: &str = "inspect";

/// The number of test images, each of another class, that are inspected when the user names none.
const DEFAULT_IMAGES: usize = 4;

/// A checkpoint to inspect.
#[derive(Clone, Copy, Debug)]
pub struct Inspection<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: CheckpointSelector,
    /// The backend.
    pub backend: Backend,
    /// The folder of datasets.
    pub datasets: &'a Path,
    /// Image files, or the texts of a translator; some of the test set if empty.
    pub files: &'a [PathBuf],
}

/// A finished inspection.
#[derive(Clone, Debug, Serialize)]
pub struct Inspected {
    /// The page with all results.
    pub page: PathBuf,
    /// The step of the checkpoint.
    pub step: u64,
    /// The results.
    #[serde(flatten)]
    pub findings: Findings,
}

/// The results of an inspection that are not images, by the kind of network.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Findings {
    /// Of a classifier: the linear probe of each layer.
    Probes(Vec<Probe>),
    /// Of a translator: texts with their translations.
    Translations(Vec<InspectedText>),
}

/// The result of a linear classifier on the features of one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// The layer; `pixels` is the input.
    pub layer: String,
    /// The accuracy on test images, from 0 to 1.
    pub accuracy: f64,
}

/// A trained classifier under inspection.
struct Subject {
    /// With differentiation.
    network: Classifier,
    /// The same network without differentiation.
    inference: Classifier,
    input: ImageInput,
    /// Without differentiation.
    device: Device,
    shape: ImageShape,
    classes: Vec<String>,
    seed: u64,
}

/// Inspects a classifier or a translator: writes images, and a page with all of them, into the run's folder. A run of
/// another network, an image that cannot be read and a text that is not UTF-8 are errors.
pub fn inspect(
    inspection: Inspection<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<Inspected, TrainError> {
    let trained = LoadedRun::open(inspection.run, inspection.which)?;
    match &trained.config.model {
        ModelConfig::Translator(_) => texts::inspect(trained, &inspection, notice),
        _ => inspect_classifier(trained, &inspection, notice),
    }
}

fn inspect_classifier(
    mut trained: LoadedRun,
    inspection: &Inspection<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<Inspected, TrainError> {
    let subject = Subject::of(&mut trained, inspection.backend)?;
    // An image that cannot be read is an error before anything takes time.
    let named: Vec<Vec<u8>> = inspection
        .files
        .iter()
        .map(|path| read_image(path, subject.shape, false))
        .collect::<Result<_, _>>()?;
    let splits = trained.images(inspection.datasets, notice)?.splits;
    let run = RunDir::open(inspection.run)?;
    let keep = |name: &str, image: &Bitmap| -> Result<Vec<u8>, TrainError> {
        let png = image.to_png();
        run.write_file(FOLDER, &format!("{name}.png"), &png)?;
        Ok(png)
    };

    let mut page =
        InspectPage { name: run_name(&run), step: trained.step, ..InspectPage::default() };
    if let Some(filters) = filters::first_layer(&subject.inference, subject.shape) {
        page.filters = keep("filters", &filters)?;
    }
    notice("pictures that the classes and channels answer to most");
    for (name, grid) in maximise::classes_and_channels(&subject, &splits.test) {
        let png = keep(&format!("most-{name}"), &grid)?;
        page.maximised.push((name, png));
    }
    let images: Vec<(String, Vec<u8>)> = if named.is_empty() {
        first_of_classes(&splits.test, &subject.classes)
    } else {
        let files = inspection.files.iter().map(|path| path.display().to_string());
        files.zip(named).collect()
    };
    for (index, (name, pixels)) in images.into_iter().enumerate() {
        let inspected = subject.inspect_image(name, pixels, |kind, image| {
            keep(&format!("picture-{}-{kind}", index + 1), image)
        })?;
        page.images.push(inspected);
    }
    notice("linear probes on each layer");
    let probes = probe::layers(&subject, &splits);
    page.probes = probes.iter().map(|probe| (probe.layer.clone(), probe.accuracy)).collect();
    let embedding = embedding::of(&subject, &splits.test);
    page.embedding = embedding.points;
    page.explained = embedding.explained;
    let path = write_page(&run, &page.html())?;
    Ok(Inspected { page: path, step: trained.step, findings: Findings::Probes(probes) })
}

/// The name of a run's folder.
fn run_name(run: &RunDir) -> String {
    run.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes the page, and returns its path.
fn write_page(run: &RunDir, html: &str) -> Result<PathBuf, TrainError> {
    const NAME: &str = "index.html";
    run.write_file(FOLDER, NAME, html.as_bytes())?;
    Ok(run.path().join(FOLDER).join(NAME))
}

/// The first image of each of the first few classes that have one, with the name of the class.
fn first_of_classes(set: &Subset, classes: &[String]) -> Vec<(String, Vec<u8>)> {
    let label = |index: usize| usize::from(set.source.labels[set.indices[index] as usize]);
    let first = (0..classes.len()).filter_map(|class| {
        let index = (0..set.len()).find(|index| label(*index) == class)?;
        Some((classes[class].clone(), set.image(index).to_vec()))
    });
    first.take(DEFAULT_IMAGES).collect()
}

impl Subject {
    fn of(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError> {
        let ModelConfig::Classifier { network: config, .. } = &trained.config.model else {
            return Err(trained.is_not("a classifier or a translator"));
        };
        let device = backend.device()?;
        let classes = trained.info.dataset.classes.clone();
        let (dims, seed) = (trained.info.dims()?, trained.config.run.seed);
        let training = device.clone().autodiff();
        let network = Classifier::new(config, dims, classes.len(), seed, &training)?;
        let mut state = std::mem::take(&mut trained.state);
        let network = restore_module(network, state.take_under("model"))?;
        Ok(Self {
            inference: network.valid(),
            network,
            input: ImageInput::new(&trained.info.normalization()?),
            device,
            shape: trained.info.shape()?,
            classes,
            seed,
        })
    }

    /// `count` images as `[count, channels, height, width]`, without differentiation.
    fn images(&self, pixels: Vec<u8>, count: usize) -> Tensor<4> {
        let shape = self.shape;
        let batch = Batch { pixels, labels: vec![0; count], indices: Vec::new(), shape };
        self.input.tensor(&batch, &self.device)
    }

    /// The outputs of each layer for images `[batch, channels, height, width]`, by the layer's name.
    fn layers(network: &Classifier, images: Tensor<4>) -> Vec<(String, Tensor<4>)> {
        let mut pass = ForwardContext::traced();
        drop(network.forward_in(images, &mut pass));
        match pass.trace {
            Trace::On(kept) => kept,
            Trace::Off => Vec::new(),
        }
    }

    /// The prediction for one image, its saliency map, and the activations of each layer.
    fn inspect_image(
        &self,
        name: String,
        pixels: Vec<u8>,
        mut keep: impl FnMut(&str, &Bitmap) -> Result<Vec<u8>, TrainError>,
    ) -> Result<InspectedImage, TrainError> {
        let input = self.images(pixels.clone(), 1);
        let logits = values(self.inference.forward(input.clone()));
        let class = argmax(&logits);
        let image = Bitmap { shape: self.shape, pixels };
        let mut inspected = InspectedImage {
            name,
            predicted: self.classes[class].clone(),
            confidence: softmax(&logits)[class],
            image: keep("itself", &image)?,
            saliency: keep("saliency", &saliency::of(&self.network, input.clone(), class))?,
            activations: Vec::new(),
        };
        for (layer, features) in Self::layers(&self.inference, input) {
            let png = keep(&layer, &tiles::activations(features))?;
            inspected.activations.push((layer, png));
        }
        Ok(inspected)
    }

    /// The first `count` images of a set, or all where it has fewer, in batches.
    fn batches(set: &Subset, count: usize) -> impl Iterator<Item = Batch> {
        const BATCH: usize = 250;
        let count = count.min(set.len());
        (0..count).step_by(BATCH).map(move |start| {
            let mut batch = Batch::default();
            set.fill(start..count.min(start + BATCH), &mut batch);
            batch
        })
    }
}
