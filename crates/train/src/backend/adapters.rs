//! The graphics adapters of the machine: a list of them, and devices on them.

#[cfg(feature = "wgpu")]
mod wgpu;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "wgpu")]
pub(crate) use self::wgpu::{chosen, list, open};

/// A graphics adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapter {
    /// The vendor's name of the model.
    pub name: String,
    /// Discrete, integrated, virtual or software.
    pub kind: AdapterKind,
    /// The graphics API of its driver, such as `Vulkan`.
    pub api: String,
    /// The driver's name and version; empty where the API reports none.
    pub driver: String,
}

/// The kind of an adapter, the preferred one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdapterKind {
    /// A graphics card with its own memory.
    Discrete,
    /// A part of the processor that shares the host's memory.
    Integrated,
    /// A virtualised graphics card.
    Virtual,
    /// A kind that the API does not report.
    Other,
    /// Software rendering on the processor: correct, and slow.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Other => "other",
            Self::Software => "software",
        })
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.name, self.kind, self.api)
    }
}
