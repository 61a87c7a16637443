//! A trained network for other programs: the artefact, how its pictures are prepared, a model card, and
//! a check that what was written computes what the run's own network does.

mod card;
mod check;
pub mod layers;
mod onnx;
mod open;
mod proto;
pub mod pytorch;
pub mod tensors;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Config, ModelConfig};
use hearth_data::{Batch, Normalization, PictureShape};
use hearth_model::{Classifier, Discriminator, Gan, Generator, Pass, gan};
use hearth_store::{StateDict, read_tensors, write_tensors};
use serde_json::json;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::input::Input;
use crate::metrics::{softmax, values};
use crate::sampler::{Use, latent};
use crate::state::restore_module;
use crate::trained::{Trained, Which};
use layers::Layer;
pub(crate) use open::{is_export, open};
use proto::Proto as _;

/// How many samples an export is checked on.
const SAMPLES: usize = 256;

/// How far a probability, or a pixel from -1 to 1, may be from the run's own.
const TOLERANCE: f64 = 1e-4;

/// The same of an artefact in 16 bits.
const HALF_TOLERANCE: f64 = 1e-2;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A graph that takes raw pixels, for any engine.
    Onnx,
    /// Tensors by PyTorch's names and layouts.
    Safetensors,
    /// Burn's own format.
    Burnpack,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Onnx, Self::Safetensors, Self::Burnpack];

    /// Its name, as `--format` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Safetensors => "safetensors",
            Self::Burnpack => "burnpack",
        }
    }

    /// The artefact's file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Onnx => "model.onnx",
            Self::Safetensors => "model.safetensors",
            Self::Burnpack => "model.bpk",
        }
    }
}

/// Which network of an adversarial pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The one that makes pictures; the average of its weights, where one is kept.
    #[default]
    Generator,
    /// The one that tells them from real ones.
    Discriminator,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| format!("{name:?} is not onnx, safetensors or burnpack"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generator => "generator",
            Self::Discriminator => "discriminator",
        })
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = [Self::Generator, Self::Discriminator].into_iter();
        let mut found = found.filter(|part| part.to_string() == name);
        found.next().ok_or_else(|| format!("{name:?} is not generator or discriminator"))
    }
}

/// What is to be exported.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: Which,
    /// Which network of a pair: the generator when absent.
    pub part: Option<Part>,
    /// What is written.
    pub format: Format,
    /// Whether the numbers of a safetensors file have 16 bits.
    pub half: bool,
    /// The folder that is made.
    pub out: &'a Path,
    /// What computes the run's own outputs.
    pub backend: Backend,
    /// The folder of datasets: the check is made on test pictures.
    pub datasets: &'a Path,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The checkpoint's step.
    pub step: u64,
    /// The artefact.
    pub file: PathBuf,
    /// The largest difference between its outputs and the run's own: of probabilities, or of pixels
    /// from -1 to 1.
    pub difference: f64,
    /// On how many samples.
    pub samples: usize,
}

/// Writes an artefact, reads it back, and compares. One that is too far off is an error, and leaves
/// nothing behind.
pub fn export(job: &Export<'_>, notice: &mut dyn FnMut(&str)) -> Result<Exported, TrainError> {
    let Export { format, half, out, .. } = *job;
    if half && format != Format::Safetensors {
        return Err(TrainError::Settings(format!(
            "--half writes a safetensors file in 16 bits, and not {}",
            format.name()
        )));
    }
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(TrainError::Settings(format!("{} is not empty", out.display())));
    }
    let mut trained = Trained::open(job.run, job.which)?;
    if job.part.is_some() && matches!(trained.config.model, ModelConfig::Classifier(_)) {
        let run = job.run.display();
        return Err(TrainError::Settings(format!(
            "--network names one of an adversarial pair, and {run} has one network"
        )));
    }
    let device = job.backend.device()?;
    let network = Network::of(&mut trained, job.part.unwrap_or_default(), &device)?;
    let samples = Samples::of(&network, &trained, job.datasets, notice)?;

    // Written beside its place and moved there whole.
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let failed = |action: &str, path: &Path| {
        let path = path.display().to_string();
        let action = action.to_owned();
        move |error: std::io::Error| TrainError::Export(format!("cannot {action} {path}: {error}"))
    };
    fs::create_dir_all(parent).map_err(failed("make", parent))?;
    let folder = parent.join(format!(".{}.{}", name_of(out), std::process::id()));
    let _removed = Removed(&folder);
    fs::create_dir(&folder).map_err(failed("make", &folder))?;
    let file = folder.join(format.file());
    network.write(format, half, &file)?;

    let ours = network.built.outputs(&samples, &network.input, &device);
    let theirs = network.read_back(format, &file, &samples, &device)?;
    let difference = largest_difference(&ours, &theirs);
    let tolerance = if half { HALF_TOLERANCE } else { TOLERANCE };
    if difference.is_nan() || difference > tolerance {
        return Err(TrainError::Export(format!(
            "the exported network is not the run's: its outputs differ by {difference:.1e} on {SAMPLES} \
             samples, and {tolerance:.0e} is allowed; nothing was kept"
        )));
    }
    let count = samples.count;
    let settings = network.settings(&trained, format, half);
    let text = serde_json::to_string_pretty(&settings).expect("strings, numbers and lists");
    let path = folder.join("config.json");
    fs::write(&path, text + "\n").map_err(failed("write", &path))?;
    let path = folder.join("README.md");
    let card = card::text(&trained, &network, job, (difference, count))?;
    fs::write(&path, card).map_err(failed("write", &path))?;
    if out.exists() {
        fs::remove_dir(out).map_err(failed("replace", out))?;
    }
    fs::rename(&folder, out).map_err(failed("make", out))?;
    let file = out.join(format.file());
    Ok(Exported { step: trained.step, file, difference, samples: count })
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "export".into(), |name| name.to_string_lossy().into_owned())
}

/// A folder that is gone in the end, unless it was moved.
struct Removed<'a>(&'a Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        // It is not there any more when all went well.
        let _ = fs::remove_dir_all(self.0);
    }
}

/// The largest difference of numbers; NaN where there is one, or where their counts differ.
fn largest_difference(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::NAN;
    }
    let differences = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs());
    differences.fold(
        0.0,
        |largest: f64, one| {
            if largest.is_nan() || one <= largest { largest } else { one }
        },
    )
}

/// A trained network, apart from its run.
struct Network {
    layers: Vec<Layer>,
    state: StateDict,
    built: Built,
    normalization: Normalization,
    input: Input,
    shape: PictureShape,
    /// Of a generator: how many random numbers it takes.
    latent: usize,
    classes: usize,
}

enum Built {
    Classifier(Classifier),
    Generator(Generator),
    Discriminator(Discriminator),
}

impl Network {
    fn of(trained: &mut Trained, part: Part, device: &Device) -> Result<Self, TrainError> {
        let (dims, seed) = (trained.info.dataset.shape, trained.config.run.seed);
        let classes = trained.info.dataset.classes.len();
        let normalization = trained.info.normalization();
        let mut states = std::mem::take(&mut trained.state).take_under("model");
        let (layers, state, latent) = match &trained.config.model {
            ModelConfig::Classifier(config) => {
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

    fn write(&self, format: Format, half: bool, file: &Path) -> Result<(), TrainError> {
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
    fn read_back(
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
    fn settings(&self, trained: &Trained, format: Format, half: bool) -> serde_json::Value {
        let (kind, input) = match self.built {
            Built::Classifier(_) => ("classifier", self.pixels(format)),
            Built::Discriminator(_) => ("discriminator", self.pixels(format)),
            Built::Generator(_) => {
                ("generator", json!({ "latent": self.latent, "distribution": "standard normal" }))
            }
        };
        json!({
            "network": kind,
            "architecture": trained.config.model,
            "config": trained.config.to_toml(),
            "format": format.name(),
            "precision": if half { "f16" } else { "f32" },
            "input": input,
            "picture": self.shape_of_pictures(),
            "classes": trained.info.dataset.classes,
            "step": trained.step,
            "checkpoint": trained.checksum,
            "hearth": trained.info.hearth,
        })
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

impl Built {
    /// The network that a config describes, as it is before training.
    fn new(
        config: &Config,
        part: Part,
        dims: [usize; 3],
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        Ok(match &config.model {
            ModelConfig::Classifier(config) => {
                Self::Classifier(Classifier::new(config, dims, classes, seed, device)?)
            }
            ModelConfig::Gan(config) => {
                let Gan { generator, discriminator } = Gan::new(config, dims, seed, device)?;
                match part {
                    Part::Generator => Self::Generator(generator),
                    Part::Discriminator => Self::Discriminator(discriminator),
                }
            }
        })
    }

    /// The same network with other numbers.
    fn with(self, state: StateDict) -> Result<Self, TrainError> {
        Ok(match self {
            Self::Classifier(network) => Self::Classifier(restore_module(network, state)?),
            Self::Generator(network) => Self::Generator(restore_module(network, state)?),
            Self::Discriminator(network) => Self::Discriminator(restore_module(network, state)?),
        })
    }

    /// The same network with all numbers zero, so that whatever is not loaded shows.
    fn empty(&self) -> Self {
        use burn::module::Param;
        use hearth_model::params::{MapParam, map_params};
        struct Zero;
        impl MapParam for Zero {
            fn map<const D: usize>(
                &mut self,
                _: &str,
                param: Param<Tensor<D>>,
            ) -> Param<Tensor<D>> {
                param.map(|tensor| tensor.zeros_like())
            }
        }
        match self {
            Self::Classifier(network) => Self::Classifier(map_params(network.clone(), &mut Zero)),
            Self::Generator(network) => Self::Generator(map_params(network.clone(), &mut Zero)),
            Self::Discriminator(network) => {
                Self::Discriminator(map_params(network.clone(), &mut Zero))
            }
        }
    }

    fn record(&self) -> ModuleRecord {
        match self {
            Self::Classifier(network) => network.clone().into_record(),
            Self::Generator(network) => network.clone().into_record(),
            Self::Discriminator(network) => network.clone().into_record(),
        }
    }

    fn loaded(self, record: ModuleRecord) -> Result<Self, burn::store::RecordError> {
        Ok(match self {
            Self::Classifier(network) => Self::Classifier(network.try_load_record(record)?),
            Self::Generator(network) => Self::Generator(network.try_load_record(record)?),
            Self::Discriminator(network) => Self::Discriminator(network.try_load_record(record)?),
        })
    }

    /// Probabilities, or pixels from -1 to 1.
    fn outputs(&self, samples: &Samples, input: &Input, device: &Device) -> Vec<f64> {
        let pictures = || input.tensor(&samples.batch, device);
        match self {
            Self::Classifier(network) => {
                let logits = network.forward(pictures());
                let [_, classes] = logits.dims();
                values(logits).chunks_exact(classes).flat_map(softmax).collect()
            }
            Self::Discriminator(network) => {
                let logits = network.forward(pictures(), &mut Pass::default());
                values(logits).into_iter().map(|logit| sigmoid(logit.into())).collect()
            }
            Self::Generator(network) => {
                let shape = [samples.count, samples.latent.len() / samples.count];
                let data = TensorData::new(samples.latent.clone(), shape);
                let made = network.forward(Tensor::from_data(data, device), &mut Pass::default());
                values(made.flatten(1, 3)).into_iter().map(f64::from).collect()
            }
        }
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// What an export is checked on: test pictures, or random numbers.
struct Samples {
    batch: Batch,
    latent: Vec<f32>,
    count: usize,
}

impl Samples {
    fn of(
        network: &Network,
        trained: &Trained,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, TrainError> {
        if network.latent > 0 {
            let stream = Stream::new(0, Purpose::Sample, Use::Asked as u64, 0);
            let device = Backend::default().device()?;
            let numbers = latent(stream, [SAMPLES, network.latent], &device);
            return Ok(Self { batch: Batch::default(), latent: values(numbers), count: SAMPLES });
        }
        let test = trained.splits(datasets, notice)?.test;
        let mut batch = Batch::default();
        let count = SAMPLES.min(test.len());
        test.fill(0..count, &mut batch);
        Ok(Self { batch, latent: Vec::new(), count })
    }

    /// As a graph takes them.
    fn numbers(&self) -> Vec<f32> {
        if self.latent.is_empty() {
            self.batch.pixels.iter().copied().map(f32::from).collect()
        } else {
            self.latent.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_does_not_hide_nan() {
        assert!((largest_difference(&[1.0, 2.0], &[1.5, 2.0]) - 0.5).abs() < 1e-12);
        for theirs in [&[f64::NAN, 2.0][..], &[1.0, f64::NAN], &[1.0]] {
            assert!(largest_difference(&[1.0, 2.0], theirs).is_nan());
        }
    }
}
