//! Control: an agent learns to act in simulated environments, by reinforcement learning.
//!
//! | file | subject |
//! | --- | --- |
//! | `ppo` | proximal policy optimisation, from rollout to loss |
//! | `rollout`, `estimates` | the steps that it learns from, in batches; advantages |
//! | `policy` | distributions over actions: probabilities, samples, the most probable action |
//! | `worlds` | the environments of a config |
//! | `evaluate` | episodes of a policy, and their returns |
//! | [`player`] | a trained agent that plays |
//! | `entry` | the task in the table of tasks |

pub mod entry;
mod estimates;
pub mod evaluate;
pub mod player;
pub mod policy;
pub mod ppo;
mod rollout;
pub mod worlds;

use burn::module::Module;
use burn::tensor::Device;
use hearth_config::Config;
use hearth_environments::{Episode, Transitions, Worlds};
use hearth_model::{ActorCritic, ForwardContext};
use hearth_report::Report;
use hearth_store::{Element, StateDict, StoreError, TensorValue, Value};
use hearth_train::error::TrainError;
use hearth_train::learner::TrainState;
use hearth_train::learner::state::restore_module;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::step::StepContext;
use hearth_train::task::{Opaque, Proposed, Split, Task, downcast};

use self::policy::Actor;
use self::ppo::Ppo;

/// Episodes whose returns are averaged in the log of training, the last ones.
const RECENT: usize = 100;

/// An agent that learns in environments: everything that a step changes.
pub struct Agent {
    /// The networks and their optimiser.
    pub train_state: TrainState<ActorCritic>,
    /// The environments, each in an episode.
    pub worlds: Box<dyn Worlds>,
    /// The states of the memory, `[environments, units]`; empty before the first step, and without a memory.
    pub memory: Vec<f32>,
    /// The last episodes' returns and lengths.
    pub recent: Recent,
}

impl Clone for Agent {
    fn clone(&self) -> Self {
        Self {
            train_state: self.train_state.clone(),
            worlds: self.worlds.copy(),
            memory: self.memory.clone(),
            recent: self.recent.clone(),
        }
    }
}

/// Returns and lengths of the last episodes, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent(Vec<[f64; 2]>);

impl Recent {
    /// Adds ended episodes.
    pub fn extend(&mut self, episodes: &[Episode]) {
        let numbers =
            episodes.iter().map(|episode| [episode.episodic_return, f64::from(episode.length)]);
        self.0.extend(numbers);
        self.0.drain(..self.0.len().saturating_sub(RECENT));
    }

    /// The mean return and length; none before the first episode has ended.
    pub fn means(&self) -> Option<[f64; 2]> {
        let count = self.0.len() as f64;
        let mean = |index: usize| self.0.iter().map(|numbers| numbers[index]).sum::<f64>() / count;
        (!self.0.is_empty()).then(|| [mean(0), mean(1)])
    }
}

/// The task of an agent in environments.
pub struct Control {
    agent: Agent,
    algorithm: Ppo,
    evaluation: evaluate::AgentEvaluation,
}

impl Control {
    /// The task before its first step.
    pub fn new(config: &Config, device: &Device) -> Result<Self, TrainError> {
        let (environment, settings) = (entry::environment(config), entry::ppo(config));
        let worlds = worlds::open(environment, config.run.seed)?;
        let network = entry::network(config, worlds.spaces(), &device.clone().autodiff());
        let train_state = TrainState::new(network, &config.optimizer.rule);
        let frames = worlds.count() * settings.rollout_steps;
        Ok(Self {
            evaluation: evaluate::AgentEvaluation::new(config, &*worlds),
            agent: Agent { train_state, worlds, memory: Vec::new(), recent: Recent::default() },
            algorithm: Ppo::new(settings, config, frames, device),
        })
    }
}

impl Task for Control {
    fn layers(&self) -> LayerTable {
        let network = self.agent.train_state.network.valid();
        let actor = Actor::new(&network, self.agent.worlds.spaces(), self.algorithm.device());
        let one = vec![0.0; self.agent.worlds.spaces().observation];
        LayerTable::default().with(&network, "", |context: &mut ForwardContext| {
            let inputs = actor.inputs(&one, &mut Vec::new(), context);
            network.policy(inputs.clone(), context);
            network.values(inputs, context);
        })
    }

    fn steps_per_epoch(&self) -> Option<u64> {
        None
    }

    fn frames_per_step(&self) -> Option<u64> {
        Some(self.algorithm.frames() as u64)
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let mut agent = self.agent.clone();
        let totals = self.algorithm.step(&mut agent, context)?;
        let samples = self.algorithm.frames() as u64;
        Ok(Proposed { change: Box::new(agent), samples, totals })
    }

    fn gradients(&self, _change: &Opaque) -> Vec<(String, Vec<f32>)> {
        Vec::new()
    }

    fn apply(&mut self, change: Opaque) {
        self.agent = downcast(change);
    }

    fn snapshot(&self) -> Opaque {
        Box::new(self.agent.clone())
    }

    fn rollback(&mut self, snapshot: Opaque) {
        self.agent = downcast(snapshot);
    }

    fn validates(&self) -> bool {
        true
    }

    fn evaluate(&self, split: Split) -> Option<Report> {
        let network = self.agent.train_state.network.valid();
        let actor = Actor::new(&network, self.agent.worlds.spaces(), self.algorithm.device());
        self.evaluation.run(&actor, split)
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::default();
        self.agent.train_state.save(None, &mut state)?;
        state.insert_all("task.worlds", self.agent.worlds.state()?)?;
        let memory = &self.agent.memory;
        state.insert("task.memory", TensorValue::new([memory.len()], memory)?)?;
        let recent = self.agent.recent.0.concat();
        state.insert("task.recent", TensorValue::new([recent.len()], &recent)?)?;
        Ok(state)
    }

    fn start_from(&mut self, weights: StateDict) -> Result<(), TrainError> {
        let network = self.agent.train_state.network.clone();
        self.agent.train_state.network = restore_module(network, weights)?;
        Ok(())
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.agent.train_state.restore(None, &mut state)?;
        self.agent.worlds.restore(state.take_under("task.worlds"))?;
        self.agent.memory = vector(&mut state, "task.memory")?;
        let recent: Vec<f64> = vector(&mut state, "task.recent")?;
        self.agent.recent = Recent(recent.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect());
        let units = self.agent.train_state.network.memory_units() * self.agent.worlds.count();
        if ![0, units].contains(&self.agent.memory.len()) {
            let found = vec![self.agent.memory.len()];
            let path = "task.memory".to_owned();
            return Err(StoreError::Shape { path, wanted: vec![units], found }.into());
        }
        Ok(state.finish()?)
    }
}

/// Takes a vector of any length.
fn vector<E: Element>(state: &mut StateDict, path: &str) -> Result<Vec<E>, TrainError> {
    let length = match state.get(path) {
        Some(Value::Tensor(tensor)) => tensor.shape().iter().product(),
        _ => 0,
    };
    Ok(state.take_values(path, &[length])?)
}

/// The current observations and masks of some environments.
fn observed(worlds: &dyn Worlds) -> Result<Transitions, TrainError> {
    let mut transitions = Transitions::default();
    worlds.observe(&mut transitions).map_err(worlds::fault)?;
    Ok(transitions)
}

#[cfg(test)]
mod tests;
