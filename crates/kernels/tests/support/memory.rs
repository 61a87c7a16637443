//! The backends that have kernels, and the strides of their tensors.
#![expect(deprecated, reason = "ndarray is supported here as long as Burn has it")]

use burn::backend::Flex;
use burn::tensor::{Device, Tensor};
use burn_ndarray::{NdArray, NdArrayTensor};

/// The backends that have kernels.
pub fn devices() -> [(&'static str, Device); 2] {
    [("flex", Device::flex()), ("ndarray", Device::ndarray())]
}

/// The stride from channel to channel, which is 1 in the output of a kernel.
pub fn channel_stride(images: Tensor<4>) -> isize {
    if let Ok(tensor) = images.clone().try_into_primitive::<Flex>() {
        return tensor.layout().strides()[1];
    }
    match images.try_into_primitive::<NdArray>() {
        Ok(NdArrayTensor::F32(storage)) => storage.view().strides()[1],
        _ => panic!("images of f32 on flex or ndarray"),
    }
}
