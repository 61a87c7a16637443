//! A small residual network (He, Zhang, Ren and Sun 2016, section 4.2, the form for CIFAR-10). Where a stage changes
//! the size, its shortcut is a projection (option B); the paper's networks for CIFAR-10 pad with zeros (option A).
//!
//! With `widths = [32, 64, 128]` and `depths = [2, 2, 2]`, a ResNet-14 of twice the paper's widths, on 1x28x28 images
//! in ten classes, 696,042 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | stem: 3x3 convolution, norm, ReLU | batch, 32, 28, 28 | 352 |
//! | stages.0: 2 blocks | batch, 32, 28, 28 | 37,120 |
//! | stages.1: 2 blocks, the first with stride 2 | batch, 64, 14, 14 | 131,712 |
//! | stages.2: 2 blocks, the first with stride 2 | batch, 128, 7, 7 | 525,568 |
//! | head: global average pooling, dropout, linear | batch, 10 | 1,290 |
//!
//! A block is `ReLU(norm(conv(ReLU(norm(conv(x))))) + shortcut(x))` with 3x3 convolutions; from c to d channels
//! it has 9 c d + 9 d d + 4 d parameters, and c d + 2 d more for a projection.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::ops::AvgPoolOptions;
use hearth_config::ResnetConfig;
use hearth_kernels::{Epilogue, FusedActivation};

use super::ClassifierNetwork;
#[cfg(test)]
use super::{StageTable, Stages};
use crate::init::ParamInit;
use crate::layers::{ConvGeometry, ConvNorm, DropoutLayer, linear, run_linear};
use crate::outline::{self, Function, Layer};
use crate::{ForwardContext, ImageDims};

/// The residual network; see the [module](self).
#[derive(Module, Debug)]
pub struct Resnet {
    stem: ConvNorm,
    stages: Vec<Vec<ResidualBlock>>,
    dropout: DropoutLayer,
    head: Linear,
}

/// A basic block (figure 2), with batch normalisation after each convolution (section 3.4).
#[derive(Module, Debug)]
struct ResidualBlock {
    first: ConvNorm,
    second: ConvNorm,
    projection: Option<ConvNorm>,
}

impl ClassifierNetwork for Resnet {
    type Config = ResnetConfig;

    fn new(
        config: &ResnetConfig,
        [channels, ..]: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let mut before = config.widths[0];
        let stem = ConvNorm::new([channels, before], ConvGeometry::same(3, 1), init);
        let stages = config.widths.iter().zip(&config.depths).enumerate();
        let stages = stages.map(|(stage, (width, depth))| {
            let blocks = (0..*depth).map(|block| {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let channels = [std::mem::replace(&mut before, *width), *width];
                ResidualBlock::new(channels, stride, init)
            });
            blocks.collect()
        });
        let stages = stages.collect();
        let dropout = DropoutLayer::new(config.dropout);
        Self { stem, stages, dropout, head: linear(before, num_classes, init) }
    }

    fn layers(
        config: &ResnetConfig,
        [channels, ..]: ImageDims,
        classes: usize,
    ) -> Option<Vec<Layer>> {
        let relu = Layer::Function(Function::Relu);
        let mut before = config.widths[0];
        let mut layers = outline::conv_norm("stem", [channels, before], [3, 1]);
        layers.push(relu.clone());
        for (stage, (width, depth)) in config.widths.iter().zip(&config.depths).enumerate() {
            for block in 0..*depth {
                let path = format!("stages.{stage}.{block}");
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let mut inner =
                    outline::conv_norm(&format!("{path}.first"), [before, *width], [3, stride]);
                inner.push(relu.clone());
                inner.extend(outline::conv_norm(
                    &format!("{path}.second"),
                    [*width, *width],
                    [3, 1],
                ));
                let shortcut = if stride > 1 || before != *width {
                    outline::conv_norm(&format!("{path}.projection"), [before, *width], [1, stride])
                } else {
                    Vec::new()
                };
                layers.extend([Layer::Residual { inner, shortcut }, relu.clone()]);
                before = *width;
            }
        }
        layers.extend([
            Layer::GlobalAverage,
            Layer::Flatten,
            outline::linear("head", [before, classes]),
        ]);
        Some(layers)
    }

    /// The features are `[batch, channels]` of the last stage.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let relu = Epilogue { activation: FusedActivation::Relu, ..Epilogue::default() };
        let mut x = self.stem.forward(images, relu, context);
        context.trace.keep(|| "stem".to_owned(), &x);
        for (index, stage) in self.stages.iter().enumerate() {
            for block in stage {
                x = block.forward(x, context);
            }
            context.trace.keep(|| format!("stages.{index}"), &x);
        }
        let [_, _, height, width] = x.dims();
        let average = AvgPoolOptions::new([height, width]);
        let features = hearth_kernels::avg_pool2d(x, average).flatten(1, 3);
        self.dropout.forward(features, context)
    }

    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let logits = run_linear(&self.head, features, FusedActivation::None);
        context.trace.keep_flat(|| "head".to_owned(), &logits);
        logits
    }
}

impl ResidualBlock {
    fn new([before, width]: [usize; 2], stride: usize, init: &mut ParamInit<'_>) -> Self {
        let projects = stride > 1 || before != width;
        let one = ConvGeometry::same(1, stride);
        Self {
            first: ConvNorm::new([before, width], ConvGeometry::same(3, stride), init),
            second: ConvNorm::new([width, width], ConvGeometry::same(3, 1), init),
            projection: projects.then(|| ConvNorm::new([before, width], one, init)),
        }
    }

    fn forward(&self, x: Tensor<4>, context: &mut ForwardContext) -> Tensor<4> {
        let relu = Epilogue { activation: FusedActivation::Relu, ..Epilogue::default() };
        let inner = self.first.forward(x.clone(), relu.clone(), context);
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(x, Epilogue::default(), context),
            None => x,
        };
        // out = relu(norm(conv(inner)) + shortcut)
        self.second.forward(inner, Epilogue { shortcut: Some(shortcut), ..relu }, context)
    }
}

#[cfg(test)]
impl StageTable for Resnet {
    const SOURCE: &'static str = include_str!("resnet.rs");

    fn table() -> Vec<(ResnetConfig, Stages)> {
        let config = ResnetConfig {
            widths: vec![32, 64, 128],
            depths: vec![2, 2, 2],
            dropout: 0.0,
            initializer: hearth_config::Initializer::He,
        };
        let row = Stages {
            image: [1, 28, 28],
            rows: vec![
                ("stem", [3, 32, 28, 28], 352),
                ("stages.0", [3, 32, 28, 28], 37_120),
                ("stages.1", [3, 64, 14, 14], 131_712),
                ("stages.2", [3, 128, 7, 7], 525_568),
                ("head", [3, 10, 1, 1], 1_290),
            ],
            parameters: 696_042,
        };
        vec![(config, row)]
    }
}
