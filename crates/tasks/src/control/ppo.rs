//! Proximal policy optimisation (Schulman et al. 2017), from rollout to loss in reading order.
//!
//! 1. [`Ppo::rollout`]: the policy acts for T steps in N environments.
//! 2. [`advantages`]: generalised advantage estimation (Schulman et al. 2016) tells how much better each action was than
//!    the critic expected.
//! 3. [`Ppo::step`]: several passes over these T N transitions in shuffled batches, each an update by the gradients of
//!    the clipped loss, [`Ppo::update`].

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Config, PpoConfig};
use hearth_model::{ActorCritic, ForwardContext};
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::task::step::StepContext;

use super::policy::{Actor, Chosen, Evaluated, evaluate};
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

/// What T steps of N environments gave; place `t N + i` is step t of environment i.
struct Rollout {
    /// `[T N, observation]`.
    observations: Vec<f32>,
    /// The actions that were allowed, `[T N, actions]`.
    masks: Vec<bool>,
    chosen: Chosen,
    /// Of the chosen actions, by the policy that chose them.
    log_probabilities: Vec<f32>,
    /// The critic's estimates before the updates.
    values: Vec<f32>,
    /// Generalised advantage estimates.
    advantages: Vec<f32>,
    /// The targets of the critic, `advantages + values`.
    returns: Vec<f32>,
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
            let mut places: Vec<usize> = (0..self.frames).collect();
            context.random(Purpose::Order, epoch).shuffle(&mut places);
            for batch in places.chunks(self.settings.batch_size) {
                self.update(agent, &rollout, batch, context, &mut means);
            }
        }
        let explained = explained_variance(&rollout.values, &rollout.returns);
        Ok(means.totals(agent, explained, self.frames as f64))
    }

    /// Acts for T steps in each environment.
    fn rollout(&self, agent: &mut Agent, random: &mut Stream) -> Result<Rollout, TrainError> {
        let Agent { train_state, worlds, recent } = agent;
        let network = train_state.network.valid();
        let spaces = worlds.spaces().clone();
        let actor = Actor::new(&network, &spaces, &self.device);
        let mut current = observed(&**worlds)?;
        let mut rollout = Rollout {
            observations: Vec::new(),
            masks: Vec::new(),
            chosen: Chosen::none(&spaces.action),
            log_probabilities: Vec::new(),
            values: Vec::new(),
            advantages: Vec::new(),
            returns: Vec::new(),
        };
        let (mut rewards, mut next_values, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        let mut bounded = Vec::new();
        let mut values = actor.values(actor.observations(&current.observations));
        for _ in 0..self.settings.rollout_steps {
            let observations = actor.observations(&current.observations);
            let (mut chosen, log_probabilities) =
                actor.sample(observations, &current.masks, random);
            rollout.observations.extend_from_slice(&current.observations);
            rollout.masks.extend_from_slice(&current.masks);
            rollout.log_probabilities.extend(log_probabilities);
            worlds
                .step(chosen.within(&spaces.action, &mut bounded), &mut current)
                .map_err(worlds::fault)?;
            rollout.chosen.append(&mut chosen);
            recent.extend(&current.episodes);

            // The value of the state that a step led to: 0 if it is terminal, and the last state's of an episode that
            // was cut off.
            let following = actor.values(actor.observations(&current.observations));
            let mut of_next = following.clone();
            if current.truncated.contains(&true) {
                let last = actor.values(actor.observations(&current.final_observations));
                for (index, value) in of_next.iter_mut().enumerate() {
                    if current.truncated[index] {
                        *value = last[index];
                    }
                }
            }
            for (index, value) in of_next.iter_mut().enumerate() {
                if current.terminated[index] {
                    *value = 0.0;
                }
                ended.push(current.ended(index));
            }
            rewards.extend_from_slice(&current.rewards);
            rollout.values.append(&mut values);
            next_values.append(&mut of_next);
            values = following;
        }
        let count = worlds.count();
        let outcome = Outcomes {
            rewards: &rewards,
            values: &rollout.values,
            next_values: &next_values,
            ended: &ended,
        };
        rollout.advantages =
            advantages(outcome, count, self.settings.discount, self.settings.gae_lambda);
        let sums = rollout.advantages.iter().zip(&rollout.values).map(|(a, v)| a + v);
        rollout.returns = sums.collect();
        Ok(rollout)
    }

    /// An update by the gradients of the loss at some places of a rollout (Schulman et al. 2017, equations 7 and 9):
    /// `-mean(min(r A, clip(r, 1 - e, 1 + e) A)) + c1 mean((V - R)^2) - c2 H`, with the ratio r of new to old
    /// probabilities.
    fn update(
        &self,
        agent: &mut Agent,
        rollout: &Rollout,
        places: &[usize],
        context: &mut StepContext<'_>,
        means: &mut Means,
    ) {
        let settings = &self.settings;
        let clip = if settings.clip_follows_schedule {
            settings.clip * context.learning_rate / self.peak
        } else {
            settings.clip
        };
        let network = agent.train_state.network.clone();
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
        let (policy, values) = self.forward(&network, rollout, places, &device, context);
        let taken = (&rollout.chosen, &rollout.masks[..]);
        let Evaluated { log_probabilities, entropy } = evaluate(&network, policy, taken, places);

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
        let gradients = context.backward(loss, &network);
        let update = context.propose(&network, None, gradients, Vec::new());
        agent.train_state.update(update, context.learning_rate);
    }

    /// The policy `[batch, actions]` and the estimated returns `[batch]` at some places of a rollout.
    fn forward(
        &self,
        network: &ActorCritic,
        rollout: &Rollout,
        places: &[usize],
        device: &Device,
        context: &StepContext<'_>,
    ) -> (Tensor<2>, Tensor<1>) {
        let size = rollout.observations.len() / self.frames;
        let rows = places.iter().flat_map(|place| &rollout.observations[place * size..][..size]);
        let data = TensorData::new(rows.copied().collect::<Vec<f32>>(), [places.len(), size]);
        let observations = context.input(Tensor::<2>::from_data(data, device));
        let network = context.weights(network);
        let mut pass = ForwardContext::default();
        let policy = context.output(network.policy(observations.clone(), &mut pass));
        let values = context.output(network.values(observations, &mut pass));
        (policy, values.reshape([places.len()]))
    }
}

/// The outcomes of T steps of N environments, each `[T N]`.
#[derive(Clone, Copy)]
pub struct Outcomes<'a> {
    /// The rewards.
    pub rewards: &'a [f32],
    /// The estimated return of the state that an action was chosen in.
    pub values: &'a [f32],
    /// That of the state that it led to, 0 if that is terminal.
    pub next_values: &'a [f32],
    /// True if the episode ended with the step.
    pub ended: &'a [bool],
}

/// Generalised advantage estimates `[T N]` (Schulman et al. 2016, equation 16): `A_t = d_t + gamma lambda A_(t+1)` with
/// the temporal difference `d_t = r_t + gamma V(s_(t+1)) - V(s_t)`; an episode's last step has no `A_(t+1)`.
pub fn advantages(outcomes: Outcomes<'_>, count: usize, discount: f64, lambda: f64) -> Vec<f32> {
    let Outcomes { rewards, values, next_values, ended } = outcomes;
    let mut advantages = vec![0.0; rewards.len()];
    let mut following = vec![0.0_f64; count];
    for place in (0..rewards.len()).rev() {
        let number = |values: &[f32]| f64::from(values[place]);
        let difference = number(rewards) + discount * number(next_values) - number(values);
        let rest = if ended[place] { 0.0 } else { discount * lambda * following[place % count] };
        following[place % count] = difference + rest;
        advantages[place] = following[place % count] as f32;
    }
    advantages
}

/// Shifts and scales to mean 0 and standard deviation 1.
fn standardise(values: &mut [f32]) {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let square = |value: &f32| (f64::from(*value) - mean).powi(2);
    let deviation = (values.iter().map(square).sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
    for value in values {
        *value = ((f64::from(*value) - mean) / (deviation + 1e-8)) as f32;
    }
}

/// The share of the variance of returns that the critic explains: `1 - var(R - V) / var(R)`; 0 where returns are equal.
fn explained_variance(values: &[f32], returns: &[f32]) -> f64 {
    let variance = |numbers: &mut dyn Iterator<Item = f64>| {
        let numbers: Vec<f64> = numbers.collect();
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / numbers.len() as f64
    };
    let of_returns = variance(&mut returns.iter().map(|number| f64::from(*number)));
    let residuals = returns.iter().zip(values).map(|(r, v)| f64::from(*r) - f64::from(*v));
    let of_residuals = variance(&mut residuals.into_iter());
    if of_returns > 0.0 { 1.0 - of_residuals / of_returns } else { 0.0 }
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
