//! Sums over the rows of matrices.

use pulp::Simd;

use crate::float::Float;

/// The number of rows of this width in a task, whose elements fit a core's cache.
pub fn rows_per_task(width: usize) -> usize {
    const ELEMENTS: usize = 1 << 13;
    (ELEMENTS / width.max(1)).max(1)
}

/// The number of elements summed in their own precision.
pub const SHORT_SUM: usize = 1 << 10;

/// The number of vectors that are summed side by side, since each addition waits for the one before.
const VECTORS: usize = 4;

/// The sum of the elements.
#[inline(always)]
pub fn sum<E: Float, S: Simd>(simd: S, numbers: &[E]) -> f64 {
    let one = E::splat(simd, E::from_f64(1.0));
    let add = |x, _, sum| E::mul_add(simd, x, one, sum);
    sum_pairs(simd, numbers, numbers, add, |x, _| x)
}

/// The scalar product of two slices of one length.
#[inline(always)]
pub fn dot<E: Float, S: Simd>(simd: S, left: &[E], right: &[E]) -> f64 {
    let add = |x, y, sum| E::mul_add(simd, x, y, sum);
    sum_pairs(simd, left, right, add, |x, y| x * y)
}

/// The sum of `term` over pairs of elements, which `add` adds in vectors: short sums, in order, in f64.
#[inline(always)]
fn sum_pairs<E: Float, S: Simd>(
    simd: S,
    left: &[E],
    right: &[E],
    add: impl Fn(E::Vector<S>, E::Vector<S>, E::Vector<S>) -> E::Vector<S>,
    term: impl Fn(E, E) -> E,
) -> f64 {
    let mut total = 0.0;
    for (left, right) in left.chunks(SHORT_SUM).zip(right.chunks(SHORT_SUM)) {
        let (left, left_end) = E::vectors::<S>(left);
        let (right, right_end) = E::vectors::<S>(right);
        let (left, left_rest) = left.as_chunks::<VECTORS>();
        let (right, right_rest) = right.as_chunks::<VECTORS>();
        let mut sums = [E::splat(simd, E::default()); VECTORS];
        for (left, right) in left.iter().zip(right) {
            for i in 0..VECTORS {
                sums[i] = add(left[i], right[i], sums[i]);
            }
        }
        for (sum, (left, right)) in sums.iter_mut().zip(left_rest.iter().zip(right_rest)) {
            *sum = add(*left, *right, *sum);
        }
        for sum in sums {
            total += E::sum_lanes(simd, sum).into_f64();
        }
        for (left, right) in left_end.iter().zip(right_end) {
            total += term(*left, *right).into_f64();
        }
    }
    total
}

/// The largest element; NaN if the first one is.
#[inline(always)]
pub fn maximum<E: Float>(numbers: &[E]) -> E {
    const LANES: usize = 32;
    let larger = |x: E, y: E| if x > y { x } else { y };
    let mut largest = [numbers[0]; LANES];
    let (blocks, rest) = numbers.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            largest[i] = larger(block[i], largest[i]);
        }
    }
    let all = largest.into_iter().chain(rest.iter().copied());
    all.fold(numbers[0], |largest, number| larger(number, largest))
}
