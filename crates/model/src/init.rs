//! Initial weights, drawn on the host from the run's seed: the same on every backend.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use hearth_config::Initializer;
use hearth_config::seed::{Purpose, Stream};

use crate::params::{MapParam, map_params, replace};

/// Draws every weight of `module`, in the order of its fields, and sets every bias to zero.
///
/// The stream of a parameter depends on its place alone, so a change to one layer's size leaves
/// the other layers' weights as they were.
pub fn draw_weights<M: Module>(module: M, distribution: Distribution, seed: u64) -> M {
    map_params(module, &mut Draw { distribution, seed, place: 0 })
}

/// The distribution of a layer's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Normal, its variance by the layer's inputs (He et al. 2015, equation 10).
    He,
    /// Uniform, its variance by the layer's inputs and outputs (Glorot and Bengio 2010,
    /// equation 16).
    Xavier,
    /// Normal with this standard deviation.
    Normal(f64),
}

impl From<Initializer> for Distribution {
    fn from(initializer: Initializer) -> Self {
        match initializer {
            Initializer::He => Self::He,
            Initializer::Xavier => Self::Xavier,
            Initializer::Normal => Self::Normal(0.01),
        }
    }
}

struct Draw {
    distribution: Distribution,
    seed: u64,
    place: u64,
}

impl MapParam for Draw {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let mut stream = Stream::new(self.seed, Purpose::Weights, self.place, 0);
        self.place += 1;
        let shape = param.lazy_shape().to_vec();
        let count = shape.iter().product();
        let values = match (path.rsplit('.').next(), &shape[..]) {
            (Some("weight"), [inputs, outputs]) => {
                draw(self.distribution, *inputs, *outputs, count, &mut stream)
            }
            (Some("weight"), [outputs, inputs, height, width]) => {
                let taps = height * width;
                draw(self.distribution, inputs * taps, outputs * taps, count, &mut stream)
            }
            (Some("bias"), _) => vec![0.0; count],
            // Everything else starts as its layer says: scales at one, averages at zero.
            _ => return param,
        };
        replace(param, TensorData::new(values, shape))
    }
}

/// `count` weights of a layer that sums `inputs` numbers into each of `outputs`.
fn draw(
    distribution: Distribution,
    inputs: usize,
    outputs: usize,
    count: usize,
    stream: &mut Stream,
) -> Vec<f32> {
    let normal = |std: f64, stream: &mut Stream| (stream.normal() * std) as f32;
    let (inputs, outputs) = (inputs as f64, outputs as f64);
    (0..count)
        .map(|_| match distribution {
            Distribution::He => normal((2.0 / inputs).sqrt(), stream),
            Distribution::Xavier => {
                let bound = (6.0 / (inputs + outputs)).sqrt();
                ((2.0 * stream.uniform() - 1.0) * bound) as f32
            }
            Distribution::Normal(deviation) => normal(deviation, stream),
        })
        .collect()
}
