//! The summary at the start of training: layers, sizes, data.

use hearth_config::Config;
use hearth_data::DataCard;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::plan::Plan;
use crate::plan::memory::{self, Needs, Sizes};
use crate::task::layer_table::LayerTable;

/// The summary at the start of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The name of the run's config.
    pub name: String,
    /// The data; None for a task that has no data.
    pub data: DataCard,
    /// The layers of the networks.
    pub layers: LayerTable,
    /// The estimated memory of training, in bytes.
    pub memory: usize,
    /// Steps in one epoch, and in the whole run.
    pub steps: [u64; 2],
    /// The backend.
    pub backend: Backend,
    /// The number of CPU threads.
    pub threads: usize,
}

impl Summary {
    /// The summary of a task with these layers. Too little memory for them is an error.
    pub fn new(
        config: &Config,
        data: DataCard,
        layers: LayerTable,
        plan: &Plan,
        backend: Backend,
        threads: usize,
    ) -> Result<Self, TrainError> {
        let (outputs, parameters) = (layers.outputs(), layers.parameters);
        let sizes = Sizes { inputs: data.inputs, outputs, parameters };
        memory::check(config, backend, &data, sizes)?;
        Ok(Self {
            name: config.run.name.clone(),
            memory: Needs::new(config, backend, &data, sizes).all(),
            data,
            layers,
            steps: [plan.units.steps_per_epoch.unwrap_or(plan.total_steps), plan.total_steps],
            backend,
            threads,
        })
    }
}
