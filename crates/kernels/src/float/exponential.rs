//! The exponential function, as arithmetic that the compiler vectorises.

/// A number type with an exponential function that has neither a branch nor a call.
pub trait Exponential: Sized {
    /// `exp(self)`, within two units in the last place.
    ///
    /// Results below the smallest normal number are 0, and those above half of the largest number are
    /// infinite. NaN stays NaN.
    fn quick_exp(self) -> Self;
}

/// The coefficients `1 / k!` of the Taylor series.
const fn coefficients<const N: usize>() -> [f64; N] {
    let mut all = [1.0; N];
    let mut k = 1;
    while k < N {
        all[k] = all[k - 1] / k as f64;
        k += 1;
    }
    all
}

macro_rules! exponential {
    ($number:ident, $bits:ty, $terms:literal, $ln_2:expr) => {
        impl Exponential for $number {
            #[inline(always)]
            fn quick_exp(self) -> Self {
                const COEFFICIENTS: [f64; $terms] = coefficients();
                // The first part has so few digits that its multiples by whole exponents are exact.
                const LN_2: [$number; 2] = $ln_2;
                const DIGITS: u32 = $number::MANTISSA_DIGITS - 1;
                // Adding this number rounds to an integer, which then lies in the lowest bits.
                const ROUNDER: $number = 1.5 * (1_u64 << DIGITS) as $number;
                const LOWEST: $number =
                    ($number::MIN_EXP - 1) as $number * std::$number::consts::LN_2;
                const HIGHEST: $number =
                    ($number::MAX_EXP - 1) as $number * std::$number::consts::LN_2;
                const BIAS: $bits = ($number::MAX_EXP - 1) as $bits;

                // exp(x) = 2^n exp(r) for x = n ln 2 + r, with r between -ln(2) / 2 and ln(2) / 2.
                let bounded = if self > LOWEST { self } else { LOWEST };
                let bounded = if bounded < HIGHEST { bounded } else { HIGHEST };
                let rounded = bounded * std::$number::consts::LOG2_E + ROUNDER;
                let n = rounded - ROUNDER;
                let r = (self - n * LN_2[0]) - n * LN_2[1];
                let mut sum = COEFFICIENTS[$terms - 1] as $number;
                for k in (0..$terms - 1).rev() {
                    sum = sum * r + COEFFICIENTS[k] as $number;
                }
                let power = rounded.to_bits().wrapping_add(BIAS) << DIGITS;
                let exponential = sum * $number::from_bits(power);
                let exponential = if self < LOWEST { 0.0 } else { exponential };
                if self > HIGHEST { $number::INFINITY } else { exponential }
            }
        }
    };
}

// The remainder of the series is below half a unit in the last place: (ln(2) / 2)^8 / 8! = 5e-9, and
// (ln(2) / 2)^14 / 14! = 4e-18.
exponential!(f32, u32, 8, [355.0 / 512.0, -2.121_944_4e-4]);
exponential!(f64, u64, 14, [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10]);

#[cfg(test)]
mod tests {
    use super::Exponential;

    #[test]
    fn it_is_the_exponential_function() {
        for step in -174_000..=176_000 {
            let x = step as f32 * 5e-4;
            let (found, expected) = (x.quick_exp(), f64::from(x).exp());
            let error = (f64::from(found) - expected).abs() / expected;
            assert!(error < 2.4e-7, "exp({x}) is {found}, off by {error:.1e}");
        }
        for step in -708_000..=709_000 {
            let x = f64::from(step) * 1e-3;
            let (found, expected) = (x.quick_exp(), x.exp());
            let error = (found - expected).abs() / expected;
            assert!(error < 4.5e-16, "exp({x}) is {found}, off by {error:.1e}");
        }
    }

    #[test]
    fn extremes_are_zero_one_infinite_and_nan() {
        let below = [f32::NEG_INFINITY, f32::MIN, -1e4, -88.0].map(|x| (x, 0.0));
        let above = [f32::INFINITY, f32::MAX, 1e4, 89.0].map(|x| (x, f32::INFINITY));
        for (x, expected) in below.into_iter().chain(above).chain([(0.0, 1.0), (-0.0, 1.0)]) {
            // Of 64 bits, 9 times as far away.
            let wide = (f64::from(x) * 9.0).quick_exp();
            assert_eq!(x.quick_exp().to_bits(), expected.to_bits(), "exp({x}) in f32");
            assert_eq!(wide.to_bits(), f64::from(expected).to_bits(), "exp(9 {x}) in f64");
        }
        assert!(f32::NAN.quick_exp().is_nan() && f64::NAN.quick_exp().is_nan());
    }
}
