//! The kernels on the tensors of a CPU backend.

/// Evaluates the expression with `E` as the type of the tensor's elements.
macro_rules! with_float {
    ($tensor:expr, $number:ident => $work:expr) => {
        match $tensor.dtype() {
            DType::F64 => {
                type $number = f64;
                $work
            }
            _ => {
                type $number = f32;
                $work
            }
        }
    };
}

mod attention;
mod attention_gru;
mod convolution;
mod norm;
mod pool;
mod recurrent;
mod text;

use std::borrow::Cow;

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use crate::float::Float;
use crate::host::Host;
use crate::update::{self, AdamStep, SgdStep};

pub use attention::AttentionOp;
pub use attention_gru::{AttentionGruOp, AttentionGruResult, AttentionGruTensors};
pub use convolution::{ConvGradients, ConvOp, Direction, NeedsGradient};
pub use norm::{NormInputs, NormOp, NormOutput};
pub use pool::PoolOp;
pub use recurrent::GruOp;
pub use text::{CrossEntropyOp, embed, embed_backward, layer_norm, layer_norm_backward};

/// The elements of a one-dimensional tensor.
fn flat<B: Host, E: Float>(tensor: &FloatTensor<B>) -> Cow<'_, [E]> {
    let view = B::view::<E>(tensor);
    let [.., count] = view.dims;
    let [.., stride] = view.strides;
    if stride == 1 || count == 1 {
        return Cow::Borrowed(&view.data[view.offset..][..count]);
    }
    let place = |at: usize| (view.offset as isize + at as isize * stride) as usize;
    (0..count).map(|at| view.data[place(at)]).collect()
}

/// The elements of a tensor in row-major order.
fn rows<B: Host, E: Float>(tensor: &FloatTensor<B>) -> Cow<'_, [E]> {
    B::view::<E>(tensor).row_major()
}

/// The sizes of a tensor: batch, channels, height, width.
pub fn dims<B: Host>(tensor: &FloatTensor<B>) -> [usize; 4] {
    tensor.shape().as_slice().try_into().expect("four dimensions")
}

/// The sums of squares of a tensor's elements, one for each chunk.
pub fn sum_squares<B: Host>(x: &FloatTensor<B>) -> FloatTensor<B> {
    with_float!(x, E => {
        let view = B::view::<E>(x);
        let sums = crate::blocks::sum_squares(&view.dense());
        let count = sums.len();
        B::dense(sums, &[count])
    })
}

/// A step of SGD: the new parameter and velocity.
pub fn sgd<B: Host>(
    parameter: &FloatTensor<B>,
    gradient: &FloatTensor<B>,
    velocity: Option<&FloatTensor<B>>,
    step: SgdStep,
) -> (FloatTensor<B>, FloatTensor<B>) {
    with_float!(parameter, E => {
        let parameter = flat::<B, E>(parameter);
        let velocity = velocity.map(flat::<B, E>);
        let count = parameter.len();
        let new = update::sgd(&parameter, &flat::<B, E>(gradient), velocity, step);
        new.map(|new| B::dense(new, &[count])).into()
    })
}

/// A step of Adam: the new parameter, first and second moment.
pub fn adam<B: Host>(
    parameter: &FloatTensor<B>,
    gradient: &FloatTensor<B>,
    moments: [Option<&FloatTensor<B>>; 2],
    step: AdamStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    with_float!(parameter, E => {
        let parameter = flat::<B, E>(parameter);
        let moments = moments.map(|moment| moment.map(flat::<B, E>));
        let count = parameter.len();
        let new = update::adam(&parameter, &flat::<B, E>(gradient), moments, step);
        new.map(|new| B::dense(new, &[count])).into()
    })
}
