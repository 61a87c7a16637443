//! Control: the algorithm by which an agent learns to act in an environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Metric, TaskRow};
use crate::checks::Checks;
use crate::config::Origin;
use crate::read::section_reader::Sections;

/// The task in the table of tasks.
pub(super) const ROW: TaskRow = TaskRow { name: "control", metrics: &[Metric::EpisodicReturn] };

/// `[algorithm]`: the algorithm of reinforcement learning.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct AlgorithmConfig {
    /// The algorithm.
    #[serde(flatten)]
    pub kind: AlgorithmKind,
    /// The settings that every algorithm has.
    #[serde(flatten)]
    pub evaluation: AgentEvaluation,
}

/// The algorithm: `kind` in `[algorithm]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AlgorithmKind {
    /// Proximal policy optimisation with a clipped objective (Schulman et al. 2017).
    Ppo(PpoConfig),
}

/// The part of `[algorithm]` that every algorithm shares: the evaluation during training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentEvaluation {
    /// Episodes of each evaluation during training, in which the agent takes its most probable actions.
    #[schemars(range(min = 1, max = 10_000))]
    pub eval_episodes: usize,
}

impl Default for AgentEvaluation {
    fn default() -> Self {
        Self { eval_episodes: 20 }
    }
}

/// `[algorithm] kind = "ppo"`: proximal policy optimisation (Schulman et al. 2017).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PpoConfig {
    /// Steps of each environment in a rollout, from which a training step learns.
    #[schemars(range(min = 1, max = 65_536))]
    pub rollout_steps: usize,
    /// Passes over a rollout.
    #[schemars(range(min = 1, max = 1000))]
    pub epochs: usize,
    /// Environment steps of an update of the weights.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// The discount factor of later rewards, gamma.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub discount: f64,
    /// The factor lambda of generalised advantage estimation (Schulman et al. 2016): 0 is the temporal difference, 1 the
    /// return.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gae_lambda: f64,
    /// The range epsilon within which the ratio of new to old probabilities counts.
    #[schemars(extend("exclusiveMinimum" = 0.0), range(max = 1.0))]
    pub clip: f64,
    /// True if `clip` follows the schedule of the learning rate.
    pub clip_follows_schedule: bool,
    /// The weight of the policy's entropy, which encourages exploration.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub entropy_weight: f64,
    /// The weight of the critic's squared error.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub value_weight: f64,
    /// True if the advantages of each batch are standardised.
    pub normalize_advantages: bool,
}

impl Default for PpoConfig {
    fn default() -> Self {
        Self {
            rollout_steps: 128,
            epochs: 4,
            batch_size: 256,
            discount: 0.99,
            gae_lambda: 0.95,
            clip: 0.2,
            clip_follows_schedule: false,
            entropy_weight: 0.0,
            value_weight: 0.5,
            normalize_advantages: true,
        }
    }
}

impl PpoConfig {
    fn check(&self, count: Option<usize>, checks: &mut Checks<'_>) {
        let counts = [
            ("algorithm.rollout_steps", self.rollout_steps, 65_536),
            ("algorithm.epochs", self.epochs, 1000),
            ("algorithm.batch_size", self.batch_size, usize::MAX),
        ];
        for (key, value, most) in counts {
            let allowed =
                if most == usize::MAX { "1 or more".into() } else { format!("1 to {most}") };
            checks.require(key, value, (1..=most).contains(&value), &allowed);
        }
        checks.probability("algorithm.discount", self.discount);
        checks.probability("algorithm.gae_lambda", self.gae_lambda);
        let good = self.clip > 0.0 && self.clip <= 1.0;
        checks.require("algorithm.clip", self.clip, good, "above 0 and up to 1");
        checks.probability("algorithm.entropy_weight", self.entropy_weight);
        let good = (0.0..=100.0).contains(&self.value_weight);
        checks.require("algorithm.value_weight", self.value_weight, good, "0 to 100");
        let Some(count) = count else { return };
        let rollout = count.saturating_mul(self.rollout_steps);
        checks.contradiction(
            self.batch_size > rollout,
            "algorithm.batch_size",
            &format!(
                "`algorithm.batch_size` is {}, and a rollout has {rollout} steps: {count} environments times \
                 `algorithm.rollout_steps`",
                self.batch_size
            ),
        );
    }
}

/// Reports settings of an agent that are out of range, or that contradict each other.
pub(crate) fn check(sections: &Sections, checks: &mut Checks<'_>) {
    for section in ["augment", "adversarial", "evaluate", "optimizer.discriminator"] {
        checks.contradiction(
            checks.root.find(section).is_some(),
            section,
            &format!("[{section}] is not for an agent in an environment"),
        );
    }
    let environment = match &sections.origin {
        Some(Origin::Environment(environment)) => Some(environment),
        _ => None,
    };
    if let Some(AlgorithmConfig { kind, evaluation }) = &sections.algorithm {
        let AlgorithmKind::Ppo(ppo) = kind;
        ppo.check(environment.map(|environment| environment.copies.count), checks);
        let episodes = evaluation.eval_episodes;
        let good = (1..=10_000).contains(&episodes);
        checks.require("algorithm.eval_episodes", episodes, good, "1 to 10000");
    }
    let Some(train) = &sections.train else { return };
    for (key, found) in [
        ("train.class_weights", train.class_weights.is_some()),
        ("train.label_smoothing", train.label_smoothing > 0.0),
        ("train.accumulate", train.accumulate > 1),
    ] {
        checks.contradiction(found, key, &format!("`{key}` is not for an agent in an environment"));
    }
}

#[cfg(test)]
mod tests;
