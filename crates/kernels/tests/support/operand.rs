//! Inputs of test cases, with different memory layouts.

use burn::tensor::{DType, Device, Slice, Tensor, TensorData};
use proptest::prelude::*;
use proptest::sample::subsequence;

/// The memory layout of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum MemoryLayout {
    /// Contiguous, row-major.
    Plain,
    /// Contiguous with permuted axes: axis i of the tensor is axis `axes[i]` of the storage.
    Permuted(Vec<usize>),
    /// Reversed along these axes.
    Flipped(Vec<usize>),
    /// A slice of a larger tensor, surrounded by NaNs.
    Cropped,
    /// Every second element along each axis, with NaNs between them.
    Stepped,
    /// One sample expanded to the whole batch, with stride 0.
    Repeated,
}

/// Any layout of a tensor of this rank.
pub fn layout(rank: usize) -> BoxedStrategy<MemoryLayout> {
    let axes: Vec<usize> = (0..rank).collect();
    prop_oneof![
        3 => Just(MemoryLayout::Plain),
        3 => Just(axes.clone()).prop_shuffle().prop_map(MemoryLayout::Permuted),
        2 => subsequence(axes, 1..=rank).prop_map(MemoryLayout::Flipped),
        1 => Just(MemoryLayout::Cropped),
        1 => Just(MemoryLayout::Stepped),
        1 => Just(MemoryLayout::Repeated),
    ]
    .boxed()
}

/// Uniform random numbers between -1 and 1 that follow from `seed`, each exact in f32.
pub fn uniform(seed: u64, count: usize) -> Vec<f64> {
    // Steele, Lea and Flood 2014: SplitMix.
    let number = |index: u64| {
        let mut bits = seed.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from((bits >> 11) as f32 / (1_u64 << 52) as f32 - 1.0)
    };
    (0..count as u64).map(number).collect()
}

/// An input of a function: its elements are `max(centre + spread u, floor)` with u between -1 and 1.
#[derive(Clone, Debug)]
pub struct Operand {
    pub name: &'static str,
    pub shape: Vec<usize>,
    pub layout: MemoryLayout,
    pub centre: f64,
    pub spread: f64,
    pub floor: f64,
    pub seed: u64,
    /// True if its gradient is computed.
    pub tracked: bool,
}

impl Operand {
    /// Plain and tracked, between -1 and 1.
    pub fn new(name: &'static str, shape: &[usize], seed: u64) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
            layout: MemoryLayout::Plain,
            centre: 0.0,
            spread: 1.0,
            floor: f64::NEG_INFINITY,
            seed,
            tracked: true,
        }
    }

    /// In any layout, and most often tracked.
    pub fn any(name: &'static str, shape: &[usize]) -> BoxedStrategy<Self> {
        let operand = Self::new(name, shape, 0);
        (layout(shape.len()), any::<u64>(), prop::bool::weighted(0.85))
            .prop_map(move |(layout, seed, tracked)| Self {
                layout,
                seed,
                tracked,
                ..operand.clone()
            })
            .boxed()
    }

    /// With elements from `centre - spread` to `centre + spread`.
    pub fn around(self, centre: f64, spread: f64) -> Self {
        Self { centre, spread, ..self }
    }

    /// With many equal elements, as an image's background.
    pub fn above(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// The elements in row-major order.
    pub fn values(&self) -> Vec<f64> {
        let count = self.shape.iter().product();
        let distinct =
            if self.layout == MemoryLayout::Repeated { count / self.shape[0] } else { count };
        let values = uniform(self.seed, distinct);
        let number = |u: f64| (self.centre + self.spread * u).max(self.floor);
        let rounded = values.into_iter().map(|u| f64::from(number(u) as f32)).collect::<Vec<_>>();
        rounded.into_iter().cycle().take(count).collect()
    }

    /// The axes' sizes.
    pub fn dims<const D: usize>(&self) -> [usize; D] {
        self.shape.as_slice().try_into().expect("as many axes as the function's input has")
    }
}

/// A tensor of these elements.
pub fn tensor<const D: usize>(
    values: Vec<f64>,
    dims: [usize; D],
    device: &Device,
    dtype: DType,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (device, dtype))
}

/// A tensor of f32 between -1 and 1.
pub fn random<const D: usize>(dims: [usize; D], device: &Device) -> Tensor<D> {
    tensor(uniform(31, dims.iter().product()), dims, device, DType::F32)
}

/// The elements of a tensor in row-major order.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data_dtype(DType::F64).try_into_vec().expect("they are f64 now")
}

/// The same tensor with this memory layout.
pub fn lay_out<const D: usize>(tensor: Tensor<D>, layout: &MemoryLayout) -> Tensor<D> {
    let (device, dtype, dims) = (tensor.device(), tensor.dtype(), tensor.dims());
    let stored = |tensor: Tensor<D>| Tensor::<D>::from_data(tensor.into_data(), (&device, dtype));
    let all_nan = |dims| Tensor::<D>::full(dims, f32::NAN, (&device, dtype));
    match layout {
        MemoryLayout::Plain => tensor,
        MemoryLayout::Permuted(axes) => {
            let axes: [usize; D] = axes.as_slice().try_into().expect("an order of all axes");
            let mut inverse = axes;
            for (axis, from) in axes.into_iter().enumerate() {
                inverse[from] = axis;
            }
            stored(tensor.permute(inverse)).permute(axes)
        }
        MemoryLayout::Flipped(axes) => {
            let flip =
                |tensor: Tensor<D>| axes.iter().fold(tensor, |tensor, axis| tensor.flip([*axis]));
            flip(stored(flip(tensor)))
        }
        MemoryLayout::Cropped => {
            let inside = dims.map(|size| 1..size + 1);
            let margined = all_nan(dims.map(|size| size + 3)).slice_assign(inside.clone(), tensor);
            stored(margined).slice(inside)
        }
        MemoryLayout::Stepped => {
            let every_second = dims.map(|size| Slice::from_range_stepped(1..2 * size + 1, 2));
            let spread = all_nan(dims.map(|size| 2 * size + 1)).slice_assign(every_second, tensor);
            stored(spread).slice(every_second)
        }
        MemoryLayout::Repeated => {
            let mut first = dims.map(|size| 0..size);
            first[0] = 0..1;
            stored(tensor.slice(first)).expand(dims)
        }
    }
}
