//! An exponential moving average of a network's weights (Polyak and Juditsky 1992; for generators, Yazici et al. 2019).

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_kernels::{SgdStep, sgd_step};
use hearth_model::params::{MapParam, VisitParam, map_params, visit_params};

/// The weight average after step `step`, counted from 1, whose weights are those of `module`: each parameter and
/// running statistic becomes `d average + (1 - d) module` with `d = min(decay, (1 + step) / (10 + step))`, so that the
/// initial weights do not dominate the early average: the ramp of TensorFlow's `ExponentialMovingAverage` with
/// `num_updates`.
///
/// `average` is without differentiation.
pub fn towards<M: Module>(average: M, module: &M, decay: f64, step: u64) -> M {
    let step = step as f64;
    let decay = decay.min((1.0 + step) / (10.0 + step));
    let mut weights = Weights(BTreeMap::new());
    visit_params(module, &mut weights);
    map_params(average, &mut Towards { weights: weights.0, decay })
}

/// The elements of each parameter by its path, flat.
struct Weights(BTreeMap<String, Tensor<1>>);

impl VisitParam for Weights {
    fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let tensor = if tensor.device().is_autodiff() { tensor.inner() } else { tensor };
        self.0.insert(path.to_owned(), tensor.flatten(0, D - 1));
    }
}

/// Moves each parameter towards the weights of the same path.
struct Towards {
    weights: BTreeMap<String, Tensor<1>>,
    decay: f64,
}

impl MapParam for Towards {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(newer) = self.weights.remove(path) else { return param };
        // The average is a step of gradient descent on half the squared distance, which the kernel does in one pass.
        let step = SgdStep {
            learning_rate: 1.0 - self.decay,
            momentum: 0.0,
            nesterov: false,
            gradient_scale: -1.0,
            penalty: 1.0,
        };
        param.map(|average| {
            let shape = average.shape();
            let [average, _] = sgd_step(average.flatten(0, D - 1), newer, None, step);
            average.reshape(shape)
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use hearth_config::{GanConfig, MlpGanConfig};
    use hearth_model::Gan;

    use super::*;
    use crate::backend::Backend;
    use crate::learner::state::module_state;

    #[test]
    fn the_decay_is_smaller_in_the_first_steps() {
        let config = GanConfig::MlpGan(MlpGanConfig { latent: 2, hidden: vec![3] });
        let device = Backend::default().device().expect("a CPU");
        let pair =
            |seed, device: &Device| Gan::new(&config, [1, 2, 2], seed, device).expect("any size");
        let average = pair(1, &device).generator;
        let module = pair(2, &device.clone().autodiff()).generator;
        let weights = |module: &hearth_model::Generator| -> Vec<f32> {
            let mut state = module_state(module).expect("a state");
            state.take_values("layers.0.weight", &[2, 3]).expect("it is there")
        };
        // (1 + 1) / (10 + 1), and 0.9 from step 80 on: 81 / 90.
        for (step, kept) in [(1, 2.0 / 11.0), (80, 0.9), (1000, 0.9)] {
            let found = weights(&towards(average.clone(), &module, 0.9, step));
            for ((found, old), new) in found.iter().zip(weights(&average)).zip(weights(&module)) {
                let wanted = kept * f64::from(old) + (1.0 - kept) * f64::from(new);
                assert!((f64::from(*found) - wanted).abs() < 1e-6, "{found} is not {wanted}");
            }
        }
        assert_eq!(weights(&average), weights(&pair(1, &device).generator), "a copy");
    }
}
