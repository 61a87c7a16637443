//! Exported classifiers and networks on tables, put to work again.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::module::Module as _;
use burn::store::ModuleRecord;
use hearth_config::{Config, ModelConfig, RawConfig};
use hearth_data::tables::Coding;
use hearth_data::{Normalization, PictureShape, preprocessing};
use hearth_model::{Classifier, Layer};
use hearth_store::read_tensors;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::Place;
use super::{Format, tensors};
use crate::backend::Backend;
use crate::error::TrainError;
use crate::predict::Predictor;
use crate::row_predict::RowPredictor;
use crate::rows;
use crate::state::restore_module;

/// What is read of the `config.json` of every export.
#[derive(Deserialize)]
struct Settings<Of> {
    config: String,
    format: String,
    #[serde(flatten)]
    of: Of,
}

/// What is read of that of a classifier of images.
#[derive(Deserialize)]
struct OfImages {
    input: Pixels,
    picture: Shape,
    /// Absent in exports of before, which were prepared alike.
    preprocessing: Option<Preprocessing>,
    classes: Vec<String>,
}

/// What is read of that of a network on rows of a table.
#[derive(Deserialize)]
struct OfRows {
    table: Coding,
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

/// Whether this is what `hearth export` made of a network on rows of a table.
pub fn is_on_table(path: &Path) -> bool {
    Opened::new(path).is_ok_and(|opened| opened.is_on_table())
}

/// Loads an exported classifier of images. What is missing, damaged or in ONNX is an error.
pub fn open(path: &Path, backend: Backend) -> Result<Predictor, TrainError> {
    let opened = Opened::new(path)?;
    if opened.is_on_table() {
        return Err(opened.fault(&"it is that of a network on rows of a table, and not on images"));
    }
    let Settings { config, format, of } = opened.settings::<OfImages>()?;
    let OfImages { input, picture, preprocessing, classes } = of;
    let version = preprocessing.map_or(preprocessing::VERSION, |steps| steps.version);
    if version != preprocessing::VERSION {
        return Err(opened.fault(&format!(
            "its images are prepared by version {version} of the steps, and this program takes those of version \
             {}; use the program that exported it",
            preprocessing::VERSION
        )));
    }
    let Shape { channels, height, width } = picture;
    let sides = [channels, height, width, classes.len()];
    let normalized = [&input.mean, &input.std].iter().all(|numbers| numbers.len() == channels);
    if sides.iter().any(|side| !(1..=LARGEST).contains(side)) || !normalized {
        return Err(opened.fault(&"it is not that of a classifier of pictures"));
    }
    let config = checked(config)?;
    let ModelConfig::Classifier { network, .. } = &config.model else {
        return Err(opened.fault(&"it is not that of a network that names classes"));
    };
    let device = backend.device()?;
    let dims = [channels, height, width];
    let empty = Classifier::new(network, dims, classes.len(), 0, &device)?;
    let layers = Classifier::layers(network, dims, classes.len());
    let network = opened.network(&format, empty, layers.as_deref())?;
    let normalization = Normalization { mean: input.mean, std: input.std };
    let shape = PictureShape { channels, height, width };
    Ok(Predictor::new(network, classes, shape, &normalization, device))
}

/// Loads an exported network on rows of a table. What is missing, damaged or in ONNX is an error.
pub fn open_rows(path: &Path, backend: Backend) -> Result<RowPredictor, TrainError> {
    let opened = Opened::new(path)?;
    if !opened.is_on_table() {
        return Err(opened.fault(&"it is not that of a network on rows of a table"));
    }
    let Settings { config, format, of } = opened.settings::<OfRows>()?;
    let coding = of.table;
    if let Some(fault) = coding.fault() {
        return Err(opened.fault(&fault));
    }
    let config = checked(config)?;
    if !rows::is_for_rows(&config) {
        return Err(opened.fault(&"its config is not that of a network on rows of a table"));
    }
    let device = backend.device()?;
    let empty = rows::network(&config, &coding, &device);
    let layers = rows::layers(&config, &coding);
    let network = opened.network(&format, empty, Some(&layers))?;
    Ok(RowPredictor::new(network, coding, device))
}

fn checked(config: String) -> Result<Config, TrainError> {
    Ok(RawConfig::parse("config.json", config)?.check_stored()?)
}

/// An export, its settings read and nothing else.
struct Opened<'a> {
    path: &'a Path,
    json: Value,
}

impl<'a> Opened<'a> {
    fn new(path: &'a Path) -> Result<Self, TrainError> {
        let mut opened = Self { path, json: Value::Null };
        let settings = Place::of(path, Format::Safetensors).settings_file();
        let text = fs::read_to_string(settings).map_err(|error| opened.fault(&error))?;
        opened.json = serde_json::from_str(&text).map_err(|error| opened.fault(&error))?;
        Ok(opened)
    }

    fn is_on_table(&self) -> bool {
        self.json.get("table").is_some()
    }

    fn settings<Of: DeserializeOwned>(&self) -> Result<Settings<Of>, TrainError> {
        Settings::deserialize(&self.json).map_err(|error| self.fault(&error))
    }

    /// A fault of its settings.
    fn fault(&self, fault: &dyn fmt::Display) -> TrainError {
        of_file(&Place::of(self.path, Format::Safetensors).settings_file(), fault)
    }

    /// The exported network, in the place of one that has the same layers.
    fn network(
        &self,
        format: &str,
        empty: Classifier,
        layers: Option<&[Layer]>,
    ) -> Result<Classifier, TrainError> {
        match format.parse() {
            Ok(Format::Safetensors) => {
                let file = Place::of(self.path, Format::Safetensors).network_file();
                let bytes = fs::read(&file).map_err(|error| of_file(&file, &error))?;
                let theirs = read_tensors(&bytes).map_err(|error| of_file(&file, &error))?;
                Ok(restore_module(empty, tensors::from_pytorch(layers, theirs)?)?)
            }
            Ok(Format::Burnpack) => {
                let file = Place::of(self.path, Format::Burnpack).network_file();
                let record = ModuleRecord::load(&file).map_err(|error| of_file(&file, &error))?;
                empty.try_load_record(record).map_err(|error| of_file(&file, &error))
            }
            Ok(Format::Onnx) => {
                Err(self.fault(&"an ONNX graph runs in other engines; export safetensors"))
            }
            Err(known) => Err(self.fault(&format!("its format is {format:?}, and {known}"))),
        }
    }
}

fn of_file(file: &Path, fault: &dyn fmt::Display) -> TrainError {
    TrainError::Export(format!("{}: {fault}", file.display()))
}
