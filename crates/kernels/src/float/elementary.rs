//! Hyperbolic tangent and logistic function that the compiler vectorises.
//!
//! Those of the standard library are calls, one for each number. In `f32` these are short polynomials
//! without a branch, accurate to a few units in the last place; in `f64`, which is for tests, they are the
//! standard library's.

use crate::float::Float;

/// The functions. NaN propagates.
pub trait Elementary: Float {
    /// The hyperbolic tangent.
    fn fast_tanh(self) -> Self;

    /// The logistic function, `1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2`.
    #[inline(always)]
    fn fast_sigmoid(self) -> Self {
        let half = Self::from_f64(0.5);
        half + half * (half * self).fast_tanh()
    }
}

/// The value at `x` of the polynomial with these coefficients, the highest power's first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value * x + coefficient;
    }
    value
}

impl Elementary for f32 {
    /// The rational function of the library Eigen: `x p(x^2) / q(x^2)` up to the point where the nearest
    /// number to the tangent is 1.
    #[inline(always)]
    fn fast_tanh(self) -> Self {
        const HIGHEST: f32 = 7.905_311;
        const NUMERATOR: [f32; 7] = [
            -2.760_768_5e-16,
            2.000_188e-13,
            -8.604_672e-11,
            5.122_297e-8,
            1.485_722_4e-5,
            6.372_619e-4,
            4.893_524_6e-3,
        ];
        const DENOMINATOR: [f32; 4] =
            [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];
        let x = if self < -HIGHEST { -HIGHEST } else { self };
        let x = if x > HIGHEST { HIGHEST } else { x };
        let square = x * x;
        x * polynomial(square, NUMERATOR) / polynomial(square, DENOMINATOR)
    }
}

impl Elementary for f64 {
    fn fast_tanh(self) -> Self {
        self.tanh()
    }
}

#[cfg(test)]
mod tests {
    use super::Elementary;

    /// Numbers around zero, from small to large.
    fn numbers(largest: f32) -> impl Iterator<Item = f32> {
        let even = (-200_000..=200_000).map(move |at| at as f32 / 200_000.0 * largest);
        let small = (0..60).flat_map(|power| [1.0, -1.3].map(|x: f32| x * 0.5_f32.powi(power)));
        even.chain(small)
    }

    #[test]
    fn tangent_is_accurate_to_its_last_digits() {
        for x in numbers(12.0) {
            let exact = f64::from(x).tanh();
            let found = f64::from(x.fast_tanh());
            let error = (found - exact).abs() / exact.abs().max(f64::MIN_POSITIVE);
            assert!(error < 5e-7, "tanh({x}) is off by {error:.1e}");
            assert!(found.abs() <= 1.0, "tanh({x}) is {found}");
        }
        let ends = [f32::NEG_INFINITY, f32::INFINITY].map(|x| x.fast_tanh().round().to_bits());
        assert_eq!(ends, [-1.0_f32, 1.0].map(f32::to_bits));
        assert!(f32::NAN.fast_tanh().is_nan());
    }

    #[test]
    fn logistic_function_is_accurate() {
        for x in numbers(30.0) {
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            let error = (f64::from(x.fast_sigmoid()) - exact).abs();
            assert!(error < 2.5e-7, "sigmoid({x}) is off by {error:.1e}");
        }
        assert!(f32::NAN.fast_sigmoid().is_nan());
    }
}
