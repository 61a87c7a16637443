//! What a classifier has learned, to be looked at: its filters, what each layer sees in a picture and how
//! much of the answer it already knows, and what the network looks for.

use std::path::{Path, PathBuf};

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;
use hearth_data::{Batch, PictureShape, Subset, read_picture};
use hearth_model::{Classifier, Pass, Trace};
use hearth_report::inspect::{InspectPage, InspectedImage};
use hearth_store::RunDir;
use serde::Serialize;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::input::Input;
use crate::metrics::{argmax, softmax, values};
use crate::pictures::Picture;
use crate::state::restore_module;
use crate::trained::{Trained, Which};

mod embedding;
mod filters;
mod maximise;
mod probe;
mod saliency;
mod tiles;

/// The folder of a run that the pictures and their page are kept in.
pub const FOLDER: &str = "inspect";

/// Test pictures that are looked at when none are named, each of another class.
const LOOKED_AT: usize = 4;

/// What is to be inspected.
#[derive(Clone, Copy, Debug)]
pub struct Inspection<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: Which,
    /// What computes.
    pub backend: Backend,
    /// The folder of datasets.
    pub datasets: &'a Path,
    /// Pictures to look at, in any common format; some of the test set when there is none.
    pub pictures: &'a [PathBuf],
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Inspected {
    /// The page that shows everything together.
    pub page: PathBuf,
    /// The step of the checkpoint.
    pub step: u64,
    /// How far each layer got.
    pub probes: Vec<Probe>,
}

/// A linear classifier on the features of one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// The layer; `pixels` is the picture itself.
    pub layer: String,
    /// Its accuracy on test pictures.
    pub accuracy: f64,
}

/// A trained classifier under inspection.
struct Subject {
    /// With differentiation.
    network: Classifier,
    /// Without.
    still: Classifier,
    input: Input,
    /// Without differentiation.
    device: Device,
    shape: PictureShape,
    classes: Vec<String>,
    seed: u64,
}

/// Inspects a classifier: pictures and a page that shows them together are written into the run's folder.
pub fn inspect(
    inspection: Inspection<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<Inspected, TrainError> {
    let mut trained = Trained::open(inspection.run, inspection.which)?;
    let subject = Subject::of(&mut trained, inspection.backend)?;
    // Pictures that cannot be read are said before anything takes time.
    let named: Vec<Vec<u8>> = inspection
        .pictures
        .iter()
        .map(|path| read_picture(path, subject.shape, false))
        .collect::<Result<_, _>>()?;
    let splits = trained.images(inspection.datasets, notice)?.splits;
    let run = RunDir::open(inspection.run)?;
    let keep = |name: &str, picture: &Picture| -> Result<Vec<u8>, TrainError> {
        let png = picture.to_png();
        run.write_file(FOLDER, &format!("{name}.png"), &png)?;
        Ok(png)
    };

    let mut page = InspectPage { step: trained.step, ..InspectPage::default() };
    page.name = run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(filters) = filters::first_layer(&subject.still, subject.shape) {
        page.filters = keep("filters", &filters)?;
    }
    notice("pictures that the classes and channels answer to most");
    for (name, picture) in maximise::classes_and_channels(&subject, &splits.test) {
        let png = keep(&format!("most-{name}"), &picture)?;
        page.maximised.push((name, png));
    }
    let pictures: Vec<(String, Vec<u8>)> = if named.is_empty() {
        some_of(&splits.test, &subject.classes)
    } else {
        let files = inspection.pictures.iter().map(|path| path.display().to_string());
        files.zip(named).collect()
    };
    for (index, (name, pixels)) in pictures.into_iter().enumerate() {
        let looked = subject.look_at(name, pixels, |kind, picture| {
            keep(&format!("picture-{}-{kind}", index + 1), picture)
        })?;
        page.images.push(looked);
    }
    notice("linear probes on each layer");
    let probes = probe::layers(&subject, &splits);
    page.probes = probes.iter().map(|probe| (probe.layer.clone(), probe.accuracy)).collect();
    let embedding = embedding::of(&subject, &splits.test);
    page.embedding = embedding.points;
    page.explained = embedding.explained;
    run.write_file(FOLDER, "index.html", page.html().as_bytes())?;
    Ok(Inspected { page: run.path().join(FOLDER).join("index.html"), step: trained.step, probes })
}

/// The first picture of each of the first few classes that have one, with its class.
fn some_of(set: &Subset, classes: &[String]) -> Vec<(String, Vec<u8>)> {
    let label = |place: usize| usize::from(set.source.labels[set.indices[place] as usize]);
    let first = (0..classes.len()).filter_map(|class| {
        let place = (0..set.len()).find(|place| label(*place) == class)?;
        Some((classes[class].clone(), set.picture(place).to_vec()))
    });
    first.take(LOOKED_AT).collect()
}

impl Subject {
    fn of(trained: &mut Trained, backend: Backend) -> Result<Self, TrainError> {
        let ModelConfig::Classifier { network: config, .. } = &trained.config.model else {
            let help = "the pictures of a generator are in its report.html";
            return Err(trained.is_not("a network that names classes", help));
        };
        let device = backend.device()?;
        let classes = trained.info.dataset.classes.clone();
        let (dims, seed) = (trained.info.dims()?, trained.config.run.seed);
        let training = device.clone().autodiff();
        let network = Classifier::new(config, dims, classes.len(), seed, &training)?;
        let mut state = std::mem::take(&mut trained.state);
        let network = restore_module(network, state.take_under("model"))?;
        Ok(Self {
            still: network.valid(),
            network,
            input: Input::new(&trained.info.normalization()?),
            device,
            shape: trained.info.shape()?,
            classes,
            seed,
        })
    }

    /// `count` pictures `[count, channels, height, width]`, without differentiation.
    fn pictures(&self, pixels: Vec<u8>, count: usize) -> Tensor<4> {
        let shape = self.shape;
        let batch = Batch { pixels, labels: vec![0; count], indices: Vec::new(), shape };
        self.input.tensor(&batch, &self.device)
    }

    /// What each layer makes of pictures, by its name.
    fn layers(network: &Classifier, pictures: Tensor<4>) -> Vec<(String, Tensor<4>)> {
        let mut pass = Pass::traced();
        drop(network.forward_in(pictures, &mut pass));
        match pass.trace {
            Trace::On(kept) => kept,
            Trace::Off => Vec::new(),
        }
    }

    /// What the network makes of one picture: its guess, what that rests on, and what each layer sees.
    fn look_at(
        &self,
        name: String,
        pixels: Vec<u8>,
        mut keep: impl FnMut(&str, &Picture) -> Result<Vec<u8>, TrainError>,
    ) -> Result<InspectedImage, TrainError> {
        let input = self.pictures(pixels.clone(), 1);
        let logits = values(self.still.forward(input.clone()));
        let guess = argmax(&logits);
        let picture = Picture { shape: self.shape, pixels };
        let mut looked = InspectedImage {
            name,
            predicted: self.classes[guess].clone(),
            confidence: softmax(&logits)[guess],
            image: keep("itself", &picture)?,
            saliency: keep("saliency", &saliency::of(&self.network, input.clone(), guess))?,
            activations: Vec::new(),
        };
        for (layer, features) in Self::layers(&self.still, input) {
            let png = keep(&layer, &tiles::activations(features))?;
            looked.activations.push((layer, png));
        }
        Ok(looked)
    }

    /// Runs over pictures of a set in batches, as far as `count` of them.
    fn over(set: &Subset, count: usize) -> impl Iterator<Item = Batch> {
        const BATCH: usize = 250;
        let count = count.min(set.len());
        (0..count).step_by(BATCH).map(move |start| {
            let mut batch = Batch::default();
            set.fill(start..count.min(start + BATCH), &mut batch);
            batch
        })
    }
}
