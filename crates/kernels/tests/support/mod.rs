//! Running one function by this crate's kernels or by Burn's operations, and comparing the two.

mod memory;
mod operand;
mod outcome;
mod tape;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::DType;
use burn::tensor::ops::ConvOptions;
use hearth_kernels::{Epilogue, FusedActivation};

pub use memory::{channel_stride, devices};
pub use operand::{Layout, Operand, lay_out, numbers, random, tensor, uniform};
pub use outcome::Outcome;
pub use tape::{Probe, Side, Tape};

/// A function with its inputs.
pub trait Case: std::fmt::Debug {
    /// Applies the function on the tape's side, and goes back through it.
    fn run(&self, tape: Tape) -> Outcome;
}

/// A ReLU behind a normalisation, and the largest of each window.
pub fn relu(max_pool: Option<usize>) -> Epilogue {
    Epilogue { activation: FusedActivation::Relu, max_pool, ..Epilogue::default() }
}

/// From pixel to pixel, without a margin.
pub fn plain_options() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [0, 0], [1, 1], 1)
}

/// The largest relative errors that pass.
pub const TOLERANCES: [(DType, f64); 2] = [(DType::F32, 1e-5), (DType::F64, 1e-10)];

/// Burn's answer in f64 on flex.
pub fn reference(case: &impl Case) -> Outcome {
    case.run(Tape::burn())
}

/// Compares the kernels with Burn's answer in f64, on every backend and for both number types,
/// with and without gradients. The error says where they differ.
pub fn compare(case: &impl Case) -> Result<(), String> {
    let expected = reference(case);
    for (backend, device) in devices() {
        for (dtype, tolerance) in TOLERANCES {
            for device in [device.clone(), device.clone().autodiff()] {
                let gradients = device.is_autodiff();
                let tape = Tape::kernels(device, dtype).weighted_as(&expected);
                let place = format!("{backend}, {dtype:?}, with gradients: {gradients}");
                catch_unwind(AssertUnwindSafe(|| case.run(tape)))
                    .map_err(|_| format!("{place}: panicked"))?
                    .differs(&expected, tolerance)
                    .map_or(Ok(()), |difference| Err(format!("{place}: {difference}")))?;
            }
        }
    }
    Ok(())
}
