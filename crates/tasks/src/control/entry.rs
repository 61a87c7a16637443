//! Control in the table of tasks: opening, evaluation.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{
    AgentConfig, AlgorithmConfig, AlgorithmKind, CommandLine, Config, EnvironmentConfig,
    ModelConfig, Origin, PpoConfig,
};
use hearth_data::Labels;
use hearth_environments::{ActionSpace, Spaces};
use hearth_model::ActorCritic;
use hearth_report::Report;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::record::info::Preprocessing;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Opened, Opening, TaskHooks};

use super::evaluate::AgentEvaluation;
use super::policy::Actor;
use super::{Control, worlds};
use crate::entry::{Evaluation, TaskEntry};

/// Control in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry {
    hooks: TaskHooks {
        labels: Labels::Unused,
        has_one_loss: false,
        open,
        sizes: |_, _| None,
        next,
    },
    evaluate: evaluate_run,
    predictor: |trained, _| Err(trained.is_not("a network that predicts")),
    export: |_, _, _| Err(TrainError::Export("agents are not exported yet".into())),
};

/// The environments in a config of this task.
pub(super) fn environment(config: &Config) -> &EnvironmentConfig {
    match &config.origin {
        Origin::Environment(environment) => environment,
        Origin::Data(_) => unreachable!("a checked config's agent has an environment"),
    }
}

/// The algorithm in a config of this task.
pub(super) fn algorithm(config: &Config) -> &AlgorithmConfig {
    config.algorithm.as_ref().expect("a checked config's agent has an algorithm")
}

/// The settings of PPO in a config of this task.
pub(super) fn ppo(config: &Config) -> &PpoConfig {
    let AlgorithmKind::Ppo(ppo) = &algorithm(config).kind;
    ppo
}

/// The networks of a config with their initial weights, for these spaces.
pub(super) fn network(config: &Config, spaces: &Spaces, device: &Device) -> ActorCritic {
    let ModelConfig::Agent(AgentConfig::ActorCritic(settings)) = &config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let is_continuous = matches!(spaces.action, ActionSpace::Continuous { .. });
    let actions = (spaces.action.size(), is_continuous);
    ActorCritic::new(settings, spaces.observation, actions, config.run.seed, device)
}

#[expect(clippy::needless_pass_by_value, reason = "the table's type")]
fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let task = Control::new(opening.config, opening.device)?;
    Ok(Opened { task: Box::new(task), preprocessing: Preprocessing::None, start: None })
}

fn evaluate_run(
    evaluation: &Evaluation<'_>,
    _notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, .. } = *evaluation;
    if pictures.is_some() {
        return Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run is of an agent".into(),
        ));
    }
    let mut trained = LoadedRun::open(run, which)?;
    let device = backend.device()?;
    let worlds = worlds::open(environment(&trained.config), trained.config.run.seed)?;
    let network = network(&trained.config, worlds.spaces(), &device);
    let network = restore_module(network, trained.state.take_under("model"))?;
    let actor = Actor::new(&network, worlds.spaces(), &device);
    let report = AgentEvaluation::new(&trained.config, &*worlds).run(&actor, split);
    let report = report.ok_or_else(|| {
        TrainError::Settings(format!(
            "an agent has episodes of validation and test, and none of \"{}\"",
            split.name()
        ))
    })?;
    Ok((trained.step, report))
}

/// The suggestion of a command after training.
fn next(_: &Config, run: &Path) -> String {
    let play = CommandLine::new("play").path(run).args(["--out", "episode.gif"]);
    format!("watch it with: {play}")
}
