//! Proximal policy optimisation (Schulman et al. 2017), from rollout to loss in reading order.
//!
//! 1. `Ppo::rollout`: the policy acts for T steps in N environments.
//! 2. `estimates::advantages`: generalised advantage estimation (Schulman et al. 2016) tells how much better each action
//!    was than the critic expected.
//! 3. [`Ppo::step`]: several passes over these T N transitions in shuffled batches, each an update by the gradients of
//!    the clipped loss, `Ppo::update`.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Config, PpoConfig};
use hearth_model::{ActorCritic, ForwardContext};
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::task::step::StepContext;

use super::estimates::{explained_variance, standardise};
use super::policy::{Actor, Evaluated, evaluate, forget};
use super::rollout::{Batch, Rollout, Sequences};
use super::{Agent, observed, worlds};

/// The algorithm of an agent's step.
pub struct Ppo {
    settings: PpoConfig,
    /// The learning rate at the schedule's factor 1.
    peak: f64,
    /// Environment steps of a rollout.
    frames: usize,
    /// Without differentiation.
    device: Device,
}

/// Means over the updates of a step, by `CleanRL`'s names.
#[derive(Default)]
struct Means {
    policy_loss: f64,
    value_loss: f64,
    entropy: f64,
    approx_kl: f64,
    clipfrac: f64,
    updates: f64,
}

impl Ppo {
    /// The algorithm of a config, for rollouts of this many environment steps.
    pub fn new(settings: &PpoConfig, config: &Config, frames: usize, device: &Device) -> Self {
        let peak = config.optimizer.rule.update.learning_rate;
        Self { settings: settings.clone(), peak, frames, device: device.clone() }
    }

    /// Environment steps of a training step.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The device, without differentiation.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A training step on a copy of an agent: a rollout, and the updates by it. Returns sums over the environment
    /// steps, by name.
    pub fn step(
        &self,
        agent: &mut Agent,
        context: &mut StepContext<'_>,
    ) -> Result<Vec<(&'static str, Scalar)>, TrainError> {
        let rollout = self.rollout(agent, &mut context.random(Purpose::Policy, 0))?;
        let mut means = Means::default();
        for epoch in 0..self.settings.epochs {
            let mut random = context.random(Purpose::Order, epoch);
            let units = agent.train_state.network.memory_units();
            for batch in rollout.batches(self.settings.batch_size, units, &mut random) {
                self.update(agent, &rollout, &batch, context, &mut means);
            }
        }
        let explained = explained_variance(&rollout.values, &rollout.returns);
        Ok(means.totals(agent, explained, self.frames as f64))
    }

    /// Acts for T steps in each environment.
    fn rollout(&self, agent: &mut Agent, random: &mut Stream) -> Result<Rollout, TrainError> {
        let Agent { train_state, worlds, memory, recent } = agent;
        let network = train_state.network.valid();
        let spaces = worlds.spaces().clone();
        let actor = Actor::new(&network, &spaces, &self.device);
        let context = &mut ForwardContext::default();
        let mut rollout = Rollout::new(worlds.count(), &spaces.action, memory);
        let (mut current, mut bounded) = (observed(&**worlds)?, Vec::new());
        for _ in 0..self.settings.rollout_steps {
            let inputs = actor.inputs(&current.observations, memory, context);
            let values = actor.values(inputs.clone());
            let (chosen, log_probabilities) = actor.sample(inputs, &current.masks, random);
            rollout.observe(&current, &values);
            let actions = chosen.within(&spaces.action, &mut bounded);
            worlds.step(actions, &mut current).map_err(worlds::fault)?;
            let last_values = current.truncated.contains(&true).then(|| {
                actor.values(actor.inputs(
                    &current.final_observations,
                    &mut memory.clone(),
                    context,
                ))
            });
            rollout.act(chosen, &log_probabilities, &current, last_values.as_deref());
            forget(memory, &current);
            recent.extend(&current.episodes);
        }
        let following = actor.inputs(&current.observations, &mut memory.clone(), context);
        rollout.finish(actor.values(following), self.settings.discount, self.settings.gae_lambda);
        Ok(rollout)
    }

    /// An update by the gradients of the loss on a batch of a rollout (Schulman et al. 2017, equations 7 and 9):
    /// `-mean(min(r A, clip(r, 1 - e, 1 + e) A)) + c1 mean((V - R)^2) - c2 H`, with the ratio r of new to old
    /// probabilities.
    fn update(
        &self,
        agent: &mut Agent,
        rollout: &Rollout,
        batch: &Batch,
        context: &mut StepContext<'_>,
        means: &mut Means,
    ) {
        let places = &batch.places;
        let settings = &self.settings;
        let clip = if settings.clip_follows_schedule {
            settings.clip * context.learning_rate / self.peak
        } else {
            settings.clip
        };
        let network = context.weights(&agent.train_state.network);
        let of = |values: &[f32]| places.iter().map(|place| values[*place]).collect::<Vec<f32>>();
        let (old, returns) = (of(&rollout.log_probabilities), of(&rollout.returns));
        let mut advantages = of(&rollout.advantages);
        if settings.normalize_advantages {
            standardise(&mut advantages);
        }
        let device = self.device.clone().autodiff();
        let vector = |values: Vec<f32>| {
            let size = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [size]), &device)
        };
        let (policy, values) = forward(&network, rollout, batch, &device, context);
        let taken = (&rollout.chosen, &rollout.masks[..]);
        let log_deviation = network.log_deviation().map(|logarithms| context.output(logarithms));
        let Evaluated { log_probabilities, entropy } =
            evaluate(policy, log_deviation, taken, places);

        let log_ratio = log_probabilities.clone() - vector(old.clone());
        let ratio = log_ratio.exp();
        let advantages = vector(advantages);
        let clipped = ratio.clone().clamp(1.0 - clip, 1.0 + clip) * advantages.clone();
        let policy_loss = -(ratio * advantages).min_pair(clipped).mean();
        let error = values - vector(returns);
        let value_loss = (error.clone() * error).mean();
        let loss = policy_loss.clone() + value_loss.clone().mul_scalar(settings.value_weight)
            - entropy.clone().mul_scalar(settings.entropy_weight);

        let number = |tensor: Tensor<1>| f64::from(tensor.inner().into_scalar::<f32>());
        means.policy_loss += number(policy_loss);
        means.value_loss += number(value_loss);
        means.entropy += number(entropy);
        let new: Vec<f32> = log_probabilities.inner().into_data().try_into_vec().expect("f32");
        means.add_ratios(&new, &old, clip);
        let gradients = context.backward(loss, &*network);
        let update = context.propose(&*network, None, gradients, Vec::new());
        agent.train_state.update(update, context.learning_rate);
    }
}

/// The policy `[batch, actions]` and the estimated returns `[batch]` on a batch of a rollout, by a network in the precision
/// of the forward pass.
fn forward(
    network: &ActorCritic,
    rollout: &Rollout,
    batch: &Batch,
    device: &Device,
    context: &StepContext<'_>,
) -> (Tensor<2>, Tensor<1>) {
    let mut pass = ForwardContext::default();
    let observations = context.input(batch.observations(rollout, device));
    let inputs = match batch.sequences(rollout, network.memory_units(), device) {
        None => observations,
        Some(Sequences { dims, initial, lengths, rows }) => {
            let [_, size] = observations.dims();
            let observations = observations.reshape([dims[0], dims[1], size]);
            let states =
                network.remember(observations, context.input(initial), &lengths, &mut pass);
            let [count, time, units] = states.dims();
            states.reshape([count * time, units]).select(0, rows)
        }
    };
    let policy = context.output(network.policy(inputs.clone(), &mut pass));
    let values = context.output(network.values(inputs, &mut pass));
    (policy, values.reshape([batch.places.len()]))
}

impl Means {
    /// Adds the ratios of an update: `(r - 1) - ln r`, an estimate of the divergence of old and new policy (Schulman
    /// 2020, "Approximating KL divergence"), and the share of those that were clipped.
    fn add_ratios(&mut self, new: &[f32], old: &[f32], clip: f64) {
        let (mut divergence, mut clipped) = (0.0, 0.0);
        for (new, old) in new.iter().zip(old) {
            let log_ratio = f64::from(*new) - f64::from(*old);
            divergence += log_ratio.exp_m1() - log_ratio;
            clipped += f64::from(u8::from(log_ratio.exp_m1().abs() > clip));
        }
        self.approx_kl += divergence / new.len() as f64;
        self.clipfrac += clipped / new.len() as f64;
        self.updates += 1.0;
    }

    /// The means times the number of environment steps, which the log divides by.
    fn totals(self, agent: &Agent, explained: f64, frames: f64) -> Vec<(&'static str, Scalar)> {
        let mean = |sum: f64| Scalar::Host(frames * sum / self.updates);
        let mut totals = vec![
            ("policy_loss", mean(self.policy_loss)),
            ("value_loss", mean(self.value_loss)),
            ("entropy", mean(self.entropy)),
            ("approx_kl", mean(self.approx_kl)),
            ("clipfrac", mean(self.clipfrac)),
            ("explained_variance", Scalar::Host(frames * explained)),
        ];
        if let Some([episodic_return, length]) = agent.recent.means() {
            totals.insert(0, ("episodic_return", Scalar::Host(frames * episodic_return)));
            totals.insert(1, ("episodic_length", Scalar::Host(frames * length)));
        }
        totals
    }
}
