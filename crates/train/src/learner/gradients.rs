//! Norm and finiteness of all gradients together.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use hearth_kernels::sum_of_squares;
use hearth_model::params::{VisitParam, visit_params};

use crate::backend::scalar::{Readback, Scalar};

/// The size of all gradients of a module together.
#[derive(Clone, Debug)]
pub struct Norm {
    /// The square of their L2 norm; not finite when any gradient is not.
    pub square: Scalar,
    /// The path of the first parameter whose gradient is not finite, where that was read.
    pub non_finite: Option<String>,
}

/// Measures the gradients of `module`.
pub fn norm<M: Module>(module: &M, gradients: &GradientsParams, reading: Readback) -> Norm {
    struct Measure<'a> {
        gradients: &'a GradientsParams,
        reading: Readback,
        norm: Norm,
    }
    impl VisitParam for Measure<'_> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
            let square = match self.reading {
                Readback::Immediate => Scalar::Host(sum_of_squares(gradient)),
                Readback::Deferred => Scalar::Device(gradient.square().sum()),
            };
            let norm = &mut self.norm;
            if square.on_host().is_some_and(|square| !square.is_finite())
                && norm.non_finite.is_none()
            {
                norm.non_finite = Some(path.to_owned());
            }
            norm.square = norm.square.clone() + square;
        }
    }
    let norm = Norm { square: Scalar::Host(0.0), non_finite: None };
    let mut measure = Measure { gradients, reading, norm };
    visit_params(module, &mut measure);
    measure.norm
}

/// The numbers of each gradient of `module`, by the path of its parameter.
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

/// What gradients of this squared norm are multiplied by so that their norm is at most `largest`
/// (Pascanu et al. 2013, algorithm 1).
pub fn clip_scale(square: &Scalar, largest: Option<f64>) -> Scalar {
    let Some(largest) = largest else { return Scalar::Host(1.0) };
    match square {
        Scalar::Host(square) => Scalar::Host((largest / square.sqrt()).min(1.0)),
        Scalar::Device(square) => {
            Scalar::Device((square.clone().sqrt().recip() * largest).clamp_max(1.0))
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

    /// Gradients of one weight and one bias for each of two classes.
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
        for reading in [Readback::Immediate, Readback::Deferred] {
            let found = norm(&network, &gradients, reading);
            assert_eq!(found.non_finite, None);
            let scaled = |largest| read(vec![clip_scale(&found.square, largest)])[0];
            assert!((read(vec![found.square.clone()])[0] - 50.0).abs() < 1e-5);
            assert!((scaled(Some(5.0)) * 50.0_f64.sqrt() - 5.0).abs() < 1e-6);
            assert_eq!((scaled(Some(8.0)), scaled(None)), (1.0, 1.0), "small enough");
        }
    }

    #[test]
    fn what_is_not_finite_is_named() {
        for value in [f32::NAN, f32::INFINITY] {
            let (network, gradients) = gradients([1.0, value]);
            let now = norm(&network, &gradients, Readback::Immediate);
            assert_eq!(now.non_finite.as_deref(), Some("layers.0.weight"));
            let later = norm(&network, &gradients, Readback::Deferred);
            assert!(!read(vec![later.square])[0].is_finite());
        }
    }
}
