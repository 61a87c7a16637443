//! The choices of an export: its format, and the network of an adversarial pair.

use std::fmt;
use std::str::FromStr;

/// The format of an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A graph that takes raw pixels or numbers, for any engine.
    Onnx,
    /// Tensors with PyTorch's names and layouts.
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

    /// The extension of its files.
    pub fn end(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Safetensors => "safetensors",
            Self::Burnpack => "bpk",
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
    /// The generator, with the moving average of its weights where one is kept.
    #[default]
    Generator,
    /// The discriminator.
    Discriminator,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| "it is onnx, safetensors or burnpack".to_owned())
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
        found.next().ok_or_else(|| "it is generator or discriminator".to_owned())
    }
}
