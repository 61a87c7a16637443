//! Tasks that train one network by the gradients of one loss.

use burn::module::Module;
use hearth_config::Config;
use hearth_data::{Loader, Source, Subset};
use hearth_report::Report;
use hearth_store::StateDict;
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::learner::{TrainState, Update};
use hearth_train::task::batches::Batches;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::step::StepContext;
use hearth_train::task::{Opaque, Proposed, Split, Task, downcast};

/// The loss and the results of a network.
pub trait OneNetwork: 'static {
    /// The network.
    type Network: Module + 'static;
    /// The training samples.
    type Source: Source;

    /// The layers of the network, which has no differentiation here.
    fn layers(&self, network: &Self::Network) -> LayerTable;

    /// The loss of accumulated batches and the update of its gradients, as of one batch of all their samples.
    fn forward_backward(
        &self,
        network: &Self::Network,
        batches: &[<Self::Source as Source>::Batch],
        context: &mut StepContext<'_>,
    ) -> Computation;

    /// True if there are validation samples.
    fn validates(&self) -> bool;

    /// The results of the network, without differentiation, on a split; None if there is no such split.
    fn evaluate(&self, network: &Self::Network, split: Split) -> Option<Report>;
}

/// The loss of a step, and the update of its gradients.
pub struct Computation {
    /// The number of samples.
    pub samples: usize,
    /// The mean loss.
    pub loss: Scalar,
    /// Another sum over the samples, by its name in the log.
    pub measure: Option<(&'static str, Scalar)>,
    /// The update of the network.
    pub update: Update,
}

/// The task of a [`OneNetwork`]: its train state and its batches.
pub struct OneNetworkTask<L: OneNetwork> {
    train_state: TrainState<L::Network>,
    batches: Batches<L::Source>,
    learning: L,
}

/// The result of a step, before it is applied.
struct Step {
    update: Update,
    learning_rate: f64,
}

impl<L: OneNetwork> OneNetworkTask<L> {
    /// The task before its first step, with a network on a device with differentiation.
    pub fn new(
        config: &Config,
        network: L::Network,
        batches: Batches<L::Source>,
        learning: L,
    ) -> Self {
        Self { train_state: TrainState::new(network, &config.optimizer.rule), batches, learning }
    }
}

/// The batches of a config's steps.
pub fn batches<S: Source>(config: &Config, train: &Subset<S>) -> Batches<S> {
    let loader = Loader::new(train.clone(), config.data().batches.batch_size, config.run.seed);
    Batches::new(loader, config.train.accumulate)
}

impl<L: OneNetwork> Task for OneNetworkTask<L> {
    fn layers(&self) -> LayerTable {
        self.learning.layers(&self.train_state.network.valid())
    }

    fn steps_per_epoch(&self) -> Option<u64> {
        Some(self.batches.steps_per_epoch())
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let batches = self.batches.of_step(context.step);
        let network = &self.train_state.network;
        let Computation { samples, loss, measure, update } =
            self.learning.forward_backward(network, &batches, context);
        self.batches.recycle(batches);
        Ok(Proposed {
            change: Box::new(Step { update, learning_rate: context.learning_rate }),
            samples: samples as u64,
            totals: [("loss", loss * samples as f64)].into_iter().chain(measure).collect(),
        })
    }

    fn sources(&self, step: u64) -> Vec<u32> {
        self.batches.sources(step)
    }

    fn gradients(&self, change: &Opaque) -> Vec<(String, Vec<f32>)> {
        let change: Option<&Step> = change.downcast_ref();
        change.map_or_else(Vec::new, |change| self.train_state.gradients(&change.update))
    }

    fn apply(&mut self, change: Opaque) {
        let change: Step = downcast(change);
        self.train_state.update(change.update, change.learning_rate);
    }

    fn snapshot(&self) -> Opaque {
        Box::new(self.train_state.clone())
    }

    fn rollback(&mut self, snapshot: Opaque) {
        self.train_state = downcast(snapshot);
    }

    fn validates(&self) -> bool {
        self.learning.validates()
    }

    fn evaluate(&self, split: Split) -> Option<Report> {
        self.learning.evaluate(&self.train_state.network.valid(), split)
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::default();
        self.train_state.save(None, &mut state)?;
        Ok(state)
    }

    fn start_from(&mut self, weights: StateDict) -> Result<(), TrainError> {
        self.train_state.network = restore_module(self.train_state.network.clone(), weights)?;
        Ok(())
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.train_state.restore(None, &mut state)?;
        Ok(state.finish()?)
    }
}
