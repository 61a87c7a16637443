//! Numbers as text.

/// A number with `digits` decimal places. A number that rounds to zero has no sign.
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        for (value, digits, shown) in [
            (-0.0, 3, "0.000"),
            (-0.0004, 3, "0.000"),
            (-0.4, 0, "0"),
            (-0.000_500_1, 3, "-0.001"),
            (-1.0, 1, "-1.0"),
            (0.25, 4, "0.2500"),
            (f64::NAN, 2, "NaN"),
            (f64::NEG_INFINITY, 2, "-inf"),
        ] {
            assert_eq!(fixed(value, digits), shown);
        }
    }
}
