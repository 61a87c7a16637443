//! The graphics adapters of the machine: which there are, and opening one.

#[cfg(feature = "wgpu")]
mod wgpu;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "wgpu")]
pub(crate) use self::wgpu::{chosen, list, open};

/// A graphics adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapter {
    /// What its maker calls it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The graphics API that reaches it, such as `Vulkan`.
    pub api: String,
    /// Its driver, where the API tells.
    pub driver: String,
}

/// What an adapter is, the one to prefer first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A graphics card with memory of its own.
    Discrete,
    /// A part of the processor that shares its memory.
    Integrated,
    /// A graphics card as a virtual machine sees it.
    Virtual,
    /// The API does not tell.
    Other,
    /// The processor itself: correct, and slow.
    Software,
}

impl fmt::Display for Kind {
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
