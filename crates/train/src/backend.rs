//! The compiled-in backends, by name. The only place that knows Burn's features.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use serde::Serialize;

/// What computes the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn-flex: CPU, SIMD and threads; what upstream maintains.
    #[cfg(feature = "flex")]
    Flex,
    /// burn-ndarray: CPU, on the `ndarray` crate.
    #[cfg(feature = "ndarray")]
    Ndarray,
}

/// Every backend that this version knows, compiled in or not.
const KNOWN: [&str; 2] = ["flex", "ndarray"];

impl Backend {
    /// The backends of this binary, the preferred one first.
    pub const COMPILED: &[Self] = &[
        #[cfg(feature = "flex")]
        Self::Flex,
        #[cfg(feature = "ndarray")]
        Self::Ndarray,
    ];

    /// The device that tensors are made on, without differentiation.
    pub fn device(self) -> Device {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => Device::flex(),
            #[cfg(feature = "ndarray")]
            #[expect(deprecated, reason = "users ask for it by name, and it is tested like flex")]
            Self::Ndarray => Device::ndarray(),
        }
    }

    /// The name that `--backend` takes.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => "flex",
            #[cfg(feature = "ndarray")]
            Self::Ndarray => "ndarray",
        }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::COMPILED[0]
    }
}

#[cfg(not(any(feature = "flex", feature = "ndarray")))]
compile_error!("hearth needs a backend: build with the feature flex or ndarray");

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let compiled: Vec<_> = Self::COMPILED.iter().map(|backend| backend.name()).collect();
        let found = Self::COMPILED.iter().find(|backend| backend.name() == name);
        let compiled = compiled.join(", ");
        found.copied().ok_or_else(|| {
            if KNOWN.contains(&name) {
                format!(
                    "this program was built without {name} and has {compiled}; get the other one \
                     with `make build BACKEND={name}`"
                )
            } else {
                format!("there is no backend {name:?}; this program has {compiled}")
            }
        })
    }
}

/// Gives everything that computes this many threads, the caller's included; all of the machine's
/// when `None`. Returns how many there are.
///
/// The kernels and both backends take their threads from rayon. (The crate `matrixmultiply`, which
/// ndarray's own matrix product uses, has threads of its own, but no network here reaches it: their
/// products are the kernels'.) The caller becomes one of the pool's threads, so that a small
/// operation does not wait for another thread to wake up.
///
/// Only the first call in a process has an effect.
pub fn set_threads(threads: Option<usize>) -> usize {
    let threads = threads.unwrap_or(0);
    // An error only says that the pool exists already.
    let _ =
        rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global();
    rayon::current_num_threads()
}
