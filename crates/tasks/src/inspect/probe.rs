//! How far each layer got: the accuracy of a linear classifier on its features (Alain and Bengio 2016).

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

use super::{Probe, Subject};
use crate::classify::cross_entropy::CrossEntropy;
use hearth_train::learner::{TrainState, Update};
use hearth_train::task::outputs::{argmax, values};

/// Training and test pictures of a probe, at most.
const TRAIN: usize = 10_000;
const TEST: usize = 5_000;

/// The most features of a probe: larger maps are averaged over places first.
const FEATURES: usize = 2048;

/// How a probe is trained: as many epochs as make so many steps, or a probe on few pictures would end
/// before it has learned them.
const STEPS: usize = 1000;
const BATCH: usize = 250;
const RATE: f64 = 1e-2;

/// A probe for the pixels and for each layer, in the order of the forward pass.
pub fn layers(subject: &Subject, splits: &Splits) -> Vec<Probe> {
    let black = subject.pictures(vec![0; subject.shape.pixels()], 1);
    let layers = Subject::layers(&subject.still, black).into_iter().map(|(name, _)| name);
    let names: Vec<String> = std::iter::once("pixels".to_owned()).chain(layers).collect();
    let probe = |(place, layer): (usize, String)| {
        let train = features(subject, &splits.train, TRAIN, place);
        let test = features(subject, &splits.test, TEST, place);
        Probe { layer, accuracy: accuracy(subject, train, test) }
    };
    names.into_iter().enumerate().map(probe).collect()
}

/// What one layer makes of pictures, `[pictures, features]`, and their classes. The first place is that of
/// the pixels.
fn features(subject: &Subject, set: &Subset, count: usize, place: usize) -> (Tensor<2>, Vec<u16>) {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for batch in Subject::over(set, count) {
        let pictures = subject.input.tensor(&batch, &subject.device);
        let features = match place {
            0 => pictures,
            place => Subject::layers(&subject.still, pictures).swap_remove(place - 1).1,
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

/// The accuracy on `test` of softmax regression that was trained on `train`.
fn accuracy(
    subject: &Subject,
    (train, labels): (Tensor<2>, Vec<u16>),
    (test, test_labels): (Tensor<2>, Vec<u16>),
) -> f64 {
    let [count, width] = train.dims();
    // Each feature with mean 0 and variance 1, or the rate would fit one layer and not another.
    let mean = train.clone().mean_dim(0);
    let scale = (train.clone().var_bias(0) + 1e-6).sqrt().recip();
    let standard = |features: Tensor<2>| (features - mean.clone()) * scale.clone();
    let (train, test) = (standard(train), standard(test));

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
        update: UpdateConfig { learning_rate: RATE, weight_decay: 0.05, decay_all: false },
    };
    let mut learner = TrainState::new(network.expect("it fits any features"), &rule);
    let loss = CrossEntropy { class_weights: vec![1.0; num_classes], label_smoothing: 0.0 };
    let epochs = STEPS.div_ceil(count.div_ceil(BATCH).max(1));
    let (mut step, steps) = (0, epochs * count.div_ceil(BATCH));
    for epoch in 0..epochs {
        let mut order: Vec<u32> = (0..count as u32).collect();
        Stream::new(subject.seed, Purpose::Order, epoch as u64, 0).shuffle(&mut order);
        for places in order.chunks(BATCH) {
            let batch: Vec<u16> = places.iter().map(|place| labels[*place as usize]).collect();
            let places: Vec<i32> = places.iter().map(|place| place.cast_signed()).collect();
            let places = TensorData::from(places.as_slice());
            let rows = train.clone().select(0, Tensor::from_data(places, &subject.device));
            let logits = learner.network.forward(Tensor::from_inner(rows.unsqueeze_dims(&[2, 3])));
            let loss = loss.forward(logits, &batch, batch.len() as f64);
            let gradients = GradientsParams::from_grads(loss.backward(), &learner.network);
            let update = Update::of(gradients);
            let left = 1.0 - f64::from(step) / steps as f64;
            learner.update(update, RATE * left);
            step += 1;
        }
    }
    let logits = values(learner.network.valid().forward(test.unsqueeze_dims(&[2, 3])));
    let rows = logits.chunks_exact(num_classes).zip(&test_labels);
    let hits = rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count();
    hits as f64 / test_labels.len().max(1) as f64
}
