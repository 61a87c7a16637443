//! Tensors of the CPU backends as slices.

use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

use crate::float::Float;
use crate::view::{StridedView, channels_last_strides};

/// A backend whose tensors lie in the program's memory.
pub trait Host: Backend {
    /// A view of a tensor of up to four dimensions, with missing dimensions of size 1 in front.
    ///
    /// # Panics
    ///
    /// If the tensor's elements are not of type `E`.
    fn view<E: Float>(tensor: &FloatTensor<Self>) -> StridedView<'_, E>;

    /// A tensor of these elements with these strides, in elements.
    fn tensor<E: Float>(data: Vec<E>, shape: &[usize], strides: &[usize]) -> FloatTensor<Self>;

    /// A tensor `[batch, channels, height, width]` of elements in the order batch, height, width, channels.
    fn channels_last<E: Float>(data: Vec<E>, dims: [usize; 4]) -> FloatTensor<Self> {
        Self::tensor(data, &dims, &channels_last_strides(dims))
    }

    /// A contiguous tensor in row-major order.
    fn dense<E: Float>(data: Vec<E>, shape: &[usize]) -> FloatTensor<Self> {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self::tensor(data, shape, &strides)
    }
}

/// Pads a shape or strides in front to four dimensions.
#[cfg(any(feature = "flex", feature = "ndarray"))]
fn four<T: Copy>(values: impl ExactSizeIterator<Item = T>, missing: T) -> [T; 4] {
    let mut four = [missing; 4];
    let first = 4_usize.checked_sub(values.len()).expect("at most four dimensions");
    for (slot, value) in four[first..].iter_mut().zip(values) {
        *slot = value;
    }
    four
}

#[cfg(feature = "flex")]
mod flex {
    use burn::backend::Flex;
    use burn::tensor::{Bytes, Shape};
    use burn_flex::{FlexTensor, Layout};

    use super::{Float, Host, StridedView, four};

    impl Host for Flex {
        fn view<E: Float>(tensor: &FlexTensor) -> StridedView<'_, E> {
            let layout = tensor.layout();
            StridedView {
                data: tensor.storage(),
                offset: layout.start_offset(),
                dims: four(layout.shape().iter().copied(), 1),
                strides: four(layout.strides().iter().copied(), 0),
            }
        }

        fn tensor<E: Float>(data: Vec<E>, shape: &[usize], strides: &[usize]) -> FlexTensor {
            let strides = strides.iter().map(|stride| *stride as isize).collect();
            let layout = Layout::new(Shape::from(shape.to_vec()), strides, 0);
            FlexTensor::new(Bytes::from_elems(data), layout, E::dtype())
        }
    }
}

#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "supported here as long as Burn has it")]
mod ndarray_backend {
    use burn::backend::NdArray;
    use burn_ndarray::NdArrayTensor;
    use bytemuck::allocation::cast_vec;
    use ndarray::{ArcArray, ArrayViewD, IxDyn, ShapeBuilder};

    use super::{Float, Host, StridedView, four};

    impl Host for NdArray {
        fn view<E: Float>(tensor: &NdArrayTensor) -> StridedView<'_, E> {
            match tensor {
                NdArrayTensor::F32(storage) => view(&storage.view()),
                NdArrayTensor::F64(storage) => view(&storage.view()),
                _ => panic!("a tensor of 32- or 64-bit floats"),
            }
        }

        fn tensor<E: Float>(data: Vec<E>, shape: &[usize], strides: &[usize]) -> NdArrayTensor {
            if size_of::<E>() == size_of::<f32>() {
                array::<f32>(cast_vec(data), shape, strides).into()
            } else {
                array::<f64>(cast_vec(data), shape, strides).into()
            }
        }
    }

    fn array<S>(data: Vec<S>, shape: &[usize], strides: &[usize]) -> ArcArray<S, IxDyn> {
        let layout = IxDyn(shape).strides(IxDyn(strides));
        let array = ArcArray::from_shape_vec(layout, data);
        array.expect("as many elements as the shape has, each at an address of its own")
    }

    /// A view of the storage that the array spans, from its lowest address to its highest.
    fn view<'a, S: bytemuck::Pod, E: Float>(array: &ArrayViewD<'a, S>) -> StridedView<'a, E> {
        let reach = |wanted: fn(isize) -> bool| -> isize {
            let ends = array.shape().iter().zip(array.strides());
            ends.map(|(size, stride)| (*size as isize - 1).max(0) * stride)
                .filter(|end| wanted(*end))
                .sum()
        };
        let (lowest, highest) = (reach(|end| end < 0), reach(|end| end > 0));
        let length = if array.is_empty() { 0 } else { (highest - lowest) as usize + 1 };
        // SAFETY: both ends of the span are elements of the array, so that all between lies in the
        // array's one allocation, which is initialised as a whole and borrowed with the tensor.
        let span = unsafe { std::slice::from_raw_parts(array.as_ptr().offset(lowest), length) };
        StridedView {
            data: bytemuck::cast_slice(span),
            offset: if length == 0 { 0 } else { -lowest as usize },
            dims: four(array.shape().iter().copied(), 1),
            strides: four(array.strides().iter().copied(), 0),
        }
    }
}
