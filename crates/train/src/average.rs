//! A moving average of a network's weights (Polyak and Juditsky 1992; of a generator's, Yazici et
//! al. 2019).

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_model::params::{MapParam, VisitParam, map_params, visit_params};

/// `average` after one more step to `module`, number `step` from 1: each parameter and running
/// statistic becomes `d average + (1 - d) module` with `d = min(decay, (1 + step) / (10 + step))`,
/// so that a young average is not held by the initial weights.
///
/// `average` is a copy without differentiation.
pub fn towards<M: Module>(average: M, module: &M, decay: f64, step: u64) -> M {
    let step = step as f64;
    let decay = decay.min((1.0 + step) / (10.0 + step));
    let mut numbers = Numbers(BTreeMap::new());
    visit_params(module, &mut numbers);
    map_params(average, &mut Towards { numbers: numbers.0, decay })
}

/// The numbers of each parameter by its path, flat.
struct Numbers(BTreeMap<String, Tensor<1>>);

impl VisitParam for Numbers {
    fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let tensor = if tensor.device().is_autodiff() { tensor.inner() } else { tensor };
        self.0.insert(path.to_owned(), tensor.flatten(0, D - 1));
    }
}

struct Towards {
    numbers: BTreeMap<String, Tensor<1>>,
    decay: f64,
}

impl MapParam for Towards {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(newer) = self.numbers.remove(path) else { return param };
        param.map(|average| {
            let newer = newer.reshape(average.shape());
            average.mul_scalar(self.decay) + newer.mul_scalar(1.0 - self.decay)
        })
    }
}
