//! The summary that training opens with: layers, sizes, data.

use hearth_config::Config;
use hearth_data::DataCard;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::plan::Plan;
use crate::plan::memory::{self, Needs, Sizes};
use crate::task::layer_table::LayerTable;

/// The summary that training opens with.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The name of the run's config.
    pub name: String,
    /// The data; none of a task without any.
    pub data: DataCard,
    /// The layers of the networks.
    pub layers: LayerTable,
    /// About how many bytes training needs.
    pub memory: usize,
    /// Steps in one epoch, and in all.
    pub steps: [u64; 2],
    /// What computes.
    pub backend: Backend,
    /// With how many CPU threads.
    pub threads: usize,
}

impl Summary {
    /// Of a task with these layers. Layers that this machine cannot hold are an error.
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
            steps: [plan.epoch.unwrap_or(plan.total_steps), plan.total_steps],
            backend,
            threads,
        })
    }
}
