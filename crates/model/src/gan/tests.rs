//! The shapes, parameters and initial weights of every adversarial pair.

use burn::module::Param;
use hearth_config::{DcganConfig, MlpGanConfig};

use super::*;
use crate::networks::{Stage, assert_documented, assert_stages};
use crate::params::{self, VisitParam};
use crate::update_running_statistics;

fn dcgan(latent: usize, widths: &[usize]) -> GanConfig {
    GanConfig::Dcgan(DcganConfig { latent, widths: widths.to_vec() })
}

fn mlp_gan(latent: usize, hidden: &[usize]) -> GanConfig {
    GanConfig::MlpGan(MlpGanConfig { latent, hidden: hidden.to_vec() })
}

/// The stages of a network, and its number of parameters.
type Stages = (Vec<Stage>, usize);

/// A GAN, its latent size and image size, and the stages of generator and discriminator.
type Pair = (GanConfig, usize, ImageDims, [Stages; 2]);

/// The DCGAN of the tables at the top of its file.
fn documented_dcgan() -> Pair {
    let generator = vec![
        ("project", [3, 128, 7, 7], 633_728),
        ("layers.0", [3, 64, 14, 14], 131_200),
        ("last", [3, 1, 28, 28], 1_025),
    ];
    let discriminator = vec![
        ("first", [3, 64, 14, 14], 1_088),
        ("layers.0", [3, 128, 7, 7], 131_328),
        ("head", [3, 1, 1, 1], 6_273),
    ];
    let stages = [(generator, 765_953), (discriminator, 138_689)];
    (dcgan(100, &[64, 128]), 100, [1, 28, 28], stages)
}

/// A DCGAN with three strided convolutions on images that are not square.
fn deep_dcgan() -> Pair {
    let generator = vec![
        ("project", [3, 8, 4, 2], 5 * 64 + 64 + 16),
        ("layers.0", [3, 6, 8, 4], 16 * 48 + 12),
        ("layers.1", [3, 4, 16, 8], 16 * 24 + 8),
        ("last", [3, 3, 32, 16], 16 * 12 + 3),
    ];
    let discriminator = vec![
        ("first", [3, 4, 16, 8], 16 * 12 + 4),
        ("layers.0", [3, 6, 8, 4], 16 * 24 + 12),
        ("layers.1", [3, 8, 4, 2], 16 * 48 + 16),
        ("head", [3, 1, 1, 1], 65),
    ];
    let stages = [
        (generator, (5 * 64 + 64 + 16) + (16 * 48 + 12) + (16 * 24 + 8) + (16 * 12 + 3)),
        (discriminator, (16 * 12 + 4) + (16 * 24 + 12) + (16 * 48 + 16) + 65),
    ];
    (dcgan(5, &[4, 6, 8]), 5, [3, 32, 16], stages)
}

/// The GAN of perceptrons of the tables at the top of its file.
fn documented_mlp_gan() -> Pair {
    let generator = vec![
        ("layers.0", [3, 256, 1, 1], 25_856),
        ("layers.1", [3, 512, 1, 1], 131_584),
        ("layers.2", [3, 1, 28, 28], 402_192),
    ];
    let discriminator = vec![
        ("layers.0", [3, 512, 1, 1], 401_920),
        ("layers.1", [3, 256, 1, 1], 131_328),
        ("layers.2", [3, 1, 1, 1], 257),
    ];
    let stages = [(generator, 559_632), (discriminator, 533_505)];
    (mlp_gan(100, &[512, 256]), 100, [1, 28, 28], stages)
}

#[test]
fn every_pair_has_the_shapes_of_its_tables() {
    let device = Device::flex();
    for (config, latent, image, stages) in [documented_dcgan(), deep_dcgan(), documented_mlp_gan()]
    {
        let Gan { generator, discriminator } =
            Gan::new(&config, image, 1, &device).expect("it fits");
        assert_eq!(latent_size(&config), latent);
        let [channels, height, width] = image;
        let [(of_generator, generator_parameters), (of_discriminator, discriminator_parameters)] =
            stages;
        let mut context = ForwardContext::traced();
        let images = generator.forward(Tensor::ones([3, latent], &device), &mut context);
        assert_eq!(images.dims(), [3, channels, height, width]);
        assert_stages(&generator, context, &of_generator, generator_parameters);
        let mut context = ForwardContext::traced();
        assert_eq!(discriminator.forward(images, &mut context).dims(), [3, 1]);
        assert_stages(&discriminator, context, &of_discriminator, discriminator_parameters);
    }
}

#[test]
fn every_pairs_file_documents_its_stages() {
    let dcgan = include_str!("../networks/dcgan.rs");
    let mlp_gan = include_str!("../networks/mlp_gan.rs");
    for (source, (.., stages)) in [(dcgan, documented_dcgan()), (mlp_gan, documented_mlp_gan())] {
        for (index, (stages, parameters)) in stages.iter().enumerate() {
            assert_documented(source, index, stages, *parameters);
        }
    }
}

#[test]
fn images_lie_between_black_and_white() {
    let device = Device::flex();
    for config in [dcgan(4, &[8, 8]), mlp_gan(4, &[16])] {
        let pair = Gan::new(&config, [1, 8, 8], 3, &device).expect("it fits");
        let latent = Tensor::<2>::ones([2, 4], &device) * 50.0;
        let images = pair.generator.forward(latent, &mut ForwardContext::default()).into_data();
        let pixels: Vec<f32> = images.try_into_vec().expect("f32");
        assert!(pixels.iter().all(|pixel| (-1.0..=1.0).contains(pixel)));
        assert!(pixels.iter().any(|pixel| (pixel - pixels[0]).abs() > 1e-6), "not all alike");
    }
}

/// Standard deviation of the weights of each layer, by its path.
fn deviations<M: Module>(network: &M) -> Vec<(String, f64)> {
    struct Deviations(Vec<(String, f64)>);
    impl VisitParam for Deviations {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if path.ends_with("weight") {
                let weights: Vec<f32> = param.val().into_data().try_into_vec().expect("f32");
                let squares = weights.iter().map(|weight| f64::from(*weight).powi(2)).sum::<f64>();
                self.0.push((path.to_owned(), (squares / weights.len() as f64).sqrt()));
            }
        }
    }
    let mut deviations = Deviations(Vec::new());
    params::visit_params(network, &mut deviations);
    deviations.0
}

#[test]
fn dcgan_starts_at_the_papers_deviation_and_its_networks_differ() {
    let config = dcgan(100, &[64, 128]);
    let pair = |seed| Gan::new(&config, [1, 28, 28], seed, &Device::flex()).expect("it fits");
    let first = pair(1);
    let all = [deviations(&first.generator), deviations(&first.discriminator)].concat();
    assert_eq!(all.len(), 6);
    for (path, deviation) in &all {
        // The smallest layer has 1,024 weights: its estimate's own deviation is 2.2 %.
        assert!((deviation / 0.02 - 1.0).abs() < 0.1, "{path}: {deviation}");
    }
    // Two layers of the same shape, in either network: drawn from different streams.
    assert!((all[1].1 - all[4].1).abs() > 1e-9, "{all:?}");
    assert_eq!(deviations(&pair(1).generator), deviations(&first.generator));
    assert_ne!(deviations(&pair(2).generator), deviations(&first.generator));
}

#[test]
fn both_networks_keep_running_statistics_of_their_own() {
    let device = Device::flex().autodiff();
    let pair = Gan::new(&dcgan(4, &[4, 8]), [1, 8, 8], 1, &device).expect("it fits");
    let mut of_generator = ForwardContext::train(1);
    let images = pair.generator.forward(Tensor::ones([3, 4], &device), &mut of_generator);
    let mut of_discriminator = ForwardContext::train(1);
    pair.discriminator.forward(images, &mut of_discriminator);
    let (of_generator, of_discriminator) =
        (of_generator.into_batch_statistics(), of_discriminator.into_batch_statistics());
    assert_eq!((of_generator.len(), of_discriminator.len()), (2, 1), "one for each norm");
    let Generator::Dcgan(before) = pair.generator.clone() else { panic!("it is a DCGAN") };
    let Generator::Dcgan(after) = update_running_statistics(pair.generator, &of_generator) else {
        panic!("it is a DCGAN")
    };
    let mean = |network: &dcgan::DcganGenerator| -> Vec<f32> {
        struct Mean(Vec<f32>);
        impl VisitParam for Mean {
            fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
                if path == "norm.running_mean" {
                    self.0 = param.val().into_data().try_into_vec().expect("f32");
                }
            }
        }
        let mut mean = Mean(Vec::new());
        params::visit_params(network, &mut mean);
        mean.0
    };
    assert_ne!(mean(&before), mean(&after));
}

#[test]
fn sides_that_cannot_be_halved_are_an_error() {
    let error = |side, widths: &[usize]| {
        Gan::new(&dcgan(4, widths), [1, side, 32], 1, &Device::flex()).err()
    };
    assert_eq!(error(28, &[2, 2, 2]), Some(ImageSizeError::Indivisible { multiple: 8 }));
    assert_eq!(error(28, &[2, 2]), None);
}
