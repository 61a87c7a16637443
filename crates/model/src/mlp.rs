//! The multilayer perceptron: linear layers with a non-linear function between them
//! (Rosenblatt 1962; trained by back-propagation, Rumelhart, Hinton and Williams 1986).
//! Without hidden layers it is softmax regression, and with `activation = "none"` it is one
//! linear map, however deep.
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | flatten | batch, inputs | 0 |
//! | layers.0: linear, activation, dropout | batch, `hidden[0]` | inputs * `hidden[0]` + `hidden[0]` |
//! | ... | | |
//! | layers.n: linear | batch, classes | `hidden[n-1]` * classes + classes |
//!
//! A row of a table is its numbers, and behind them the one-hot code of each category. With `embedding`, a learned
//! vector takes the place of each code (Guo and Berkhahn 2016, "Entity embeddings of categorical variables"): the
//! code times a matrix of values by width, one for each category.
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | embeddings.0, embeddings.1, ... | batch, numbers + categories * width | values * width each |
//!
//! With `hidden = [256]` on 28x28 pictures in ten classes: 200,960 + 2,570 = 203,530 parameters.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::{Activation, MlpConfig};

use crate::init::{Fan, Init};
use crate::layers::{Dropout, apply_linear, linear};
use crate::network::Network;
#[cfg(test)]
use crate::network::{Row, Table};
use crate::outline::{Layer, function, perceptron};
use crate::{Pass, PictureDims};

/// See the [module](self).
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[values, width]` for each category of a row.
    embeddings: Vec<Param<Tensor<2>>>,
    layers: Vec<Linear>,
    dropouts: Vec<Dropout>,
    #[module(skip)]
    activation: Activation,
}

/// The parts of a row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDims {
    /// Numbers.
    pub numbers: usize,
    /// The number of values of each category.
    pub categories: Vec<usize>,
}

impl RowDims {
    /// The width of a row: its numbers, and the one-hot codes of its categories.
    pub fn width(&self) -> usize {
        self.numbers + self.categories.iter().sum::<usize>()
    }

    /// The width of a row with learned vectors of this width, where there is one, in the place of the codes.
    pub fn embedded(&self, embedding: Option<usize>) -> usize {
        match embedding {
            Some(width) => self.numbers + width * self.categories.len(),
            None => self.width(),
        }
    }
}

impl Mlp {
    /// The network for rows of a table, its weights drawn by `init`.
    pub(crate) fn for_rows(
        config: &MlpConfig,
        rows: &RowDims,
        num_outputs: usize,
        init: &mut Init<'_>,
    ) -> Self {
        let Some(width) = config.embedding else {
            return Network::new(config, [rows.width(), 1, 1], num_outputs, init);
        };
        // A code has one number that is not zero.
        let fan = Fan { inputs: 1, outputs: width };
        let embed = |values: &usize| init.weight([*values, width], fan);
        let embeddings: Vec<_> = rows.categories.iter().map(embed).collect();
        let inputs = rows.embedded(config.embedding);
        Self { embeddings, ..Network::new(config, [inputs, 1, 1], num_outputs, init) }
    }

    /// The layers of the network for rows of a table, as other programs know them.
    pub(crate) fn row_layers(config: &MlpConfig, rows: &RowDims, num_outputs: usize) -> Vec<Layer> {
        let embedding = config.embedding;
        let widths = [&[rows.embedded(embedding)], &config.hidden[..], &[num_outputs]].concat();
        let mut layers = vec![Layer::Row { dims: rows.clone(), embedding }];
        layers.extend(perceptron(&widths, function(config.activation)));
        layers
    }

    /// Rows `[batch, width]` with a learned vector in the place of each code.
    fn embed(&self, rows: &Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        let [_, width] = rows.dims();
        let values: Vec<usize> = self.embeddings.iter().map(|matrix| matrix.dims()[0]).collect();
        let mut start = width - values.iter().sum::<usize>();
        let mut parts = Vec::new();
        if start > 0 {
            parts.push(rows.clone().narrow(1, 0, start));
        }
        for (index, (matrix, values)) in self.embeddings.iter().zip(values).enumerate() {
            let vector = rows.clone().narrow(1, start, values).matmul(matrix.val());
            pass.trace.keep_flat(|| format!("embeddings.{index}"), &vector);
            parts.push(vector);
            start += values;
        }
        Tensor::cat(parts, 1)
    }
}

impl Network for Mlp {
    type Config = MlpConfig;

    /// The network for pictures of this size, its weights drawn by `init`.
    fn new(
        config: &MlpConfig,
        picture: PictureDims,
        num_classes: usize,
        init: &mut Init<'_>,
    ) -> Self {
        let inputs = picture.iter().product();
        let widths = [&[inputs], &config.hidden[..], &[num_classes]].concat();
        let layers = widths.windows(2).map(|pair| linear(pair[0], pair[1], init)).collect();
        let dropouts =
            config.dropout.per_layer(config.hidden.len()).into_iter().map(Dropout::new).collect();
        Self { embeddings: Vec::new(), layers, dropouts, activation: config.activation }
    }

    /// The layers that other programs know.
    fn layers(config: &MlpConfig, picture: PictureDims, classes: usize) -> Option<Vec<Layer>> {
        let widths = [&[picture.iter().product()], &config.hidden[..], &[classes]].concat();
        let mut layers = vec![Layer::Flatten];
        layers.extend(perceptron(&widths, function(config.activation)));
        Some(layers)
    }

    /// Pictures `[batch, channels, height, width]` to what the last layer reads.
    ///
    /// Traces `layers.0`, `layers.1`, ...: the output of each layer behind its activation, before
    /// dropout; the last one is the logits.
    fn features(&self, pictures: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        let mut features: Tensor<2> = pictures.flatten(1, 3);
        if !self.embeddings.is_empty() {
            features = self.embed(&features, pass);
        }
        for (index, (layer, dropout)) in self.layers.iter().zip(&self.dropouts).enumerate() {
            features = apply_linear(layer, features, self.activation);
            pass.trace.keep_flat(|| format!("layers.{index}"), &features);
            features = dropout.forward(features, pass);
        }
        features
    }

    /// Features to logits `[batch, num_classes]`.
    fn head(&self, features: Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        let last = self.dropouts.len();
        let logits = apply_linear(&self.layers[last], features, Activation::None);
        pass.trace.keep_flat(|| self.head_path(), &logits);
        logits
    }

    /// Where the head's parameters are.
    fn head_path(&self) -> String {
        format!("layers.{}", self.dropouts.len())
    }
}

#[cfg(test)]
impl Mlp {
    pub(crate) fn first_weights(&self) -> Vec<f32> {
        self.layers[0].weight.val().into_data().try_into_vec().expect("f32")
    }
}

#[cfg(test)]
impl Table for Mlp {
    fn table() -> Vec<(MlpConfig, Row)> {
        let config = |hidden: &[usize]| MlpConfig {
            hidden: hidden.to_vec(),
            activation: Activation::Relu,
            dropout: hearth_config::DropoutRates::default(),
            initializer: hearth_config::Initializer::He,
            embedding: None,
        };
        vec![
            (
                config(&[]),
                Row {
                    picture: [1, 28, 28],
                    stages: vec![("layers.0", [3, 10, 1, 1])],
                    parameters: 7_850,
                },
            ),
            (
                config(&[256]),
                Row {
                    picture: [1, 28, 28],
                    stages: vec![("layers.0", [3, 256, 1, 1]), ("layers.1", [3, 10, 1, 1])],
                    parameters: 203_530,
                },
            ),
            (
                config(&[6, 5]),
                Row {
                    picture: [3, 4, 2],
                    stages: vec![
                        ("layers.0", [3, 6, 1, 1]),
                        ("layers.1", [3, 5, 1, 1]),
                        ("layers.2", [3, 10, 1, 1]),
                    ],
                    parameters: 150 + 35 + 60,
                },
            ),
        ]
    }
}
