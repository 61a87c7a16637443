//! Initial values of parameters, drawn on the host from the run's seed: the same on every backend.
//!
//! A layer makes each of its parameters through [`ParamInit`] and states its kind: weights with their fans, a
//! shift of zeros, a scale of ones, or a running statistic. Nothing is inferred from a name or a rank.

use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::Initializer;
use hearth_config::seed::{Purpose, Stream};

use crate::params::{VisitParam, visit_params};

/// The distribution of a layer's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Normal with variance `2 / fan_in` (He et al. 2015, equation 10).
    He,
    /// Normal with variance `1 / fan_in` (LeCun, Bottou, Orr and Müller 1998, equation 16).
    LeCun,
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` of zero (Glorot and Bengio 2010, equation 16).
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

/// Fan-in and fan-out of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// The number of inputs that each output sums.
    pub inputs: usize,
    /// The number of outputs that each input contributes to.
    pub outputs: usize,
}

/// Makes the parameters of a network, in the order of its fields.
///
/// Each parameter has a random stream of its own, which depends only on its index: another size of one
/// layer leaves the weights of the other layers as they are.
#[derive(Debug)]
pub struct ParamInit<'a> {
    distribution: Distribution,
    seed: u64,
    device: &'a Device,
    /// The parameters made so far.
    made: Vec<ParamId>,
}

impl<'a> ParamInit<'a> {
    /// An initialiser that draws weights from `distribution` by `seed` and puts them on `device`.
    pub fn new(distribution: Distribution, seed: u64, device: &'a Device) -> Self {
        Self { distribution, seed, device, made: Vec::new() }
    }

    /// Weights of this shape for a layer with this fan.
    pub fn weight<const D: usize>(&mut self, shape: [usize; D], fan: Fan) -> Param<Tensor<D>> {
        self.drawn(self.distribution, shape, fan)
    }

    /// A table, `[entries, width]`, from a normal distribution with this standard deviation, whatever that of the weights.
    pub fn table(&mut self, [entries, width]: [usize; 2], deviation: f64) -> Param<Tensor<2>> {
        // Each output is one number of the table.
        let fan = Fan { inputs: 1, outputs: width };
        self.drawn(Distribution::Normal(deviation), [entries, width], fan)
    }

    /// A matrix `[inputs, outputs]` with orthogonal rows or columns, whichever are fewer, of this length: `gain` times a
    /// uniformly random one (Saxe et al. 2014).
    pub fn orthogonal(&mut self, [inputs, outputs]: [usize; 2], gain: f64) -> Param<Tensor<2>> {
        let mut stream = Stream::new(self.seed, Purpose::Weights, self.made.len() as u64, 0);
        let (few, many) = (inputs.min(outputs), inputs.max(outputs));
        let vectors = orthonormal(few, many, &mut stream);
        let entry = |index: usize| {
            let (input, output) = (index / outputs, index % outputs);
            let (few, many) = if inputs < outputs { (input, output) } else { (output, input) };
            (gain * vectors[few][many]) as f32
        };
        let values: Vec<f32> = (0..inputs * outputs).map(entry).collect();
        self.trained(Tensor::from_data(TensorData::new(values, [inputs, outputs]), self.device))
    }

    fn drawn<const D: usize>(
        &mut self,
        distribution: Distribution,
        shape: [usize; D],
        fan: Fan,
    ) -> Param<Tensor<D>> {
        let mut stream = Stream::new(self.seed, Purpose::Weights, self.made.len() as u64, 0);
        let values = draw(distribution, fan, shape.iter().product(), &mut stream);
        self.trained(Tensor::from_data(TensorData::new(values, shape), self.device))
    }

    /// A shift, `[size]`, that starts at zero.
    pub fn zeros(&mut self, size: usize) -> Param<Tensor<1>> {
        self.trained(Tensor::zeros([size], self.device))
    }

    /// A scale, `[size]`, that starts at one.
    pub fn ones(&mut self, size: usize) -> Param<Tensor<1>> {
        self.trained(Tensor::ones([size], self.device))
    }

    /// A running statistic, `[size]`, which no optimiser trains.
    pub fn statistic(&mut self, size: usize, value: f64) -> Param<Tensor<1>> {
        let values = Tensor::full([size], value, self.device);
        // `from_tensor` would require a gradient, and the optimiser would train it.
        self.note(Param::initialized(ParamId::new(), values))
    }

    fn trained<const D: usize>(&mut self, values: Tensor<D>) -> Param<Tensor<D>> {
        self.note(Param::from_tensor(values))
    }

    fn note<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.made.push(param.id);
        param
    }

    /// Returns `network` after a check that its parameters are those that were made here, in the order of
    /// its fields: otherwise an initial value would be arbitrary, or depend on the order of the code.
    ///
    /// # Panics
    ///
    /// If a parameter of the network was not made here or is out of order, or one that was made here is
    /// not in the network.
    pub fn finish<M: Module>(self, network: M) -> M {
        struct Check<'a>(std::slice::Iter<'a, ParamId>);
        impl VisitParam for Check<'_> {
            fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
                assert!(
                    self.0.next() == Some(&param.id),
                    "`{path}` was not initialised by its layer, or not in the order of the fields"
                );
            }
        }
        let mut check = Check(self.made.iter());
        visit_params(&network, &mut check);
        assert!(check.0.next().is_none(), "a parameter was made that the network does not have");
        network
    }
}

/// Draws `count` weights of a layer with this fan.
fn draw(distribution: Distribution, fan: Fan, count: usize, stream: &mut Stream) -> Vec<f32> {
    let normal = |std: f64, stream: &mut Stream| (stream.normal() * std) as f32;
    let (inputs, outputs) = (fan.inputs as f64, fan.outputs as f64);
    (0..count)
        .map(|_| match distribution {
            Distribution::He => normal((2.0 / inputs).sqrt(), stream),
            Distribution::LeCun => normal((1.0 / inputs).sqrt(), stream),
            Distribution::Xavier => {
                let bound = (6.0 / (inputs + outputs)).sqrt();
                ((2.0 * stream.uniform() - 1.0) * bound) as f32
            }
            Distribution::Normal(deviation) => normal(deviation, stream),
        })
        .collect()
}

/// `count` orthonormal vectors of this size, by Gram and Schmidt's process on normal ones; each is made orthogonal twice,
/// against rounding.
fn orthonormal(count: usize, size: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let dot = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(a, b)| a * b).sum::<f64>();
    let mut made: Vec<Vec<f64>> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut vector: Vec<f64> = (0..size).map(|_| stream.normal()).collect();
        for other in made.iter().chain(&made) {
            let along = dot(&vector, other);
            vector.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
        }
        let length = dot(&vector, &vector).sqrt();
        for value in &mut vector {
            *value /= length;
        }
        made.push(vector);
    }
    made
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};

    use super::*;
    use crate::layers::linear;

    #[derive(Module, Debug)]
    struct Two {
        first: Linear,
        second: Linear,
    }

    fn device() -> Device {
        Device::flex()
    }

    #[test]
    fn orthogonal_weights_keep_lengths_up_to_their_gain() {
        let device = device();
        for [inputs, outputs] in [[4, 64], [64, 64], [64, 2]] {
            let mut init = ParamInit::new(Distribution::He, 1, &device);
            let weight = init.orthogonal([inputs, outputs], 2.0).val();
            let gram = if inputs < outputs {
                weight.clone().matmul(weight.transpose())
            } else {
                weight.clone().transpose().matmul(weight)
            };
            let [size, _] = gram.dims();
            let gram = gram.into_data().try_into_vec::<f32>().expect("f32");
            for (index, found) in gram.iter().enumerate() {
                let expected = if index % (size + 1) == 0 { 4.0 } else { 0.0 };
                assert!((found - expected).abs() < 1e-5, "{found} in place of {expected}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "`second.weight` was not initialised by its layer")]
    fn a_parameter_that_no_layer_initialised_is_an_error() {
        let device = device();
        let mut init = ParamInit::new(Distribution::He, 1, &device);
        let first = linear(2, 3, &mut init);
        let second = LinearConfig::new(3, 1).init(&device);
        init.finish(Two { first, second });
    }

    #[test]
    #[should_panic(expected = "`first.weight` was not initialised by its layer")]
    fn another_order_than_that_of_the_fields_is_an_error() {
        let device = device();
        let mut init = ParamInit::new(Distribution::He, 1, &device);
        let second = linear(3, 1, &mut init);
        let first = linear(2, 3, &mut init);
        init.finish(Two { first, second });
    }

    #[test]
    #[should_panic(expected = "a parameter was made that the network does not have")]
    fn a_parameter_that_is_lost_is_an_error() {
        let device = device();
        let mut init = ParamInit::new(Distribution::He, 1, &device);
        let [first, second, _] = [2, 3, 4].map(|inputs| linear(inputs, 1, &mut init));
        init.finish(Two { first, second });
    }
}
