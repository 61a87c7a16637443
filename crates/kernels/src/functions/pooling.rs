//! Pooling.

use burn::backend::Dispatch;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Tensor, module};

use super::has_kernels;
use crate::compute::PoolOp;
use crate::extension::Kernels;
use crate::pool::{PoolGeometry, PoolKind};

/// Max pooling: the largest element of each window.
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, (height + 2 p - kernel_height) / s + 1, ...]`
///
/// A window larger than the padded image is left to Burn's operation: flex returns an empty output,
/// ndarray panics.
pub fn max_pool2d(x: Tensor<4>, options: MaxPoolOptions<2>) -> Tensor<4> {
    let MaxPoolOptions { kernel_size, stride, padding, dilation, ceil_mode } = options;
    let geometry = geometry(&x, kernel_size, stride, padding, true);
    match geometry.filter(|_| dilation == [1, 1] && !ceil_mode) {
        Some(geometry) => pool(x, geometry, PoolKind::Max),
        None => module::max_pool2d(x, options),
    }
}

/// Average pooling: the mean of each window.
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, (height + 2 p - kernel_height) / s + 1, ...]`
///
/// A window larger than the padded image is left to Burn's operation: flex returns an empty output,
/// ndarray panics.
pub fn avg_pool2d(x: Tensor<4>, options: AvgPoolOptions<2>) -> Tensor<4> {
    let AvgPoolOptions { kernel_size, stride, padding, count_include_pad, ceil_mode } = options;
    let geometry = geometry(&x, kernel_size, stride, padding, count_include_pad);
    match geometry.filter(|_| !ceil_mode) {
        Some(geometry) => pool(x, geometry, PoolKind::Average),
        None => module::avg_pool2d(x, options),
    }
}

/// The geometry of a pooling layer; None if the kernels do not cover it.
fn geometry(
    x: &Tensor<4>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [(usize, usize); 2],
    count_padding: bool,
) -> Option<PoolGeometry> {
    let [_, _, height, width] = x.dims();
    let input = [height, width];
    let covered = (0..2).all(|axis| {
        let (before, behind) = padding[axis];
        // No window lies in the padding alone.
        before == behind
            && 2 * before <= kernel[axis]
            && kernel[axis] <= input[axis] + 2 * before
            && stride[axis] > 0
    });
    let padding = padding.map(|(before, _)| before);
    (covered && has_kernels(x)).then_some(PoolGeometry {
        input,
        kernel,
        stride,
        padding,
        count_padding,
    })
}

fn pool(x: Tensor<4>, geometry: PoolGeometry, kind: PoolKind) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Kernels>::pool(x.into_dispatch(), PoolOp { geometry, kind }))
}
