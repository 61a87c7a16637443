//! The element types of the kernels, `f32` and `f64`, and their SIMD vectors.

pub mod elementary;
pub mod exponential;

use std::cell::RefCell;
use std::thread::LocalKey;

use burn::tensor::Element;
use pulp::Simd;

use self::exponential::Exponential;

/// An element type: `f32` or `f64`.
pub trait Float:
    Element
    + Exponential
    + bytemuck::Pod
    + Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::AddAssign
    + 'static
{
    /// A SIMD vector.
    type Vector<S: Simd>: Copy;

    /// The number of elements in a [`Float::Vector`].
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Vector<S>>() / size_of::<Self>()
    }

    /// A vector with the same number in every lane.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;

    /// `a * b + c`, with a single rounding on processors with fused multiply-add.
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;

    /// The whole vectors of a slice, and the elements behind the last one.
    fn vectors<S: Simd>(numbers: &[Self]) -> (&[Self::Vector<S>], &[Self]);

    /// The sum of a vector's lanes.
    fn sum_lanes<S: Simd>(simd: S, vector: Self::Vector<S>) -> Self;

    /// The nearest number of this type to `value`.
    fn from_f64(value: f64) -> Self;

    /// The same number as `f64`.
    fn into_f64(self) -> f64;

    /// The square root.
    fn sqrt(self) -> Self;

    /// True for NaN.
    fn is_nan(self) -> bool;

    /// The thread's scratch buffers, kept from call to call.
    fn scratch() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>>;
}

macro_rules! float {
    ($number:ty, $vector:ident, $splat:ident, $mul_add:ident, $split:ident, $sum:ident) => {
        impl Float for $number {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$vector {
                simd.$splat(value)
            }

            #[inline(always)]
            fn mul_add<S: Simd>(
                simd: S,
                a: S::$vector,
                b: S::$vector,
                c: S::$vector,
            ) -> S::$vector {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn vectors<S: Simd>(numbers: &[Self]) -> (&[S::$vector], &[Self]) {
                S::$split(numbers)
            }

            #[inline(always)]
            fn sum_lanes<S: Simd>(simd: S, vector: S::$vector) -> Self {
                simd.$sum(vector)
            }

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn into_f64(self) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                self.is_nan()
            }

            fn scratch() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>> {
                thread_local! {
                    static BUFFERS: RefCell<Vec<Vec<$number>>> = const { RefCell::new(Vec::new()) };
                }
                &BUFFERS
            }
        }
    };
}

float!(f32, f32s, splat_f32s, mul_add_e_f32s, as_simd_f32s, reduce_sum_f32s);
float!(f64, f64s, splat_f64s, mul_add_e_f64s, as_simd_f64s, reduce_sum_f64s);

/// Calls `work` with a scratch buffer of `length` elements, whose values are unspecified.
///
/// The thread keeps the buffer afterwards, so that training steps do not request the same pages from
/// the operating system again.
pub fn with_scratch<E: Float, R>(length: usize, work: impl FnOnce(&mut [E]) -> R) -> R {
    let mut buffer = E::scratch().with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < length {
        buffer.resize(length, E::default());
    }
    let result = work(&mut buffer[..length]);
    E::scratch().with_borrow_mut(|kept| kept.push(buffer));
    result
}
