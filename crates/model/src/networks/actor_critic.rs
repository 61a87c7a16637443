//! An actor and a critic: two multilayer perceptrons that share no weights (Barto, Sutton and Anderson 1983; in the form
//! of Schulman et al. 2017). The actor maps an observation to the policy: logits of discrete actions, or the means of
//! continuous ones, whose standard deviations are parameters of their own. The critic estimates the return of the
//! observed state.
//!
//! Weights are orthogonal with a gain of sqrt 2, but of .01 in the actor's last layer, for a policy that begins
//! nearly uniform, and of 1 in the critic's (Engstrom et al. 2020, "Implementation matters in deep policy gradients").
//!
//! With `hidden = [64, 64]`, observations of 4 values and 2 discrete actions, 9,155 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | actor.0: linear, activation | batch, 64 | 320 |
//! | actor.1: linear, activation | batch, 64 | 4,160 |
//! | actor.2: linear | batch, 2 | 130 |
//! | critic.0: linear, activation | batch, 64 | 320 |
//! | critic.1: linear, activation | batch, 64 | 4,160 |
//! | critic.2: linear | batch, 1 | 65 |
//!
//! With `memory`, both read the state of gated recurrent units (Cho et al. 2014) in place of the observation: what the agent
//! has seen in the episode so far. With `memory = 8` and `hidden = [16]`, 811 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | memory.encoder: linear, activation | batch, 8 | 40 |
//! | memory.gru | batch, 8, time | 432 |
//! | actor.0: linear, activation | batch, 16 | 144 |
//! | actor.1: linear | batch, 2 | 34 |
//! | critic.0: linear, activation | batch, 16 | 144 |
//! | critic.1: linear | batch, 1 | 17 |

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use hearth_config::{Activation, ActorCriticConfig};
use hearth_kernels::{Direction, Lengths};

use crate::ForwardContext;
use crate::init::{Distribution, ParamInit};
use crate::layers::{Gru, apply_linear, linear};

/// An actor and a critic; see the [module](self).
#[derive(Module, Debug)]
pub struct ActorCritic {
    memory: Option<Memory>,
    actor: Vec<Linear>,
    critic: Vec<Linear>,
    /// The logarithm of each continuous action's standard deviation; none for discrete actions.
    log_deviation: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
}

/// Recurrent units on encoded observations.
#[derive(Module, Debug)]
struct Memory {
    encoder: Linear,
    gru: Gru,
}

impl ActorCritic {
    /// The networks that `config` describes, for observations of this many values, and for this many discrete actions
    /// or values of a continuous one. The initial weights follow from `seed`, and are the same on every device.
    pub fn new(
        config: &ActorCriticConfig,
        observation: usize,
        (actions, is_continuous): (usize, bool),
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut init = ParamInit::new(Distribution::LeCun, seed, device);
        let memory = config.memory.map(|units| Memory {
            encoder: linear(observation, units, &mut init),
            gru: Gru::new(units, units, &mut init),
        });
        let inputs = config.memory.unwrap_or(observation);
        let mut perceptron = |outputs: usize, gain: f64| -> Vec<Linear> {
            let widths = [&[inputs], &config.hidden[..], &[outputs]].concat();
            let last = config.hidden.len();
            let layer = |(index, pair): (usize, &[usize])| {
                let gain = if index == last { gain } else { std::f64::consts::SQRT_2 };
                let weight = init.orthogonal([pair[0], pair[1]], gain);
                Linear { weight, bias: Some(init.zeros(pair[1])) }
            };
            widths.windows(2).enumerate().map(layer).collect()
        };
        let (actor, critic) = (perceptron(actions, 0.01), perceptron(1, 1.0));
        let log_deviation = is_continuous.then(|| init.zeros(actions));
        let activation = config.activation;
        init.finish(Self { memory, actor, critic, log_deviation, activation })
    }

    /// The units of the memory; 0 without one.
    pub fn memory_units(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.gru.units())
    }

    /// The states of the memory `[batch, time, units]` while it reads observations `[batch, time, observation]` of these
    /// lengths, from an initial state `[batch, units]`.
    ///
    /// # Panics
    ///
    /// Without a memory.
    pub fn remember(
        &self,
        observations: Tensor<3>,
        initial: Tensor<2>,
        lengths: &Lengths,
        context: &mut ForwardContext,
    ) -> Tensor<3> {
        let Memory { encoder, gru } = self.memory.as_ref().expect("a network with a memory");
        let [batch, time, observation] = observations.dims();
        let rows = observations.reshape([batch * time, observation]);
        let encoded = apply_linear(encoder, rows, self.activation);
        context.trace.keep_flat(|| "memory.encoder".into(), &encoded);
        let [_, units] = encoded.dims();
        let encoded = encoded.reshape([batch, time, units]);
        let states = gru.forward(encoded, initial, lengths, Direction::Forward);
        context.trace.keep_sequence(|| "memory.gru".into(), &states);
        states
    }

    /// The policy for observations, or states of the memory, `[batch, inputs]`: logits or means, `[batch, actions]`.
    pub fn policy(&self, inputs: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        self.run(&self.actor, "actor", inputs, context)
    }

    /// The estimated returns of observations, or states of the memory, `[batch, inputs]`: `[batch, 1]`.
    pub fn values(&self, inputs: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        self.run(&self.critic, "critic", inputs, context)
    }

    /// The logarithms of the standard deviations of continuous actions, `[actions]`; none for discrete ones.
    pub fn log_deviation(&self) -> Option<Tensor<1>> {
        self.log_deviation.as_ref().map(Param::val)
    }

    fn run(
        &self,
        layers: &[Linear],
        name: &str,
        mut x: Tensor<2>,
        context: &mut ForwardContext,
    ) -> Tensor<2> {
        for (index, layer) in layers.iter().enumerate() {
            let is_last = index + 1 == layers.len();
            x = apply_linear(layer, x, if is_last { Activation::None } else { self.activation });
            context.trace.keep_flat(|| format!("{name}.{index}"), &x);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Trace, params};

    #[test]
    fn the_table_above_holds() {
        let device = Device::flex();
        let network = ActorCritic::new(&ActorCriticConfig::default(), 4, (2, false), 1, &device);
        let mut context = ForwardContext::traced();
        let observations = Tensor::<2>::zeros([3, 4], &device);
        network.policy(observations.clone(), &mut context);
        network.values(observations, &mut context);
        let Trace::On(kept) = context.trace else { panic!("a trace") };
        let found: Vec<_> = kept.iter().map(|(name, x)| (name.as_str(), x.dims())).collect();
        let expected = [
            ("actor.0", [3, 64, 1, 1]),
            ("actor.1", [3, 64, 1, 1]),
            ("actor.2", [3, 2, 1, 1]),
            ("critic.0", [3, 64, 1, 1]),
            ("critic.1", [3, 64, 1, 1]),
            ("critic.2", [3, 1, 1, 1]),
        ];
        assert_eq!(found, expected);
        let sizes =
            params::shapes(&network).into_iter().map(|(_, shape)| shape.iter().product::<usize>());
        assert_eq!(sizes.sum::<usize>(), 9155);
    }

    #[test]
    fn the_table_of_a_network_with_a_memory_holds() {
        let device = Device::flex();
        let settings =
            ActorCriticConfig { hidden: vec![16], memory: Some(8), ..ActorCriticConfig::default() };
        let network = ActorCritic::new(&settings, 4, (2, false), 1, &device);
        assert_eq!(network.memory_units(), 8);
        let mut context = ForwardContext::traced();
        let (observations, initial) =
            (Tensor::<3>::ones([3, 5, 4], &device), Tensor::<2>::zeros([3, 8], &device));
        let lengths = Lengths::full(3, 5);
        let states = network.remember(observations, initial, &lengths, &mut context);
        let last = states.narrow(1, 4, 1).reshape([3, 8]);
        network.policy(last.clone(), &mut context);
        network.values(last, &mut context);
        let Trace::On(kept) = context.trace else { panic!("a trace") };
        let found: Vec<_> = kept.iter().map(|(name, x)| (name.as_str(), x.dims())).collect();
        let expected = [
            ("memory.encoder", [15, 8, 1, 1]),
            ("memory.gru", [3, 8, 5, 1]),
            ("actor.0", [3, 16, 1, 1]),
            ("actor.1", [3, 2, 1, 1]),
            ("critic.0", [3, 16, 1, 1]),
            ("critic.1", [3, 1, 1, 1]),
        ];
        assert_eq!(found, expected);
        let sizes =
            params::shapes(&network).into_iter().map(|(_, shape)| shape.iter().product::<usize>());
        assert_eq!(sizes.sum::<usize>(), 40 + 432 + 144 + 34 + 144 + 17);
    }

    #[test]
    fn continuous_actions_begin_with_a_deviation_of_one() {
        let device = Device::flex();
        let network = ActorCritic::new(&ActorCriticConfig::default(), 3, (1, true), 1, &device);
        let logarithms = network.log_deviation().expect("continuous").into_data();
        assert_eq!(logarithms.try_into_vec::<f32>().expect("f32"), [0.0]);
    }
}
