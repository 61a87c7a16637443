//! Distributions over actions: a categorical one over discrete actions, an independent normal one for each value of a
//! continuous one.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::Stream;
use hearth_environments::{ActionSpace, Actions, Spaces, Transitions};
use hearth_kernels::Lengths;
use hearth_model::{ActorCritic, ForwardContext};
use hearth_train::task::outputs;

/// Added to the logit of an action that is not allowed: its probability is 0 in f32.
const FORBIDDEN: f32 = -1e8;

/// Half the logarithm of two pi.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// The actions of all environments.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// `[environments]`.
    Discrete(Vec<usize>),
    /// `[environments, values]`, as drawn: outside of the bounds, too.
    Continuous(Vec<f32>),
}

/// A network in eval mode that acts.
pub struct Actor<'a> {
    network: &'a ActorCritic,
    spaces: &'a Spaces,
    device: &'a Device,
}

impl<'a> Actor<'a> {
    /// A network, without differentiation, in environments of these spaces.
    pub fn new(network: &'a ActorCritic, spaces: &'a Spaces, device: &'a Device) -> Self {
        Self { network, spaces, device }
    }

    /// The inputs `[batch, inputs]` of actor and critic: the observations, `[batch, observation]` row by row, or the
    /// states of a memory that has read them. `memory` holds its states before and after, `[batch, units]`.
    pub fn inputs(
        &self,
        observations: &[f32],
        memory: &mut Vec<f32>,
        context: &mut ForwardContext,
    ) -> Tensor<2> {
        let (size, units) = (self.spaces.observation, self.network.memory_units());
        let batch = observations.len() / size;
        let data = TensorData::new(observations.to_vec(), [batch, size]);
        let observations = Tensor::<2>::from_data(data, self.device);
        if units == 0 {
            return observations;
        }
        memory.resize(batch * units, 0.0);
        let initial = TensorData::new(std::mem::take(memory), [batch, units]);
        let initial = Tensor::<2>::from_data(initial, self.device);
        let observations = observations.reshape([batch, 1, size]);
        let lengths = Lengths::full(batch, 1);
        let states = self.network.remember(observations, initial, &lengths, context);
        let states: Tensor<2> = states.reshape([batch, units]);
        *memory = outputs::values(states.clone());
        states
    }

    /// The estimated returns of some inputs.
    pub fn values(&self, inputs: Tensor<2>) -> Vec<f32> {
        outputs::values(self.network.values(inputs, &mut ForwardContext::default()))
    }

    /// Draws an action for each input, of those that the mask allows: the actions, and their log-probabilities.
    pub fn sample(
        &self,
        inputs: Tensor<2>,
        masks: &[bool],
        random: &mut Stream,
    ) -> (Chosen, Vec<f32>) {
        let policy = self.policy(inputs);
        match &self.spaces.action {
            ActionSpace::Discrete(actions) => {
                let rows = policy.chunks_exact(*actions).zip(masks.chunks_exact(*actions));
                let drawn = rows.map(|(logits, mask)| {
                    let log_probabilities = masked_log_softmax(logits, mask);
                    let action = draw(&log_probabilities, random);
                    (action, log_probabilities[action] as f32)
                });
                let (actions, log_probabilities) = drawn.unzip();
                (Chosen::Discrete(actions), log_probabilities)
            }
            ActionSpace::Continuous { low, .. } => {
                let log_deviation = self.log_deviation();
                let mut actions = Vec::with_capacity(policy.len());
                let rows = policy.chunks_exact(low.len()).map(|means| {
                    let mut total = 0.0;
                    for (mean, log_deviation) in means.iter().zip(&log_deviation) {
                        let noise = random.normal();
                        let deviation = f64::from(*log_deviation).exp();
                        actions.push((f64::from(*mean) + deviation * noise) as f32);
                        total -= noise.powi(2) / 2.0 + f64::from(*log_deviation) + HALF_LN_TAU;
                    }
                    total as f32
                });
                let log_probabilities = rows.collect();
                (Chosen::Continuous(actions), log_probabilities)
            }
        }
    }

    /// The most probable action for each input, of those that the mask allows.
    pub fn most_probable(&self, inputs: Tensor<2>, masks: &[bool]) -> Chosen {
        let policy = self.policy(inputs);
        match &self.spaces.action {
            ActionSpace::Discrete(actions) => {
                let rows = policy.chunks_exact(*actions).zip(masks.chunks_exact(*actions));
                let best = rows.map(|(logits, mask)| {
                    let allowed = logits.iter().zip(mask);
                    let logits: Vec<f32> = allowed
                        .map(|(logit, allowed)| if *allowed { *logit } else { f32::NEG_INFINITY })
                        .collect();
                    outputs::argmax(&logits)
                });
                Chosen::Discrete(best.collect())
            }
            ActionSpace::Continuous { .. } => Chosen::Continuous(policy),
        }
    }

    fn policy(&self, inputs: Tensor<2>) -> Vec<f32> {
        outputs::values(self.network.policy(inputs, &mut ForwardContext::default()))
    }

    fn log_deviation(&self) -> Vec<f32> {
        let values = self.network.log_deviation().expect("continuous actions have deviations");
        values.into_data().try_into_vec().expect("parameters are f32")
    }
}

impl Chosen {
    /// The actions as environments take them, with continuous ones cut at their bounds; `buffer` holds those.
    pub fn within<'b>(&'b self, space: &ActionSpace, buffer: &'b mut Vec<f32>) -> Actions<'b> {
        match (self, space) {
            (Self::Discrete(actions), _) => Actions::Discrete(actions),
            (Self::Continuous(values), ActionSpace::Continuous { low, high }) => {
                let bounds = low.iter().zip(high).cycle();
                let cut =
                    values.iter().zip(bounds).map(|(value, (low, high))| value.clamp(*low, *high));
                buffer.clear();
                buffer.extend(cut);
                Actions::Continuous(buffer)
            }
            (Self::Continuous(_), ActionSpace::Discrete(_)) => {
                unreachable!("an actor acts in the space of its environments")
            }
        }
    }

    /// Adds the actions of one more step.
    pub fn append(&mut self, more: &mut Self) {
        match (self, more) {
            (Self::Discrete(all), Self::Discrete(more)) => all.append(more),
            (Self::Continuous(all), Self::Continuous(more)) => all.append(more),
            _ => unreachable!("the actions of one space"),
        }
    }

    /// No actions of a space.
    pub fn none(space: &ActionSpace) -> Self {
        match space {
            ActionSpace::Discrete(_) => Self::Discrete(Vec::new()),
            ActionSpace::Continuous { .. } => Self::Continuous(Vec::new()),
        }
    }
}

/// Forgets what was seen in the episodes that have ended: their rows of a memory's states, `[batch, units]`.
pub fn forget(memory: &mut [f32], transitions: &Transitions) {
    let count = transitions.rewards.len();
    let units = memory.len() / count.max(1);
    for index in (0..count).filter(|index| transitions.ended(*index)) {
        memory[index * units..][..units].fill(0.0);
    }
}

/// The log-probabilities `[batch]` of given actions, and the mean entropy `[1]` of a policy, differentiable.
pub struct Evaluated {
    /// `[batch]`.
    pub log_probabilities: Tensor<1>,
    /// In nats, `[1]`.
    pub entropy: Tensor<1>,
}

/// Evaluates the chosen actions at `places` of a rollout under a policy: logits, or means with the logarithms of their
/// standard deviations, `[batch, actions]` and `[actions]`.
pub fn evaluate(
    policy: Tensor<2>,
    log_deviation: Option<Tensor<1>>,
    (chosen, masks): (&Chosen, &[bool]),
    places: &[usize],
) -> Evaluated {
    let ([batch, size], device) = (policy.dims(), policy.device());
    match chosen {
        Chosen::Discrete(actions) => {
            let mut penalties = vec![0.0_f32; batch * size];
            let mut one_hot = vec![0.0_f32; batch * size];
            for (row, place) in places.iter().enumerate() {
                for action in (0..size).filter(|action| !masks[place * size + action]) {
                    penalties[row * size + action] = FORBIDDEN;
                }
                one_hot[row * size + actions[*place]] = 1.0;
            }
            let tensor =
                |values| Tensor::<2>::from_data(TensorData::new(values, [batch, size]), &device);
            let all = log_softmax(policy + tensor(penalties), 1);
            let entropy = -(all.clone().exp() * all.clone()).sum_dim(1).mean();
            let log_probabilities = (all * tensor(one_hot)).sum_dim(1).reshape([batch]);
            Evaluated { log_probabilities, entropy }
        }
        Chosen::Continuous(values) => {
            let taken = places.iter().flat_map(|place| &values[place * size..][..size]).copied();
            let taken = TensorData::new(taken.collect::<Vec<f32>>(), [batch, size]);
            let taken = Tensor::<2>::from_data(taken, &device);
            let log_deviation = log_deviation.expect("continuous actions have deviations");
            let log_deviation = log_deviation.reshape([1, size]);
            let scaled = (taken - policy) / log_deviation.clone().exp();
            let density = -(scaled.clone() * scaled).div_scalar(2.0) - log_deviation.clone();
            let log_probabilities = density.sub_scalar(HALF_LN_TAU).sum_dim(1).reshape([batch]);
            let entropy = log_deviation.add_scalar(HALF_LN_TAU + 0.5).sum();
            Evaluated { log_probabilities, entropy }
        }
    }
}

/// The log-softmax of the allowed logits; minus infinity for the others.
fn masked_log_softmax(logits: &[f32], mask: &[bool]) -> Vec<f64> {
    let allowed: Vec<f32> =
        logits.iter().zip(mask).filter(|(_, allowed)| **allowed).map(|(logit, _)| *logit).collect();
    let normaliser = outputs::log_sum_exp(&allowed);
    let log = |(logit, allowed): (&f32, &bool)| {
        if *allowed { f64::from(*logit) - normaliser } else { f64::NEG_INFINITY }
    };
    logits.iter().zip(mask).map(log).collect()
}

/// Draws an action by inversion of the cumulative probabilities.
fn draw(log_probabilities: &[f64], random: &mut Stream) -> usize {
    let mut rest = random.uniform();
    let mut last = 0;
    for (action, log_probability) in log_probabilities.iter().enumerate() {
        let probability = log_probability.exp();
        if probability > 0.0 {
            last = action;
        }
        rest -= probability;
        if rest < 0.0 {
            break;
        }
    }
    last
}
