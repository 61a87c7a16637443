//! Fast convolution, pooling, batch normalisation and updates of weights on the CPU for [Burn](burn).
//!
//! Plain functions over Burn's tensors, with gradients: [`conv2d`], [`conv_transpose2d`],
//! [`linear`], [`batch_norm2d`], [`conv_norm2d`], [`max_pool2d`], [`avg_pool2d`]; without, the update
//! rules [`sgd_step`] and [`adam_step`]. On the CPU
//! backends that are compiled in (features `flex` and `ndarray`) they run the kernels of this
//! crate; on every other backend, and for what the kernels do not cover (groups, dilation, other
//! numbers than `f32` and `f64`), Burn's own operations.
//!
//! ```
//! # #[cfg(feature = "flex")] {
//! use burn::tensor::ops::ConvOptions;
//! use burn::tensor::{Device, Tensor};
//! use hearth_kernels::{FusedActivation, conv2d};
//!
//! let device = Device::flex();
//! let pictures = Tensor::<4>::ones([8, 3, 32, 32], &device);
//! let weights = Tensor::<4>::ones([16, 3, 3, 3], &device);
//! let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
//! let features = conv2d(pictures, weights, None, options, FusedActivation::Relu);
//! assert_eq!(features.dims(), [8, 16, 32, 32]);
//! # }
//! ```
//!
//! Results depend on the sizes and on the processor's vector instructions, and on nothing else:
//! work is cut by shape, and what is cut is summed in order, so that neither the number of threads
//! nor their timing changes a bit.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `functions` | the functions, and when they fall back to Burn's |
//! | `extension`, `backward` | the kernels as operations of Burn's backends, and their backward passes |
//! | `compute`, `host` | from the tensors of flex and ndarray to slices and back |
//! | `conv`, `patches` | convolution and its gradients; the matrix products in them |
//! | `norm`, `pool` | batch normalisation, pooling |
//! | `update` | the update rules of optimisers |
//! | `blocks`, `float`, `view` | loops over channels; numbers and vectors; memory layout |

// Registers and uninitialised buffers need it; each block says why it holds.
#![allow(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]
// What runs in a tile or a block has to be compiled for the processor's own vectors, and only
// what is inlined into the code that was chosen for it is.
#![allow(clippy::inline_always)]
// Sizes of tensors are far below 2^63.
#![allow(clippy::cast_possible_wrap)]
// Without a CPU backend every function is Burn's own operation, and the kernels wait.
#![cfg_attr(not(any(feature = "flex", feature = "ndarray")), allow(unused))]

#[macro_use]
mod compute;
mod backward;
mod blocks;
mod conv;
mod extension;
mod float;
mod functions;
mod host;
mod norm;
mod patches;
mod pool;
mod update;
mod view;

pub use functions::{
    AnyConvOptions, BatchNormOutput, Epilogue, FusedActivation, adam_step, avg_pool2d,
    batch_norm2d, batch_norm2d_inference, conv_norm2d, conv_transpose2d, conv2d, dropout_mask,
    is_host, linear, max_pool2d, sgd_step, sum_of_squares,
};
pub use update::{AdamStep, SgdStep};
