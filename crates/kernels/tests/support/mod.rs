//! A function run by this crate's kernels and by Burn's operations, and the comparison of the two.

mod memory;
mod operand;
mod run_result;
mod tape;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::DType;
use burn::tensor::ops::ConvOptions;
use hearth_kernels::{Epilogue, FusedActivation};

pub use memory::{channel_stride, devices};
pub use operand::{MemoryLayout, Operand, lay_out, numbers, random, tensor, uniform};
pub use run_result::RunResult;
pub use tape::{Implementation, LossProbe, Tape};

/// A test case: a function and its inputs.
pub trait Case: std::fmt::Debug {
    /// Runs the function by the tape's implementation, forward and backward.
    fn run(&self, tape: Tape) -> RunResult;
}

/// An epilogue of ReLU and max pooling.
pub fn relu(max_pool: Option<usize>) -> Epilogue {
    Epilogue { activation: FusedActivation::Relu, max_pool, ..Epilogue::default() }
}

/// Options with stride 1 and without padding.
pub fn plain_options() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [0, 0], [1, 1], 1)
}

/// Checks that `work` panics.
pub fn panics<T>(what: &str, work: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(work)).is_err(), "{what} passes");
}

/// The largest relative errors that pass.
pub const TOLERANCES: [(DType, f64); 2] = [(DType::F32, 1e-5), (DType::F64, 1e-10)];

/// The result of Burn's operations in f64 on flex.
pub fn reference(case: &impl Case) -> RunResult {
    case.run(Tape::burn())
}

/// Compares the kernels with Burn's operations in f64, on every backend and for both element types, with
/// and without gradients.
///
/// # Errors
///
/// If they differ; the error describes the difference.
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
