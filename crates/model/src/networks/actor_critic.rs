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

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use hearth_config::{Activation, ActorCriticConfig};

use crate::ForwardContext;
use crate::init::{Distribution, ParamInit};
use crate::layers::apply_linear;

/// An actor and a critic; see the [module](self).
#[derive(Module, Debug)]
pub struct ActorCritic {
    actor: Vec<Linear>,
    critic: Vec<Linear>,
    /// The logarithm of each continuous action's standard deviation; none for discrete actions.
    log_deviation: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
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
        let mut perceptron = |outputs: usize, gain: f64| -> Vec<Linear> {
            let widths = [&[observation], &config.hidden[..], &[outputs]].concat();
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
        init.finish(Self { actor, critic, log_deviation, activation })
    }

    /// The policy for observations `[batch, observation]`: logits or means, `[batch, actions]`.
    pub fn policy(&self, observations: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        self.run(&self.actor, "actor", observations, context)
    }

    /// The estimated returns of observations `[batch, observation]`, `[batch, 1]`.
    pub fn values(&self, observations: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        self.run(&self.critic, "critic", observations, context)
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
    fn continuous_actions_begin_with_a_deviation_of_one() {
        let device = Device::flex();
        let network = ActorCritic::new(&ActorCriticConfig::default(), 3, (1, true), 1, &device);
        let logarithms = network.log_deviation().expect("continuous").into_data();
        assert_eq!(logarithms.try_into_vec::<f32>().expect("f32"), [0.0]);
    }
}
