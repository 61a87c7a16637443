//! Loading of an export.

use std::fmt;
use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use hearth_config::{Config, RawConfig};
use hearth_data::text::Tokenizer;
use hearth_store::read_tensors;
use hearth_train::TrainError;
use hearth_train::learner::state::restore_module;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Format;
use super::outline::Outline;
use super::place::Place;

/// The entries of `config.json` that every export has, and those of its kind.
#[derive(Deserialize)]
pub struct Settings<Of> {
    config: String,
    format: String,
    /// The entries of its kind.
    #[serde(flatten)]
    pub of: Of,
}

impl<Of> Settings<Of> {
    /// The config that it was trained with.
    pub fn config(&self) -> Result<Config, TrainError> {
        Ok(RawConfig::parse("config.json", self.config.clone())?.check_stored()?)
    }
}

/// True if this is an export: a folder, or a network's file with its settings beside it.
pub fn is_export(path: &Path) -> bool {
    Place::of(path, Format::Safetensors).settings_file().is_file()
}

/// An export, its settings read and nothing else.
pub struct OpenedExport<'a> {
    path: &'a Path,
    json: Value,
}

impl<'a> OpenedExport<'a> {
    /// Reads the settings.
    pub fn new(path: &'a Path) -> Result<Self, TrainError> {
        let mut opened = Self { path, json: Value::Null };
        let settings = Place::of(path, Format::Safetensors).settings_file();
        let text = fs::read_to_string(settings).map_err(|error| opened.fault(&error))?;
        opened.json = serde_json::from_str(&text).map_err(|error| opened.fault(&error))?;
        Ok(opened)
    }

    /// True if it is a network on rows of a table.
    pub fn is_on_table(&self) -> bool {
        self.json.get("table").is_some()
    }

    /// True if it is a network on texts.
    pub fn is_on_texts(&self) -> bool {
        self.json.get("tokenizer").is_some()
    }

    /// The tokenizer of a network on texts, of this SHA-256. An absent, damaged or exchanged file is an error.
    pub fn tokenizer(&self, checksum: &str) -> Result<Tokenizer, TrainError> {
        let file = Place::of(self.path, Format::Safetensors).tokenizer_file();
        let text = fs::read_to_string(&file).map_err(|error| of_file(&file, &error))?;
        let tokenizer = Tokenizer::from_json(&text).map_err(|error| of_file(&file, &error))?;
        if tokenizer.checksum() != checksum {
            return Err(of_file(
                &file,
                &"it is not the tokenizer that the network was trained with",
            ));
        }
        Ok(tokenizer)
    }

    /// The settings of its kind.
    pub fn settings<Of: DeserializeOwned>(&self) -> Result<Settings<Of>, TrainError> {
        Settings::deserialize(&self.json).map_err(|error| self.fault(&error))
    }

    /// A fault of its settings.
    pub fn fault(&self, fault: &dyn fmt::Display) -> TrainError {
        of_file(&Place::of(self.path, Format::Safetensors).settings_file(), fault)
    }

    /// The exported network, in the place of an empty one with the same outline.
    pub fn network<M: Module, Of>(
        &self,
        settings: &Settings<Of>,
        empty: M,
        outline: &Outline,
    ) -> Result<M, TrainError> {
        let format = &settings.format;
        match format.parse() {
            Ok(Format::Safetensors) => {
                let file = Place::of(self.path, Format::Safetensors).network_file();
                let bytes = fs::read(&file).map_err(|error| of_file(&file, &error))?;
                let theirs = read_tensors(&bytes).map_err(|error| of_file(&file, &error))?;
                Ok(restore_module(empty, outline.from_pytorch(theirs)?)?)
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
