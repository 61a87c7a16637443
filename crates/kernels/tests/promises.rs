//! The documented behaviour at the edges: shapes, panics, empty batches, constant channels, large means.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, module};
use hearth_kernels::{
    Epilogue, FusedActivation, avg_pool2d, batch_norm2d, batch_norm2d_inference, conv_norm2d,
    conv_transpose2d, conv2d, linear, max_pool2d,
};

use crate::cases::{ConvCase, ConvNormCase, MaxPoolCase, NormCase};
use crate::support::{
    Case, Implementation, LossProbe, MemoryLayout, Operand, RunResult, Tape, channel_stride,
    compare, devices, numbers, panics, plain_options, random, relu, tensor,
};

#[test]
fn outputs_have_the_documented_shapes() {
    for (backend, device) in devices() {
        let x = random([2, 3, 8, 6], &device);
        let none = FusedActivation::None;
        let options = ConvOptions::new([2, 1], [1, 2], [1, 1], 1);
        let y = conv2d(x.clone(), random([5, 3, 3, 4], &device), None, options, none);
        assert_eq!(y.dims(), [2, 5, (8 + 2 - 3) / 2 + 1, 6 + 4 - 4 + 1], "conv2d on {backend}");

        let options = ConvTransposeOptions::new([2, 1], [1, 2], [1, 0], [1, 1], 1);
        let y = conv_transpose2d(x.clone(), random([3, 5, 3, 4], &device), None, options, none);
        let dims = [2, 5, 7 * 2 - 2 + 3 + 1, 5 - 4 + 4];
        assert_eq!(y.dims(), dims, "conv_transpose2d on {backend}");

        let y =
            linear(random([4, 7], &device), random([7, 9], &device), None, FusedActivation::Relu);
        assert_eq!(y.dims(), [4, 9], "linear on {backend}");

        let channels = || random([3], &device);
        let done = batch_norm2d(x.clone(), channels(), channels(), 1e-5, relu(Some(3)));
        assert_eq!(done.output.dims(), [2, 3, 2, 2], "batch_norm2d on {backend}");
        assert_eq!(done.pixels, 2 * 8 * 6, "pixels of batch_norm2d on {backend}");
        assert_eq!(done.mean.dims(), [3], "mean of batch_norm2d on {backend}");
        assert_eq!(done.variance.dims(), [3], "variance of batch_norm2d on {backend}");

        let windows = MaxPoolOptions::new([3, 2]).with_stride([2, 3]).with_padding([1, 0]);
        let y = max_pool2d(x.clone(), windows);
        assert_eq!(y.dims(), [2, 3, (8 + 2 - 3) / 2 + 1, 2], "max_pool2d on {backend}");

        let windows = AvgPoolOptions::new([3, 2]).with_stride([2, 3]).with_padding([1, 0]);
        let y = avg_pool2d(x, windows);
        assert_eq!(y.dims(), [2, 3, (8 + 2 - 3) / 2 + 1, 2], "avg_pool2d on {backend}");
    }
}

#[test]
fn every_function_runs_its_kernels() {
    for (backend, plain) in devices() {
        for device in [plain.clone(), plain.clone().autodiff()] {
            let none = FusedActivation::None;
            let x = || random([2, 3, 6, 6], &device);
            let (channels, square) = (|| random([3], &device), || random([3, 3, 2, 2], &device));
            let upsampling = ConvTransposeOptions::new([1, 1], [0, 0], [0, 0], [1, 1], 1);
            let affine = [channels(), channels()];
            let done = batch_norm2d(x(), channels(), channels(), 1e-5, relu(None));
            let behind = conv_norm2d(x(), square(), affine, plain_options(), 1e-5, relu(Some(2)));
            for (function, y) in [
                ("conv2d", conv2d(x(), square(), None, plain_options(), none)),
                ("conv_transpose2d", conv_transpose2d(x(), square(), None, upsampling, none)),
                ("batch_norm2d", done.output),
                ("conv_norm2d", behind.output),
                ("max_pool2d", max_pool2d(x(), MaxPoolOptions::new([2, 2]))),
                ("avg_pool2d", avg_pool2d(x(), AvgPoolOptions::new([2, 2]))),
            ] {
                let autodiff = device.is_autodiff();
                let stride = channel_stride(if autodiff { y.inner() } else { y });
                assert_eq!(stride, 1, "{function} on {backend}, autodiff: {autodiff}");
            }
        }
        let of = || random([3], &plain);
        let (x, moments) = (random([2, 3, 6, 6], &plain), [of(), of()]);
        let y = batch_norm2d_inference(x.clone(), [of(), of()], moments, 1e-5, relu(None));
        assert_eq!(channel_stride(y), 1, "batch_norm2d_inference on {backend}");
        let y = module::max_pool2d(x, MaxPoolOptions::new([2, 2]));
        assert_ne!(channel_stride(y), 1, "Burn's max_pool2d on {backend}");
    }
}

#[test]
fn an_empty_batch_gives_an_empty_output() {
    let device = Device::flex();
    let x = Tensor::<4>::zeros([0, 3, 5, 5], &device);
    let y = conv2d(x, random([4, 3, 3, 3], &device), None, plain_options(), FusedActivation::Relu);
    assert_eq!(y.dims(), [0, 4, 3, 3]);
}

#[test]
fn inputs_that_do_not_fit_panic() {
    for (backend, device) in devices() {
        let x = || random([2, 3, 6, 6], &device);
        let of = |count: usize| random([count], &device);
        let kernels = |channels, size| random([4, channels, size, size], &device);
        let convolve =
            |weight, bias| conv2d(x(), weight, bias, plain_options(), FusedActivation::None);
        panics(&format!("conv2d, other channels on {backend}"), || convolve(kernels(2, 3), None));
        panics(&format!("conv2d, long bias on {backend}"), || convolve(kernels(3, 3), Some(of(5))));
        panics(&format!("linear, other inputs on {backend}"), || {
            linear(random([2, 3], &device), random([4, 5], &device), None, FusedActivation::None)
        });
        for (gamma, beta) in [(2, 3), (4, 3), (3, 2), (3, 4)] {
            panics(&format!("batch_norm2d, {gamma} gammas, {beta} betas on {backend}"), || {
                batch_norm2d(x(), of(gamma), of(beta), 1e-5, Epilogue::default())
            });
        }
        for (mean, variance) in [(2, 3), (4, 3), (3, 2), (3, 4)] {
            panics(&format!("inference, {mean} means, {variance} variances on {backend}"), || {
                let moments = [of(mean), of(variance)];
                batch_norm2d_inference(x(), [of(3), of(3)], moments, 1e-5, Epilogue::default())
            });
        }
        panics(&format!("conv_norm2d, 3 gammas for 4 channels on {backend}"), || {
            let affine = [of(3), of(4)];
            conv_norm2d(x(), kernels(3, 3), affine, plain_options(), 1e-5, Epilogue::default())
        });
        panics(&format!("conv_norm2d, a shortcut of the input's shape on {backend}"), || {
            let epilogue = Epilogue { shortcut: Some(x()), ..Epilogue::default() };
            conv_norm2d(x(), kernels(3, 3), [of(4), of(4)], plain_options(), 1e-5, epilogue)
        });
        for shortcut in [[3, 3, 6, 6], [1, 3, 6, 6], [2, 3, 6, 7], [2, 3, 7, 6], [2, 6, 3, 6]] {
            panics(&format!("batch_norm2d, a shortcut of {shortcut:?} on {backend}"), || {
                let shortcut = Some(random(shortcut, &device));
                batch_norm2d(x(), of(3), of(3), 1e-5, Epilogue { shortcut, ..Epilogue::default() })
            });
        }
    }
}

#[test]
fn a_constant_channel_is_normalised_to_its_shift() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        for max_pool in [None, Some(2)] {
            let place = format!("{backend}, {max_pool:?}");
            let x = Tensor::<4>::full([3, 2, 4, 4], 0.7, &device).require_grad();
            let gamma = random([2], &device).require_grad();
            let beta = Tensor::<1>::from_floats([0.25, 0.5], &device).require_grad();
            let done = batch_norm2d(x.clone(), gamma.clone(), beta.clone(), 1e-5, relu(max_pool));
            for (index, y) in numbers(done.output.clone()).into_iter().enumerate() {
                let pixels = done.output.dims()[2..].iter().product::<usize>();
                let shift = [0.25, 0.5][index / pixels % 2];
                assert!((y - shift).abs() < 1e-3, "output {index} is {y} on {place}");
            }
            assert!(numbers(done.variance).iter().all(|v| v.abs() < 1e-9), "variance, {place}");
            let gradients = done.output.sum().backward();
            let of_x = numbers(x.grad(&gradients).expect("tracked"));
            let of_gamma = numbers(gamma.grad(&gradients).expect("tracked"));
            let of_beta = numbers(beta.grad(&gradients).expect("tracked"));
            let finite = [of_x, of_gamma, of_beta].concat().iter().all(|value| value.is_finite());
            assert!(finite, "the gradients of batch_norm2d are finite on {place}");
        }
    }
}

#[test]
fn a_scale_of_zero_gives_burns_gradients() {
    for (activation, max_pool) in [
        (FusedActivation::None, None),
        (FusedActivation::Relu, None),
        (FusedActivation::LeakyRelu(0.1), None),
    ] {
        let case =
            NormCase::new([3, 5, 4, 5]).with_epilogue(activation, max_pool).with_zero_scale();
        compare(&case).unwrap_or_else(|difference| panic!("{difference}\n{case:#?}"));
    }
    // All numbers of a window are equal: the first is the maximum, as in Burn.
    let case =
        NormCase::new([3, 5, 4, 4]).with_epilogue(FusedActivation::Relu, Some(2)).with_zero_scale();
    for (backend, device) in devices() {
        let found = case.run(Tape::kernels(device.autodiff(), DType::F32));
        for part in &found.gradients {
            let finite = part.values.iter().all(|value| value.is_finite());
            assert!(finite, "{} of batch_norm2d on {backend} is finite", part.name);
        }
        assert!(found.gradient("x").iter().all(|value| *value == 0.0), "of x on {backend}");
    }
}

#[test]
fn a_large_mean_costs_the_moments_no_digits() {
    let dims = [9, 20, 12, 12];
    let values = Operand::new("x", &dims, 34).around(1000.0, 1.0).values();
    let channels = |device: &Device, dtype| Tensor::<1>::ones([20], (device, dtype));
    let exact = {
        let (device, dtype) = (Device::flex(), DType::F64);
        let x = tensor(values.clone(), dims, &device, dtype);
        module::batch_norm_train(x, channels(&device, dtype), channels(&device, dtype), 1e-5)
    };
    for (backend, device) in devices() {
        let dtype = DType::F32;
        let affine = [channels(&device, dtype), channels(&device, dtype)];
        let x = tensor(values.clone(), dims, &device, dtype);
        let [gamma, beta] = affine;
        let found = batch_norm2d(x, gamma, beta, 1e-5, Epilogue::default());
        for (name, found, exact) in [
            ("mean", found.mean, exact.mean.clone()),
            ("variance", found.variance, exact.variance.clone()),
        ] {
            for (found, exact) in numbers(found).into_iter().zip(numbers(exact)) {
                let error = (found - exact).abs() / exact;
                assert!(error < 1e-5, "{name} of batch_norm2d is off by {error:.1e} on {backend}");
            }
        }
    }
}

/// A batch normalisation whose input is also its shortcut.
#[derive(Debug)]
struct ResidualCase(Operand);

impl Case for ResidualCase {
    fn run(&self, mut tape: Tape) -> RunResult {
        let x: Tensor<4> = tape.leaf(&self.0);
        let channels = [self.0.shape[1]];
        let [gamma, beta] =
            ["gamma", "beta"].map(|name| tape.leaf(&Operand::new(name, &channels, 9)));
        let output = match tape.implementation() {
            Implementation::Kernels => {
                let epilogue = Epilogue { shortcut: Some(x.clone()), ..relu(None) };
                batch_norm2d(x, gamma, beta, 1e-5, epilogue).output
            }
            Implementation::Burn => {
                let z = module::batch_norm_train(x.clone(), gamma, beta, 1e-5).output + x;
                tape.activate_and_pool(z, FusedActivation::Relu, None)
            }
        };
        tape.finish(output, &LossProbe { layout: MemoryLayout::Plain, seed: 10 })
    }
}

#[test]
fn a_tensor_that_is_used_twice_gets_both_gradients() {
    let case = ResidualCase(Operand::new("x", &[3, 5, 6, 7], 8));
    compare(&case).unwrap_or_else(|difference| panic!("{difference}\n{case:#?}"));
}

#[test]
fn gradient_checkpointing_changes_no_number() {
    let relu = FusedActivation::Relu;
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let fused = ConvNormCase::new([[3, 4, 9, 8], [5, 4, 3, 3]], options.clone(), relu, Some(2));
    let convolution = ConvCase::new([3, 4, 9, 8], 5, [3, 3], options);
    let pool = MaxPoolCase::new([3, 4, 9, 8], MaxPoolOptions::new([2, 2]));
    for (backend, device) in devices() {
        let cases: [&dyn Fn(Tape) -> RunResult; 3] =
            [&|tape| fused.run(tape), &|tape| convolution.run(tape), &|tape| pool.run(tape)];
        for (index, run) in cases.into_iter().enumerate() {
            let on = |device| run(Tape::kernels(device, DType::F32));
            let plain = on(device.clone().autodiff());
            let checkpointed = on(device.clone().autodiff().gradient_checkpointing());
            assert!(plain == checkpointed, "function {index} on {backend}");
        }
    }
}
