//! Linear probes: the accuracy of a linear classifier on the features of each layer (Alain and Bengio 2016).

use burn::module::Module as _;
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData, module::adaptive_avg_pool2d};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{
    Activation, AdamConfig, ClassifierConfig, DropoutRates, Initializer, MlpConfig, OptimizerKind,
    RuleConfig, UpdateConfig,
};
use hearth_data::{Splits, Subset};
use hearth_model::Classifier;
use hearth_train::learner::{TrainState, Update};
use hearth_train::task::outputs::{argmax, values};

use super::{Probe, Subject};
use crate::classify::cross_entropy::CrossEntropy;

/// The most training and test images of a probe.
const TRAIN: usize = 10_000;
const TEST: usize = 5_000;

/// The most features of a probe: larger feature maps are average-pooled first.
const FEATURES: usize = 2048;

/// The training of a probe: at least so many steps in whole epochs, so that a probe on few images converges as well.
const STEPS: usize = 1000;
const BATCH: usize = 250;
const LEARNING_RATE: f64 = 1e-2;

/// A probe for the pixels and for each layer, in the order of the forward pass.
pub fn layers(subject: &Subject, splits: &Splits) -> Vec<Probe> {
    let black = subject.images(vec![0; subject.shape.pixels()], 1);
    let layers = Subject::layers(&subject.inference, black).into_iter().map(|(name, _)| name);
    let names: Vec<String> = std::iter::once("pixels".to_owned()).chain(layers).collect();
    let probe = |(index, layer): (usize, String)| {
        let train = features(subject, &splits.train, TRAIN, index);
        let test = features(subject, &splits.test, TEST, index);
        Probe { layer, accuracy: accuracy(subject, train, test) }
    };
    names.into_iter().enumerate().map(probe).collect()
}

/// The features `[images, features]` of one layer, and the labels. Index 0 is the pixels, index 1 the first layer.
fn features(subject: &Subject, set: &Subset, count: usize, index: usize) -> (Tensor<2>, Vec<u16>) {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for batch in Subject::batches(set, count) {
        let images = subject.input.tensor(&batch, &subject.device);
        let features = match index {
            0 => images,
            index => Subject::layers(&subject.inference, images).swap_remove(index - 1).1,
        };
        let [_, channels, height, width] = features.dims();
        let side = ((FEATURES / channels) as f64).sqrt().floor().max(1.0) as usize;
        let features = match channels * height * width {
            0..=FEATURES => features,
            _ => adaptive_avg_pool2d(features, [side.min(height), side.min(width)]),
        };
        rows.push(features.flatten(1, 3));
        labels.extend(batch.labels);
    }
    (Tensor::cat(rows, 0), labels)
}

/// The accuracy on `test` of softmax regression trained on `train`, both `[images, features]` with labels.
fn accuracy(
    subject: &Subject,
    (train, labels): (Tensor<2>, Vec<u16>),
    (test, test_labels): (Tensor<2>, Vec<u16>),
) -> f64 {
    let [count, width] = train.dims();
    // Standardised features, so that one learning rate fits all layers.
    let mean = train.clone().mean_dim(0);
    let scale = (train.clone().var_bias(0) + 1e-6).sqrt().recip();
    let standardize = |features: Tensor<2>| (features - mean.clone()) * scale.clone();
    let (train, test) = (standardize(train), standardize(test));

    let linear = ClassifierConfig::Mlp(MlpConfig {
        hidden: Vec::new(),
        activation: Activation::None,
        dropout: DropoutRates::default(),
        initializer: Initializer::Xavier,
        embedding: None,
    });
    let training = subject.device.clone().autodiff();
    let num_classes = subject.classes.len();
    let network = Classifier::new(&linear, [width, 1, 1], num_classes, subject.seed, &training);
    let rule = RuleConfig {
        kind: OptimizerKind::Adamw(AdamConfig::default()),
        update: UpdateConfig { learning_rate: LEARNING_RATE, weight_decay: 0.05, decay_all: false },
    };
    let mut state = TrainState::new(network.expect("it fits any features"), &rule);
    let loss = CrossEntropy { class_weights: vec![1.0; num_classes], label_smoothing: 0.0 };
    let epochs = STEPS.div_ceil(count.div_ceil(BATCH).max(1));
    let (mut step, steps) = (0, epochs * count.div_ceil(BATCH));
    for epoch in 0..epochs {
        let mut order: Vec<u32> = (0..count as u32).collect();
        Stream::new(subject.seed, Purpose::Order, epoch as u64, 0).shuffle(&mut order);
        for indices in order.chunks(BATCH) {
            let batch: Vec<u16> = indices.iter().map(|index| labels[*index as usize]).collect();
            let indices: Vec<i32> = indices.iter().map(|index| index.cast_signed()).collect();
            let indices = TensorData::from(indices.as_slice());
            let rows = train.clone().select(0, Tensor::from_data(indices, &subject.device));
            let logits = state.network.forward(Tensor::from_inner(rows.unsqueeze_dims(&[2, 3])));
            let loss = loss.forward(logits, &batch, batch.len() as f64);
            let gradients = GradientsParams::from_grads(loss.backward(), &state.network);
            let update = Update::of(gradients);
            let remaining = 1.0 - f64::from(step) / steps as f64;
            state.update(update, LEARNING_RATE * remaining);
            step += 1;
        }
    }
    let logits = values(state.network.valid().forward(test.unsqueeze_dims(&[2, 3])));
    let rows = logits.chunks_exact(num_classes).zip(&test_labels);
    let num_correct = rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count();
    num_correct as f64 / test_labels.len().max(1) as f64
}
