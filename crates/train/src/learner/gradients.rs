//! The global norm of gradients, its clipping, and the check that they are finite.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use hearth_kernels::sum_of_squares;
use hearth_model::params::{VisitParam, visit_params};

use crate::backend::scalar::{Readback, Scalar};

/// The norm of all gradients of a module together.
#[derive(Clone, Debug)]
pub struct Norm {
    /// The square of their L2 norm; not finite if any gradient is not.
    pub grad_norm_sq: Scalar,
    /// The path of the first parameter with a non-finite gradient; none with deferred readback.
    pub non_finite: Option<String>,
}

/// The global norm of the gradients of `module`.
pub fn norm<M: Module>(module: &M, gradients: &GradientsParams, readback: Readback) -> Norm {
    struct Measure<'a> {
        gradients: &'a GradientsParams,
        readback: Readback,
        norm: Norm,
    }
    impl VisitParam for Measure<'_> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
            let grad_norm_sq = match self.readback {
                Readback::Immediate => Scalar::Host(sum_of_squares(gradient)),
                Readback::Deferred => Scalar::Device(gradient.square().sum()),
            };
            let norm = &mut self.norm;
            if grad_norm_sq.on_host().is_some_and(|value| !value.is_finite())
                && norm.non_finite.is_none()
            {
                norm.non_finite = Some(path.to_owned());
            }
            norm.grad_norm_sq = norm.grad_norm_sq.clone() + grad_norm_sq;
        }
    }
    let norm = Norm { grad_norm_sq: Scalar::Host(0.0), non_finite: None };
    let mut measure = Measure { gradients, readback, norm };
    visit_params(module, &mut measure);
    measure.norm
}

/// The elements of each gradient of `module` in f32, flat, by the path of its parameter.
pub fn values<M: Module>(module: &M, gradients: &GradientsParams) -> Vec<(String, Vec<f32>)> {
    struct Read<'a> {
        gradients: &'a GradientsParams,
        found: Vec<(String, Vec<f32>)>,
    }
    impl VisitParam for Read<'_> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
            let values = gradient.into_data().convert::<f32>().try_into_vec();
            self.found.push((path.to_owned(), values.expect("they were made f32")));
        }
    }
    let mut read = Read { gradients, found: Vec::new() };
    visit_params(module, &mut read);
    read.found
}

/// The factor of gradients that clips their global norm to `max_norm` (Pascanu et al. 2013, algorithm 1); 1 without a
/// limit. `grad_norm_sq` is the square of the norm before clipping.
pub fn clip_scale(grad_norm_sq: &Scalar, max_norm: Option<f64>) -> Scalar {
    let Some(max_norm) = max_norm else { return Scalar::Host(1.0) };
    match grad_norm_sq {
        Scalar::Host(value) => Scalar::Host((max_norm / value.sqrt()).min(1.0)),
        Scalar::Device(value) => {
            Scalar::Device((value.clone().sqrt().recip() * max_norm).clamp_max(1.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use hearth_config::{Activation, ClassifierConfig, DropoutRates, Initializer, MlpConfig};
    use hearth_model::Classifier;

    use super::*;
    use crate::backend::Backend;
    use crate::backend::scalar::read;

    /// A network of two classes with one weight and one bias each, and these gradients of its weights and biases.
    fn gradients(values: [f32; 2]) -> (Classifier, GradientsParams) {
        let device: Device = Backend::default().device().expect("a CPU").autodiff();
        let config = ClassifierConfig::Mlp(MlpConfig {
            hidden: Vec::new(),
            activation: Activation::None,
            dropout: DropoutRates::default(),
            initializer: Initializer::He,
            embedding: None,
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
        for readback in [Readback::Immediate, Readback::Deferred] {
            let found = norm(&network, &gradients, readback);
            assert_eq!(found.non_finite, None);
            let scaled = |max_norm| read(vec![clip_scale(&found.grad_norm_sq, max_norm)])[0];
            assert!((read(vec![found.grad_norm_sq.clone()])[0] - 50.0).abs() < 1e-5);
            assert!((scaled(Some(5.0)) * 50.0_f64.sqrt() - 5.0).abs() < 1e-6);
            assert_eq!((scaled(Some(8.0)), scaled(None)), (1.0, 1.0), "small enough");
        }
    }

    #[test]
    fn a_non_finite_gradient_is_named() {
        for value in [f32::NAN, f32::INFINITY] {
            let (network, gradients) = gradients([1.0, value]);
            let immediate = norm(&network, &gradients, Readback::Immediate);
            assert_eq!(immediate.non_finite.as_deref(), Some("layers.0.weight"));
            let deferred = norm(&network, &gradients, Readback::Deferred);
            assert!(!read(vec![deferred.grad_norm_sq])[0].is_finite());
        }
    }
}
