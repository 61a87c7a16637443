//! The shapes, names and initial weights of every classifier.

use burn::module::{Module as _, Param};
use burn::tensor::{Device, Tensor};
use hearth_config::{
    Activation, ClassifierConfig, CnnConfig, DropoutRates, Initializer, LenetConfig, MlpConfig,
};

use super::*;
use crate::networks::{StageTable as _, Stages, assert_documented, assert_stages};

fn mlp(hidden: &[usize]) -> ClassifierConfig {
    ClassifierConfig::Mlp(MlpConfig {
        hidden: hidden.to_vec(),
        activation: Activation::Relu,
        dropout: DropoutRates::default(),
        initializer: Initializer::He,
        embedding: None,
    })
}

fn new(config: &ClassifierConfig, image: ImageDims, classes: usize, device: &Device) -> Classifier {
    Classifier::new(config, image, classes, 1, device).expect("large enough images")
}

fn cnn(widths: &[usize], depth: usize) -> ClassifierConfig {
    ClassifierConfig::Cnn(CnnConfig {
        widths: widths.to_vec(),
        depth,
        kernel_size: 3,
        dropout: 0.0,
        initializer: Initializer::He,
    })
}

macro_rules! tables {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// The stages of every network, by its settings.
        fn tables() -> Vec<(ClassifierConfig, Stages)> {
            let mut tables = Vec::new();
            $(tables.extend(crate::$variant::table().into_iter().map(|(config, stages)| {
                (ClassifierConfig::$variant(config), stages)
            }));)*
            tables
        }

        /// The text of every network's file, and the stages that it documents.
        fn documented() -> Vec<(&'static str, Stages)> {
            vec![$({
                let mut tables = crate::$variant::table();
                (crate::$variant::SOURCE, tables.remove(0).1)
            },)*]
        }
    };
}

hearth_config::classifiers!(tables);

#[test]
fn every_network_has_the_shapes_of_its_table() {
    let device = Device::flex();
    for (config, Stages { image, rows, parameters }) in tables() {
        let network = new(&config, image, 10, &device);
        let [channels, height, width] = image;
        let mut context = ForwardContext::traced();
        let images = Tensor::zeros([3, channels, height, width], &device);
        let logits = network.forward_in(images, &mut context);
        assert_eq!(logits.dims(), [3, 10]);
        assert_stages(&network, context, &rows, parameters);
    }
}

#[test]
fn every_networks_file_documents_its_stages() {
    for (source, Stages { rows, parameters, .. }) in documented() {
        assert_documented(source, 0, &rows, parameters);
    }
}

#[test]
fn a_perceptron_for_rows_has_the_shapes_of_its_table() {
    let ClassifierConfig::Mlp(config) = mlp(&[8]) else { panic!("it is a perceptron") };
    let config = MlpConfig { embedding: Some(2), ..config };
    let rows = RowDims { numbers: 3, categories: vec![4, 5] };
    let device = Device::flex();
    let network = Classifier::for_rows(&config, &rows, 10, 1, &device);
    let mut context = ForwardContext::traced();
    let encoded = Tensor::zeros([3, rows.width(), 1, 1], &device);
    assert_eq!(network.forward_in(encoded, &mut context).dims(), [3, 10]);
    let stages = [
        ("embeddings.0", [3, 2, 1, 1], 4 * 2),
        ("embeddings.1", [3, 2, 1, 1], 5 * 2),
        ("layers.0", [3, 8, 1, 1], (3 + 2 * 2) * 8 + 8),
        ("layers.1", [3, 10, 1, 1], 8 * 10 + 10),
    ];
    assert_stages(&network, context, &stages, 172);
    assert_documented(Mlp::SOURCE, 1, &stages, 172);
}

#[test]
fn parameters_have_plain_names_in_the_order_of_the_layers() {
    let network = new(&mlp(&[4]), [1, 2, 2], 3, &Device::flex());
    let names: Vec<_> = params::shapes(&network).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]);
}

fn first_weights(config: &ClassifierConfig, seed: u64) -> Vec<f32> {
    let network = Classifier::new(config, [1, 28, 28], 10, seed, &Device::flex());
    match network.expect("large enough images") {
        Classifier::Mlp(network) => network.first_weights(),
        other => panic!("a perceptron was asked for, not {other:?}"),
    }
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

#[test]
fn a_convolution_is_drawn_by_the_inputs_of_its_window() {
    struct Variance(Option<f64>);
    impl params::VisitParam for Variance {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if path == "blocks.1.layers.0.convolution.weight" {
                let weights: Vec<f32> = param.val().into_data().try_into_vec().expect("f32");
                let squares = weights.iter().map(|weight| f64::from(*weight).powi(2));
                self.0 = Some(squares.sum::<f64>() / weights.len() as f64);
            }
        }
    }
    let network = new(&cnn(&[64, 96], 1), [1, 28, 28], 10, &Device::flex());
    let mut variance = Variance(None);
    params::visit_params(&network, &mut variance);
    // He et al. 2015: 2 over 3 * 3 * 64; 55,296 draws: the estimate's standard deviation is 0.6 %.
    let variance = variance.0.expect("the second block's convolution");
    assert!((variance * 576.0 / 2.0 - 1.0).abs() < 0.03, "{variance}");
}

#[test]
fn a_training_pass_changes_the_running_statistics_only_when_they_are_updated() {
    let device = Device::flex().autodiff();
    let network = new(&cnn(&[4], 2), [1, 8, 8], 3, &device);
    let images = Tensor::<4>::ones([2, 1, 8, 8], &device);
    let numbers = |network: &Classifier| -> Vec<f32> {
        network.valid().forward(images.clone().inner()).into_data().try_into_vec().expect("f32")
    };
    let before = numbers(&network);
    let mut context = ForwardContext::train(1);
    network.forward_in(images.clone(), &mut context);
    assert_eq!(numbers(&network), before);
    let statistics = context.into_batch_statistics();
    assert_eq!(statistics.len(), 2, "one for each norm");
    assert_ne!(numbers(&update_running_statistics(network, &statistics)), before);
}

#[test]
fn images_that_are_too_small_are_an_error() {
    for (config, smallest) in
        [(ClassifierConfig::Lenet(LenetConfig::default()), 12), (cnn(&[4, 4, 4], 1), 8)]
    {
        let made = |side| Classifier::new(&config, [1, side, 28], 10, 1, &Device::flex());
        assert_eq!(made(smallest - 1).err(), Some(ImageSizeError::TooSmall { smallest }));
        assert!(made(smallest).is_ok());
    }
}
