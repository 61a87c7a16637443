//! The compiled-in backends, by name: the only module that depends on Burn's features.

pub mod adapters;
pub mod scalar;

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, Tensor};

use crate::error::TrainError;
use adapters::Adapter;
use scalar::Readback;

/// The library and device that compute tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// burn-flex: CPU, SIMD and threads; the CPU backend that Burn maintains.
    #[cfg(feature = "flex")]
    Flex,
    /// burn-ndarray: CPU, on the `ndarray` crate.
    #[cfg(feature = "ndarray")]
    Ndarray,
    /// burn-wgpu: a graphics card, by Vulkan, Metal, DirectX 12 or OpenGL.
    #[cfg(feature = "wgpu")]
    Wgpu {
        /// The index of the adapter in [`Backend::adapters`]; the best one when absent.
        adapter: Option<usize>,
    },
}

/// Every backend that this version knows, compiled in or not.
const KNOWN: [&str; 3] = ["flex", "ndarray", "wgpu"];

impl Backend {
    /// The backends of this binary, the preferred one first.
    pub const COMPILED: &[Self] = &[
        #[cfg(feature = "flex")]
        Self::Flex,
        #[cfg(feature = "ndarray")]
        Self::Ndarray,
        #[cfg(feature = "wgpu")]
        Self::Wgpu { adapter: None },
    ];

    /// The device that tensors are created on, without differentiation. A device that cannot be opened is an error; so
    /// is an absent adapter.
    pub fn device(self) -> Result<Device, TrainError> {
        Ok(match self {
            #[cfg(feature = "flex")]
            Self::Flex => Device::flex(),
            #[cfg(feature = "ndarray")]
            #[expect(deprecated, reason = "users ask for it by name, and it is tested like flex")]
            Self::Ndarray => Device::ndarray(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu { adapter } => adapters::open(adapters::chosen(adapter)?)?,
        })
    }

    /// The name that `--backend` takes.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => "flex",
            #[cfg(feature = "ndarray")]
            Self::Ndarray => "ndarray",
            #[cfg(feature = "wgpu")]
            Self::Wgpu { .. } => "wgpu",
        }
    }

    /// True if it computes on a graphics adapter, which can be lost, run out of memory or lack a driver: Burn then
    /// panics in the middle of a computation.
    pub fn is_on_adapter(self) -> bool {
        match self {
            #[cfg(feature = "wgpu")]
            Self::Wgpu { .. } => true,
            #[cfg(any(feature = "flex", feature = "ndarray"))]
            _ => false,
        }
    }

    /// The same backend on the adapter with this number. A backend that computes on the CPU is an error.
    #[cfg_attr(not(feature = "wgpu"), expect(unused_variables, reason = "nothing to choose from"))]
    pub fn on_adapter(self, number: usize) -> Result<Self, TrainError> {
        match self {
            #[cfg(feature = "wgpu")]
            Self::Wgpu { .. } => Ok(Self::Wgpu { adapter: Some(number) }),
            #[cfg(any(feature = "flex", feature = "ndarray"))]
            _ => Err(TrainError::Settings(format!(
                "{self} computes on the CPU and has no graphics adapter to choose; `--backend wgpu` does"
            ))),
        }
    }

    /// The graphics adapters to choose from, in the order of their numbers; empty for a CPU backend. A machine without
    /// one is an error of a backend that needs one.
    pub fn adapters(self) -> Result<Vec<Adapter>, TrainError> {
        match self {
            #[cfg(feature = "wgpu")]
            Self::Wgpu { .. } => adapters::chosen(None).map(|_| adapters::list()),
            #[cfg(any(feature = "flex", feature = "ndarray"))]
            _ => Ok(Vec::new()),
        }
    }

    /// The graphics adapter that it computes on; None for a CPU backend.
    pub fn adapter(self) -> Option<Adapter> {
        match self {
            #[cfg(feature = "wgpu")]
            Self::Wgpu { adapter } => {
                adapters::chosen(adapter).ok().and_then(|n| adapters::list().into_iter().nth(n))
            }
            #[cfg(any(feature = "flex", feature = "ndarray"))]
            _ => None,
        }
    }

    /// Opens the device and adds two numbers there. A failure or a wrong sum is an error.
    pub fn try_out(self) -> Result<(), TrainError> {
        let one = Tensor::<1>::ones([1], &self.device()?);
        match (one.clone() + one).try_into_scalar::<f32>() {
            Ok(two) if (two - 2.0).abs() < 1e-6 => Ok(()),
            Ok(other) => Err(TrainError::Device(format!("{self} says that 1 + 1 = {other}"))),
            Err(error) => Err(TrainError::Device(format!("{self} cannot add: {error}"))),
        }
    }

    /// The readback of each step's scalars: immediate on a CPU, deferred on a GPU.
    pub fn reading(self) -> Readback {
        if self.is_on_adapter() { Readback::Deferred } else { Readback::Immediate }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::COMPILED[0]
    }
}

#[cfg(not(any(feature = "flex", feature = "ndarray", feature = "wgpu")))]
compile_error!("hearth needs a backend: build with the feature flex, ndarray or wgpu");

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
                    "this program was built without it and has {compiled}; get it with `make build BACKEND={name}`"
                )
            } else {
                format!("this program has {compiled}")
            }
        })
    }
}

/// Sets the number of CPU threads that compute, the caller's included; all of the machine's when `None`. Returns the
/// number of threads.
///
/// The kernels and both backends take their threads from rayon. (The crate `matrixmultiply`, behind ndarray's own
/// matrix product, has its own threads, but no network here reaches it: their products are the kernels'.) The caller
/// becomes one of the pool's threads, so that a small operation does not wait for another thread to wake up.
///
/// Only the first call in a process has an effect.
pub fn set_threads(threads: Option<usize>) -> usize {
    let threads = threads.unwrap_or(0);
    // An error only says that the pool exists already.
    let _ =
        rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global();
    rayon::current_num_threads()
}
