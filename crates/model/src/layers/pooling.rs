//! Pooling.

use burn::tensor::Tensor;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use hearth_config::Pooling;

/// 2x2 pooling with stride 2: `[batch, channels, height, width]` to
/// `[batch, channels, height / 2, width / 2]`. An odd last row or column is left out.
pub fn pool(kind: Pooling, x: Tensor<4>) -> Tensor<4> {
    match kind {
        Pooling::Max => {
            hearth_kernels::max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2]))
        }
        Pooling::Average => {
            hearth_kernels::avg_pool2d(x, AvgPoolOptions::new([2, 2]).with_stride([2, 2]))
        }
    }
}
