//! Mixed precision (Micikevicius et al. 2018): forward and backward passes in 16 bits with f32 weights, which are
//! faster on a graphics card and halve the memory of activations.

use std::borrow::Cow;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor};
use hearth_config::Precision;
use hearth_kernels::is_host;
use hearth_model::params::{MapParam, VisitParam, is_statistic, map_params, visit_params};

use crate::error::TrainError;

/// The loss scale of f16, without which the smallest gradients underflow to zero (section 3.2). bf16 has the range of
/// f32 and needs none.
const F16_SCALE: f64 = 1024.0;

/// The precision of a training step.
#[derive(Clone, Copy, Debug)]
pub struct Arithmetic {
    /// The 16-bit type of the forward and backward pass; none for f32.
    half: Option<DType>,
    loss_scale: f64,
}

impl Arithmetic {
    /// Arithmetic in this precision on `device`. A precision that the device lacks is an error.
    pub fn new(precision: Precision, device: &Device) -> Result<Self, TrainError> {
        let (half, loss_scale) = match precision {
            Precision::F32 => return Ok(Self { half: None, loss_scale: 1.0 }),
            Precision::F16 => (DType::F16, F16_SCALE),
            Precision::Bf16 => (DType::BF16, 1.0),
        };
        let name = precision.name();
        if is_host(device) {
            return Err(TrainError::Settings(format!(
                "run.precision is {name}, and the CPU backends compute in f32; `--backend wgpu` computes \
                 on a graphics adapter"
            )));
        }
        if !device.supports_dtype(half) {
            return Err(TrainError::Settings(format!(
                "run.precision is {name}, which this graphics adapter does not compute in"
            )));
        }
        Ok(Self { half: Some(half), loss_scale })
    }

    /// The network in the precision of the forward pass: itself in f32, or a copy in 16 bits with the same parameter
    /// identifiers. Running statistics stay in f32.
    pub fn network<'a, M: Module>(&self, network: &'a M) -> Cow<'a, M> {
        struct Narrow(DType);
        impl MapParam for Narrow {
            fn map<const D: usize>(
                &mut self,
                path: &str,
                param: Param<Tensor<D>>,
            ) -> Param<Tensor<D>> {
                if is_statistic(path) {
                    return param;
                }
                param.map(|tensor| Tensor::from_inner(tensor.inner().cast(self.0)).require_grad())
            }
        }
        match self.half {
            None => Cow::Borrowed(network),
            Some(half) => Cow::Owned(map_params(network.clone(), &mut Narrow(half))),
        }
    }

    /// A network's input in the precision of the forward pass.
    pub fn input<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        match self.half {
            None => input,
            Some(half) => input.cast(half),
        }
    }

    /// A network's output in f32, for a loss.
    pub fn output<const D: usize>(&self, output: Tensor<D>) -> Tensor<D> {
        match self.half {
            None => output,
            Some(_) => output.cast(DType::F32),
        }
    }

    /// The gradients of a loss `[1]` in f32, without the loss scale.
    pub fn gradients<M: Module>(&self, loss: Tensor<1>, network: &M) -> GradientsParams {
        struct Widen {
            scaled: GradientsParams,
            scale: f64,
            wide: GradientsParams,
        }
        impl VisitParam for Widen {
            fn visit<const D: usize>(&mut self, _: &str, param: &Param<Tensor<D>>) {
                if let Some(gradient) = self.scaled.remove::<D>(param.id) {
                    self.wide.register(param.id, gradient.cast(DType::F32) / self.scale);
                }
            }
        }
        if self.half.is_none() {
            return GradientsParams::from_grads(loss.backward(), network);
        }
        let scale = self.loss_scale;
        let scaled = GradientsParams::from_grads((loss * scale).backward(), network);
        let mut widen = Widen { scaled, scale, wide: GradientsParams::new() };
        visit_params(network, &mut widen);
        widen.wide
    }
}
