//! What is learned: one file per network, as Burn modules.
//!
//! Every network maps pictures `[batch, channels, height, width]` to logits `[batch, classes]`,
//! names its intermediates for whoever wants to look at them ([`Trace`]), and draws its initial
//! weights from the run's seed ([`init`]).
//!
//! | network | file |
//! | --- | --- |
//! | multilayer perceptron, softmax regression | [`mlp`] |

pub mod init;
pub mod mlp;
pub mod params;
mod trace;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;

pub use mlp::Mlp;
pub use trace::Trace;

/// The size of a picture: channels, height, width.
pub type PictureDims = [usize; 3];

/// Any of the networks that classify pictures.
#[derive(Module, Debug)]
pub enum Classifier {
    /// See [`mlp`].
    Mlp(Mlp),
}

impl Classifier {
    /// The network that `config` describes, for pictures of this size, with the initial weights
    /// that belong to `seed`: the same ones on every device.
    pub fn new(
        config: &ModelConfig,
        picture: PictureDims,
        num_classes: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        match config {
            ModelConfig::Mlp(mlp) => {
                let network = Self::Mlp(Mlp::new(mlp, picture, num_classes, device));
                init::draw_weights(network, mlp.initializer, seed)
            }
        }
    }

    /// Pictures `[batch, channels, height, width]` to logits `[batch, num_classes]`.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.forward_traced(pictures, &mut Trace::Off)
    }

    /// The same, keeping every intermediate that `trace` asks for.
    pub fn forward_traced(&self, pictures: Tensor<4>, trace: &mut Trace) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.forward(pictures, trace),
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::{Activation, Dropout, Initializer, MlpConfig};

    use super::*;

    fn mlp(hidden: &[usize]) -> ModelConfig {
        ModelConfig::Mlp(MlpConfig {
            hidden: hidden.to_vec(),
            activation: Activation::Relu,
            dropout: Dropout::default(),
            initializer: Initializer::He,
        })
    }

    /// A network, its picture size, what each layer hands on, and the number of its parameters.
    type Row = (ModelConfig, PictureDims, Vec<(&'static str, [usize; 4])>, usize);

    /// One row for each network: the table at the top of its file.
    fn rows() -> Vec<Row> {
        vec![
            (mlp(&[]), [1, 28, 28], vec![("layers.0", [3, 10, 1, 1])], 7_850),
            (
                mlp(&[256]),
                [1, 28, 28],
                vec![("layers.0", [3, 256, 1, 1]), ("layers.1", [3, 10, 1, 1])],
                203_530,
            ),
            (
                mlp(&[6, 5]),
                [3, 4, 2],
                vec![
                    ("layers.0", [3, 6, 1, 1]),
                    ("layers.1", [3, 5, 1, 1]),
                    ("layers.2", [3, 10, 1, 1]),
                ],
                150 + 35 + 60,
            ),
        ]
    }

    #[test]
    fn every_network_has_the_shapes_of_its_table() {
        let device = Device::flex();
        for (config, picture, stages, parameters) in rows() {
            let network = Classifier::new(&config, picture, 10, 1, &device);
            let [channels, height, width] = picture;
            let mut trace = Trace::on();
            let pictures = Tensor::zeros([3, channels, height, width], &device);
            let logits = network.forward_traced(pictures, &mut trace);
            assert_eq!(logits.dims(), [3, 10]);
            let Trace::On(kept) = trace else { panic!("it was on") };
            let found: Vec<_> =
                kept.iter().map(|(name, output)| (name.as_str(), output.dims())).collect();
            assert_eq!(found, stages);
            let sizes = params::shapes(&network);
            let total: usize = sizes.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
            assert_eq!(total, parameters, "{sizes:?}");
        }
    }

    #[test]
    fn parameters_have_plain_names_in_the_order_of_the_layers() {
        let network = Classifier::new(&mlp(&[4]), [1, 2, 2], 3, 1, &Device::flex());
        let names: Vec<_> = params::shapes(&network).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]);
    }

    fn first_weights(config: &ModelConfig, seed: u64) -> Vec<f32> {
        let Classifier::Mlp(network) =
            Classifier::new(config, [1, 28, 28], 10, seed, &Device::flex());
        network.first_weights()
    }

    #[test]
    fn weights_belong_to_the_seed_and_have_the_variance_that_the_paper_asks_for() {
        let config = mlp(&[256]);
        let weights = first_weights(&config, 7);
        assert_eq!(weights, first_weights(&config, 7));
        assert_ne!(weights, first_weights(&config, 8));
        let variance =
            weights.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / weights.len() as f64;
        // 200,704 draws: the estimate's standard deviation is 0.3 %.
        assert!((variance * 784.0 / 2.0 - 1.0).abs() < 0.02, "{variance}");
    }
}
