//! A trained agent that plays.

use std::path::Path;

use burn::tensor::Device;
use hearth_environments::{Episode, Worlds};
use hearth_model::ActorCritic;
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use image::RgbImage;

use super::policy::Actor;
use super::{entry, evaluate, worlds};

/// A trained agent, which takes its most probable actions.
pub struct AgentPlayer {
    trained: LoadedRun,
    network: ActorCritic,
    worlds: Box<dyn Worlds>,
    device: Device,
}

impl AgentPlayer {
    /// Loads the agent of a run's checkpoint. A run of another task is an error.
    pub fn open(
        path: &Path,
        which: CheckpointSelector,
        backend: Backend,
    ) -> Result<Self, TrainError> {
        let mut trained = LoadedRun::open(path, which)?;
        if trained.config.algorithm.is_none() {
            return Err(trained.is_not("an agent in an environment"));
        }
        let device = backend.device()?;
        let environment = entry::environment(&trained.config);
        let worlds = worlds::open(environment, trained.config.run.seed)?;
        let network = entry::network(&trained.config, worlds.spaces(), &device);
        let network = restore_module(network, trained.state.take_under("model"))?;
        Ok(Self { trained, network, worlds, device })
    }

    /// The run of the agent.
    pub fn trained(&self) -> &LoadedRun {
        &self.trained
    }

    /// Plays this many episodes, which follow from `seed`. A fault of the environment is an error.
    pub fn play(&self, episodes: usize, seed: u64) -> Result<Vec<Episode>, TrainError> {
        evaluate::play(&self.actor(), self.worlds.others(episodes, seed), &mut |_| ())
    }

    /// Plays the first of these episodes, and draws it: an image of the state before each step. An environment
    /// that draws nothing is an error.
    pub fn draw(&self, seed: u64) -> Result<Vec<RgbImage>, TrainError> {
        let mut images = Vec::new();
        let keep = &mut |worlds: &dyn Worlds| images.extend(worlds.draw(0));
        evaluate::play(&self.actor(), self.worlds.others(1, seed), keep)?;
        if images.is_empty() {
            return Err(TrainError::Settings("this environment draws no images".into()));
        }
        Ok(images)
    }

    fn actor(&self) -> Actor<'_> {
        Actor::new(&self.network, self.worlds.spaces(), &self.device)
    }
}
