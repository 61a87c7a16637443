//! Norm and finiteness of all gradients together.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use hearth_kernels::sum_of_squares;
use hearth_model::params::{VisitParam, visit_params};

/// The L2 norm of all gradients of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// The norm; not finite when any gradient is not.
    pub value: f64,
    /// The path of the first parameter whose gradient is not finite.
    pub non_finite: Option<String>,
}

/// Measures the gradients of `module`.
pub fn norm<M: Module>(module: &M, gradients: &GradientsParams) -> Norm {
    struct Measure<'a> {
        gradients: &'a GradientsParams,
        sum: f64,
        non_finite: Option<String>,
    }
    impl VisitParam for Measure<'_> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
            let sum = sum_of_squares(gradient);
            if !sum.is_finite() && self.non_finite.is_none() {
                self.non_finite = Some(path.to_owned());
            }
            self.sum += sum;
        }
    }
    let mut measure = Measure { gradients, sum: 0.0, non_finite: None };
    visit_params(module, &mut measure);
    Norm { value: measure.sum.sqrt(), non_finite: measure.non_finite }
}

/// What gradients are multiplied by so that their norm is at most `largest` (Pascanu et al. 2013,
/// algorithm 1).
pub fn clip_scale(norm: f64, largest: Option<f64>) -> f64 {
    largest.map_or(1.0, |largest| if norm > largest { largest / norm } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use hearth_config::{Activation, ClassifierConfig, Dropout, Initializer, MlpConfig};
    use hearth_model::Classifier;

    use super::*;
    use crate::backend::Backend;

    /// Gradients of one weight and one bias for each of two classes.
    fn gradients(values: [f32; 2]) -> (Classifier, GradientsParams) {
        let device: Device = Backend::default().device().autodiff();
        let config = ClassifierConfig::Mlp(MlpConfig {
            hidden: Vec::new(),
            activation: Activation::None,
            dropout: Dropout::default(),
            initializer: Initializer::He,
        });
        let network = Classifier::new(&config, [1, 1, 1], 2, 0, &device).expect("any size will do");
        let factors = Tensor::<2>::from_data([values], &device);
        let loss = (network.forward(Tensor::ones([1, 1, 1, 1], &device)) * factors).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        (network, gradients)
    }

    #[test]
    fn the_norm_is_over_all_parameters_together() {
        let (network, gradients) = gradients([3.0, 4.0]);
        let found = norm(&network, &gradients);
        assert!((found.value - 50.0_f64.sqrt()).abs() < 1e-6);
        assert_eq!(found.non_finite, None);
        assert!((clip_scale(found.value, Some(5.0)) * found.value - 5.0).abs() < 1e-12);
        assert_eq!((clip_scale(4.0, Some(5.0)), clip_scale(9.0, None)), (1.0, 1.0));
    }

    #[test]
    fn what_is_not_finite_is_named() {
        for value in [f32::NAN, f32::INFINITY] {
            let (network, gradients) = gradients([1.0, value]);
            assert_eq!(norm(&network, &gradients).non_finite.as_deref(), Some("layers.0.weight"));
        }
    }
}
