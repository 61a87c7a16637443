//! An exported classifier, put to work again.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::module::Module as _;
use burn::store::ModuleRecord;
use hearth_config::{ModelConfig, RawConfig};
use hearth_data::{Normalization, PictureShape, preprocessing};
use hearth_model::Classifier;
use hearth_store::read_tensors;
use serde::Deserialize;

use super::place::Place;
use super::{Format, tensors};
use crate::backend::Backend;
use crate::error::TrainError;
use crate::predict::Predictor;
use crate::state::restore_module;

/// What is read of `config.json`.
#[derive(Deserialize)]
struct Settings {
    config: String,
    format: String,
    input: Pixels,
    picture: Shape,
    /// Absent in exports of before, which were prepared alike.
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

/// The longest side of a picture, and the most classes: nothing is allocated for more.
const LARGEST: usize = 4096;

/// Whether this is what `hearth export` made: a folder, or a network's file with its settings beside it.
pub fn is_export(path: &Path) -> bool {
    Place::of(path, Format::Safetensors).settings_file().is_file()
}

/// Loads an exported classifier. What is missing, damaged or in ONNX is an error.
pub fn open(path: &Path, backend: Backend) -> Result<Predictor, TrainError> {
    let fault = |file: &Path, fault: &dyn fmt::Display| {
        TrainError::Export(format!("{}: {fault}", file.display()))
    };
    let settings = Place::of(path, Format::Safetensors).settings_file();
    let of_settings = |text: &dyn fmt::Display| fault(&settings, text);
    let text = fs::read_to_string(&settings).map_err(|e| of_settings(&e))?;
    let settings: Settings = serde_json::from_str(&text).map_err(|e| of_settings(&e))?;
    let Settings { config, format, input, picture, preprocessing, classes } = settings;
    let version = preprocessing.map_or(preprocessing::VERSION, |steps| steps.version);
    if version != preprocessing::VERSION {
        return Err(of_settings(&format!(
            "its images are prepared by version {version} of the steps, and this program takes those of version \
             {}; use the program that exported it",
            preprocessing::VERSION
        )));
    }
    let Shape { channels, height, width } = picture;
    let sides = [channels, height, width, classes.len()];
    let normalized = [&input.mean, &input.std].iter().all(|numbers| numbers.len() == channels);
    if sides.iter().any(|side| !(1..=LARGEST).contains(side)) || !normalized {
        return Err(of_settings(&"it is not that of a classifier of pictures"));
    }
    let config = RawConfig::parse("config.json", config)?.check_stored()?;
    let ModelConfig::Classifier { network, .. } = &config.model else {
        return Err(of_settings(&"it is not that of a network that names classes"));
    };
    let device = backend.device()?;
    let dims = [channels, height, width];
    let empty = Classifier::new(network, dims, classes.len(), 0, &device)?;
    let network = match format.parse() {
        Ok(Format::Safetensors) => {
            let file = Place::of(path, Format::Safetensors).network_file();
            let bytes = fs::read(&file).map_err(|error| fault(&file, &error))?;
            let theirs = read_tensors(&bytes).map_err(|error| fault(&file, &error))?;
            let layers = Classifier::layers(network, dims, classes.len());
            restore_module(empty, tensors::from_pytorch(layers.as_deref(), theirs)?)?
        }
        Ok(Format::Burnpack) => {
            let file = Place::of(path, Format::Burnpack).network_file();
            let record = ModuleRecord::load(&file).map_err(|e| fault(&file, &e))?;
            empty.try_load_record(record).map_err(|error| fault(&file, &error))?
        }
        Ok(Format::Onnx) => {
            return Err(of_settings(&"an ONNX graph runs in other engines; export safetensors"));
        }
        Err(known) => {
            return Err(of_settings(&format!("its format is {format:?}, and {known}")));
        }
    };
    let normalization = Normalization { mean: input.mean, std: input.std };
    let shape = PictureShape { channels, height, width };
    Ok(Predictor::new(network, classes, shape, &normalization, device))
}
