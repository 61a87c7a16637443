//! The convolutions of the CNN by themselves, beside the machine's peak; and how the step scales.

use std::time::Instant;

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor};
use hearth_kernels::{FusedActivation, conv2d};
use hearth_train::Backend;

use crate::Outcome;
use crate::measure::{median, ratio};
use crate::networks::step_speed;

/// Channels in, channels out, height and width of the convolutions of `configs/cnn.toml`.
const LAYERS: [[usize; 3]; 3] = [[1, 32, 28], [32, 64, 14], [64, 128, 7]];
const BATCH: usize = 128;

/// Floating-point operations per second of forward and backward pass together.
pub fn convolutions(backends: &[Backend], rounds: usize) {
    let threads = rayon::current_num_threads();
    println!("convolutions of cnn, batch {BATCH}, {threads} threads, median of {rounds}:");
    for backend in backends {
        let (mut speeds, mut peaks) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            speeds.push(speed(&backend.device().expect("a CPU").autodiff()));
            peaks.push(peak(&Backend::default().device().expect("a CPU")));
        }
        println!(
            "  {:<8} {:>6.0} GFLOP/s; a matrix product: {:.0} GFLOP/s{}",
            backend.name(),
            median(&speeds) / 1e9,
            median(&peaks) / 1e9,
            ratio(&speeds, &peaks),
        );
    }
}

fn speed(device: &Device) -> f64 {
    let random =
        |shape: [usize; 4]| Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), device);
    let layers: Vec<_> = LAYERS
        .iter()
        .map(|[input, output, side]| {
            let x = random([BATCH, *input, *side, *side]);
            // The first layer's input is the data, which needs no gradient.
            let x = if *input > 1 { x.require_grad() } else { x };
            (x, random([*output, *input, 3, 3]).require_grad())
        })
        .collect();
    let passes: f64 = LAYERS
        .iter()
        .map(|[input, output, side]| {
            let products = (BATCH * input * output * side * side * 9) as f64;
            2.0 * products * if *input > 1 { 3.0 } else { 2.0 }
        })
        .sum();
    let run = || {
        for (x, weight) in &layers {
            let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
            let y = conv2d(x.clone(), weight.clone(), None, options, FusedActivation::None);
            std::hint::black_box(y.backward());
        }
    };
    run();
    let begun = Instant::now();
    for _ in 0..20 {
        run();
    }
    20.0 * passes / begun.elapsed().as_secs_f64()
}

/// A product of 1024 by 1024 matrices, which flex has the crate `gemm` do.
pub fn peak(device: &Device) -> f64 {
    const SIDE: usize = 1024;
    let matrix = || Tensor::<2>::random([SIDE, SIDE], Distribution::Normal(0.0, 1.0), device);
    let (a, b) = (matrix(), matrix());
    let run = || std::hint::black_box(a.clone().matmul(b.clone()));
    run();
    let begun = Instant::now();
    for _ in 0..20 {
        run();
    }
    20.0 * 2.0 * (SIDE as f64).powi(3) / begun.elapsed().as_secs_f64()
}

/// The CNN's step with one thread and with all, and with other batch sizes.
pub fn scaling(rounds: usize) -> Outcome<()> {
    let backend = Backend::default();
    let pool = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (one, two) = (pool(1)?, pool(2)?);
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    let step = || step_speed("cnn", backend, None).map_err(|error| error.to_string());
    for _ in 0..rounds {
        alone.push(one.install(step)?);
        together.push(two.install(step)?);
    }
    println!("step of cnn on {backend}, 2 threads against 1:{}", ratio(&together, &alone));
    for batch in [32, 64, 128, 256, 512, 1024] {
        let speeds: Vec<f64> =
            (0..rounds).map(|_| step_speed("cnn", backend, Some(batch))).collect::<Outcome<_>>()?;
        println!("  batch {batch:>4}: {:>6.0} samples/s", median(&speeds));
    }
    Ok(())
}
