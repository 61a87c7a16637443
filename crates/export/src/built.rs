//! A network as a Burn module, without its type.

use burn::module::{Module, Param};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Tensor;
use hearth_model::params::{MapParam, map_params};
use hearth_store::StateDict;
use hearth_train::TrainError;
use hearth_train::learner::state::restore_module;

use super::signature::NetworkInput;

/// A network that is exported and read back.
pub trait Built {
    /// The same network with these numbers.
    fn with(&self, state: StateDict) -> Result<Box<dyn Built>, TrainError>;

    /// The same network with the numbers of a record; those that the record lacks are zero.
    fn loaded(&self, record: ModuleRecord) -> Result<Box<dyn Built>, RecordError>;

    /// Its numbers in Burn's own format.
    fn record(&self) -> ModuleRecord;

    /// The outputs for samples, row by row.
    fn outputs(&self, samples: &NetworkInput) -> Vec<f32>;
}

/// A module with its forward pass.
pub struct Forward<M> {
    /// The module, without differentiation.
    pub module: M,
    /// The outputs for samples, row by row.
    pub forward: fn(&M, &NetworkInput) -> Vec<f32>,
}

impl<M: Module + 'static> Forward<M> {
    /// The same network with all numbers zero, so that a number that is not loaded shows.
    fn empty(&self) -> M {
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
        map_params(self.module.clone(), &mut Zero)
    }

    fn of(&self, module: M) -> Box<dyn Built> {
        Box::new(Self { module, forward: self.forward })
    }
}

impl<M: Module + 'static> Built for Forward<M> {
    fn with(&self, state: StateDict) -> Result<Box<dyn Built>, TrainError> {
        Ok(self.of(restore_module(self.empty(), state)?))
    }

    fn loaded(&self, record: ModuleRecord) -> Result<Box<dyn Built>, RecordError> {
        Ok(self.of(self.empty().try_load_record(record)?))
    }

    fn record(&self) -> ModuleRecord {
        self.module.clone().into_record()
    }

    fn outputs(&self, samples: &NetworkInput) -> Vec<f32> {
        (self.forward)(&self.module, samples)
    }
}
