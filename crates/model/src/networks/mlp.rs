//! The multilayer perceptron: linear layers with an activation between them (Rosenblatt 1962; trained by
//! back-propagation, Rumelhart, Hinton and Williams 1986). Without hidden layers it is softmax regression;
//! with `activation = "none"` it is a linear map, at any depth.
//!
//! With `hidden = [256]` on 1x28x28 images in ten classes, 203,530 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | layers.0: flatten, linear, activation, dropout | batch, 256 | 200,960 |
//! | layers.1: linear | batch, 10 | 2,570 |
//!
//! A table's row is encoded as its numbers, followed by the one-hot code of each category. With `embedding`, a
//! learned vector replaces each code (Guo and Berkhahn 2016, "Entity embeddings of categorical variables"): the
//! code times a matrix `[values, width]`, one for each category.
//!
//! With `hidden = [8]` and `embedding = 2` on rows of 3 numbers and two categories of 4 and 5 values, for ten
//! outputs, 172 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | embeddings.0: embedding | batch, 2 | 8 |
//! | embeddings.1: embedding | batch, 2 | 10 |
//! | layers.0: concatenation, linear, activation, dropout | batch, 8 | 64 |
//! | layers.1: linear | batch, 10 | 90 |

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::{Activation, MlpConfig};

use super::ClassifierNetwork;
#[cfg(test)]
use super::{StageTable, Stages};
use crate::init::{Fan, ParamInit};
use crate::layers::{DropoutLayer, apply_linear, linear};
use crate::outline::{Layer, function, perceptron};
use crate::{ForwardContext, ImageDims};

/// The multilayer perceptron; see the [module](self).
#[derive(Module, Debug)]
pub struct Mlp {
    /// One matrix `[values, width]` for each category of a row; empty for images and one-hot codes.
    embeddings: Vec<Param<Tensor<2>>>,
    layers: Vec<Linear>,
    dropouts: Vec<DropoutLayer>,
    #[module(skip)]
    activation: Activation,
}

/// The sizes of a table's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDims {
    /// The number of numeric columns.
    pub numbers: usize,
    /// The number of values of each category.
    pub categories: Vec<usize>,
}

impl RowDims {
    /// The width of an encoded row: its numbers, and the one-hot codes of its categories.
    pub fn width(&self) -> usize {
        self.numbers + self.categories.iter().sum::<usize>()
    }

    /// The width of a row whose categories are embedded in vectors of this width, or one-hot for None.
    pub fn embedded(&self, embedding: Option<usize>) -> usize {
        match embedding {
            Some(width) => self.numbers + width * self.categories.len(),
            None => self.width(),
        }
    }
}

impl Mlp {
    /// A network for rows of a table, with parameters made by `init`.
    pub(crate) fn for_rows(
        config: &MlpConfig,
        rows: &RowDims,
        num_outputs: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let Some(width) = config.embedding else {
            return ClassifierNetwork::new(config, [rows.width(), 1, 1], num_outputs, init);
        };
        // Each output sums one input: a one-hot code has a single number that is not zero.
        let fan = Fan { inputs: 1, outputs: width };
        let embed = |values: &usize| init.weight([*values, width], fan);
        let embeddings: Vec<_> = rows.categories.iter().map(embed).collect();
        let inputs = rows.embedded(config.embedding);
        Self { embeddings, ..ClassifierNetwork::new(config, [inputs, 1, 1], num_outputs, init) }
    }

    /// The list of layers of the network for rows of a table, for exports.
    pub(crate) fn row_layers(config: &MlpConfig, rows: &RowDims, num_outputs: usize) -> Vec<Layer> {
        let embedding = config.embedding;
        let widths = [&[rows.embedded(embedding)], &config.hidden[..], &[num_outputs]].concat();
        let mut layers = vec![Layer::Row { dims: rows.clone(), embedding }];
        layers.extend(perceptron(&widths, function(config.activation)));
        layers
    }

    /// Encoded rows `[batch, width]` with an embedding in place of each one-hot code.
    fn embed(&self, rows: &Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let [_, width] = rows.dims();
        let values: Vec<usize> = self.embeddings.iter().map(|matrix| matrix.dims()[0]).collect();
        let mut start = width - values.iter().sum::<usize>();
        let mut parts = Vec::new();
        if start > 0 {
            parts.push(rows.clone().narrow(1, 0, start));
        }
        for (index, (matrix, values)) in self.embeddings.iter().zip(values).enumerate() {
            let vector = rows.clone().narrow(1, start, values).matmul(matrix.val());
            context.trace.keep_flat(|| format!("embeddings.{index}"), &vector);
            parts.push(vector);
            start += values;
        }
        Tensor::cat(parts, 1)
    }
}

impl ClassifierNetwork for Mlp {
    type Config = MlpConfig;

    fn new(
        config: &MlpConfig,
        image: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let inputs = image.iter().product();
        let widths = [&[inputs], &config.hidden[..], &[num_classes]].concat();
        let layers = widths.windows(2).map(|pair| linear(pair[0], pair[1], init)).collect();
        let dropouts = config
            .dropout
            .per_layer(config.hidden.len())
            .into_iter()
            .map(DropoutLayer::new)
            .collect();
        Self { embeddings: Vec::new(), layers, dropouts, activation: config.activation }
    }

    fn layers(config: &MlpConfig, image: ImageDims, classes: usize) -> Option<Vec<Layer>> {
        let widths = [&[image.iter().product()], &config.hidden[..], &[classes]].concat();
        let mut layers = vec![Layer::Flatten];
        layers.extend(perceptron(&widths, function(config.activation)));
        Some(layers)
    }

    /// Traces the output of each hidden layer after its activation and before dropout.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let mut features: Tensor<2> = images.flatten(1, 3);
        if !self.embeddings.is_empty() {
            features = self.embed(&features, context);
        }
        for (index, (layer, dropout)) in self.layers.iter().zip(&self.dropouts).enumerate() {
            features = apply_linear(layer, features, self.activation);
            context.trace.keep_flat(|| format!("layers.{index}"), &features);
            features = dropout.forward(features, context);
        }
        features
    }

    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let last = self.dropouts.len();
        let logits = apply_linear(&self.layers[last], features, Activation::None);
        context.trace.keep_flat(|| self.head_path(), &logits);
        logits
    }

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
impl StageTable for Mlp {
    const SOURCE: &'static str = include_str!("mlp.rs");

    fn table() -> Vec<(MlpConfig, Stages)> {
        let config = |hidden: &[usize]| MlpConfig {
            hidden: hidden.to_vec(),
            activation: Activation::Relu,
            dropout: hearth_config::DropoutRates::default(),
            initializer: hearth_config::Initializer::He,
            embedding: None,
        };
        vec![
            (
                config(&[256]),
                Stages {
                    image: [1, 28, 28],
                    rows: vec![
                        ("layers.0", [3, 256, 1, 1], 200_960),
                        ("layers.1", [3, 10, 1, 1], 2_570),
                    ],
                    parameters: 203_530,
                },
            ),
            (
                config(&[]),
                Stages {
                    image: [1, 28, 28],
                    rows: vec![("layers.0", [3, 10, 1, 1], 7_850)],
                    parameters: 7_850,
                },
            ),
            (
                config(&[6, 5]),
                Stages {
                    image: [3, 4, 2],
                    rows: vec![
                        ("layers.0", [3, 6, 1, 1], 150),
                        ("layers.1", [3, 5, 1, 1], 35),
                        ("layers.2", [3, 10, 1, 1], 60),
                    ],
                    parameters: 150 + 35 + 60,
                },
            ),
        ]
    }
}
