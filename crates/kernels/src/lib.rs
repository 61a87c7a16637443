//! Fast convolution, pooling, normalisation, embedding, cross-entropy and optimiser steps on the CPU for
//! [Burn](burn).
//!
//! The functions take Burn's tensors. [`conv2d`], [`conv_transpose2d`], [`linear`], [`batch_norm2d`],
//! [`conv_norm2d`], [`max_pool2d`], [`avg_pool2d`], [`gru`], [`attention()`], [`attention_gru`], [`embedding`],
//! [`cross_entropy`] and [`layer_norm`] have gradients; the update rules [`sgd_step`] and [`adam_step`] have none. On the CPU
//! backends that are compiled in (features `flex` and `ndarray`) they run the kernels of this crate. Other
//! backends, groups, dilation and element types other than `f32` and `f64` are left to Burn's own operations.
//!
//! ```
//! # #[cfg(feature = "flex")] {
//! use burn::tensor::ops::ConvOptions;
//! use burn::tensor::{Device, Tensor};
//! use hearth_kernels::{FusedActivation, conv2d};
//!
//! let device = Device::flex();
//! let images = Tensor::<4>::ones([8, 3, 32, 32], &device);
//! let weights = Tensor::<4>::ones([16, 3, 3, 3], &device);
//! let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
//! let features = conv2d(images, weights, None, options, FusedActivation::Relu);
//! assert_eq!(features.dims(), [8, 16, 32, 32]);
//! # }
//! ```
//!
//! Results depend only on the shapes and on the processor's vector instructions: work is cut by shape,
//! and partial sums are added in order, so that neither the number of threads nor their timing changes a
//! bit.
//!
//! | module | contents |
//! | --- | --- |
//! | `functions` | the public functions, and their fallback to Burn's |
//! | `extension`, `backward` | the kernels as operations of Burn's backends, and their backward passes |
//! | `compute`, `host` | the conversion of the tensors of flex and ndarray to slices and back |
//! | `conv`, `patches` | convolution and its gradients; the matrix products in them |
//! | `norm`, `pool` | batch normalisation, pooling |
//! | `text` | embedding, cross-entropy, layer normalisation |
//! | `recurrent` | recurrences over whole sequences, and their gradients |
//! | `matrix`, `reduce` | matrix products, sums and softmax of sequences |
//! | `attention` | scaled dot-product attention and its gradients |
//! | `update` | the update rules of optimisers |
//! | `blocks`, `rows` | loops over channels and over rows |
//! | `float` | element types and vectors; the exponential function and the hyperbolic tangent |
//! | `view`, `tokens` | memory layout; token ids |

// For vector registers and uninitialised buffers; each block states why it is sound.
#![allow(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]
// The code of a tile or a block must be compiled for the processor's vectors, and only code inlined
// into the dispatched function is.
#![allow(clippy::inline_always)]
// Sizes of tensors are far below 2^63.
#![allow(clippy::cast_possible_wrap)]
// Without a CPU backend every function is Burn's own operation, and the kernels are unused.
#![cfg_attr(not(any(feature = "flex", feature = "ndarray")), allow(unused))]

#[macro_use]
mod compute;
mod attention;
mod backward;
mod blocks;
mod conv;
mod extension;
mod float;
mod functions;
mod host;
mod lengths;
mod matrix;
mod norm;
mod patches;
mod pool;
mod recurrent;
mod reduce;
mod rows;
mod text;
mod tokens;
mod update;
mod view;

pub use attention::AttentionMask;
pub use functions::{
    AnyConvOptions, AttentionGruInputs, AttentionGruOutput, AttentionGruParameters,
    BatchNormOutput, Epilogue, FusedActivation, adam_step, attention, attention_gru,
    attention_weights, avg_pool2d, batch_norm2d, batch_norm2d_inference, composed, conv_norm2d,
    conv_transpose2d, conv2d, cross_entropy, dropout_mask, embedding, gru, is_host, layer_norm,
    linear, max_pool2d, sgd_step, sum_of_squares,
};
pub use lengths::Lengths;
pub use recurrent::Direction;
pub use tokens::Tokens;
pub use update::{AdamStep, SgdStep};
