//! Parsing of numbers, with decimal point or comma and with thousands separators.

/// Number format of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    /// True for a decimal comma, false for a decimal point.
    pub decimal_comma: bool,
    /// Thousands separator.
    pub thousands: Option<Thousands>,
}

/// Thousands separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thousands {
    /// A comma, or a point if the comma is the decimal mark.
    Mark,
    /// A space: U+0020, U+00A0 or U+202F.
    Space,
    /// An apostrophe, as in Switzerland.
    Apostrophe,
}

impl Thousands {
    /// All separators.
    pub const ALL: [Self; 3] = [Self::Mark, Self::Space, Self::Apostrophe];
}

/// Powers of ten that are exact in an f64.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers up to this bound are exact in an f64.
const EXACT: u64 = 1 << 53;

impl NumberFormat {
    /// Parses a trimmed cell; `None` if it is no number within the range of an f32.
    pub fn parse(self, cell: &[u8]) -> Option<f64> {
        let number = self.simple(cell).or_else(|| self.general(cell))?;
        (number.abs() <= f64::from(f32::MAX)).then_some(number)
    }

    /// Parses digits with at most a sign and a decimal mark. Significand and power of ten are exact, so that one
    /// division rounds correctly (Clinger 1990).
    fn simple(self, cell: &[u8]) -> Option<f64> {
        let (negative, digits) = match cell.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, cell),
        };
        // 19 digits fit in 64 bits.
        if digits.is_empty() || digits.len() > 19 {
            return None;
        }
        let mark = if self.decimal_comma { b',' } else { b'.' };
        let (mut whole, mut decimals, mut seen) = (0_u64, 0, false);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    whole = whole * 10 + u64::from(byte - b'0');
                    decimals += usize::from(seen);
                }
                _ if byte == mark && !seen && digits.len() > 1 => seen = true,
                _ => return None,
            }
        }
        let number = (whole <= EXACT).then(|| whole as f64 / POWERS[decimals])?;
        Some(if negative { -number } else { number })
    }

    /// Parses any number: with exponent, thousands separators, many digits.
    fn general(self, cell: &[u8]) -> Option<f64> {
        let text = std::str::from_utf8(cell).ok()?;
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let first = unsigned.chars().next()?;
        if !(first.is_ascii_digit() || first == '.' || first == ',') {
            return None;
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let mark = if self.decimal_comma { ',' } else { '.' };
        let (whole, decimals) = match mantissa.split_once(mark) {
            Some((whole, decimals)) => (whole, decimals),
            None => (mantissa, ""),
        };
        let whole = self.without_thousands(whole)?;
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_exponent = |text: &str| {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && is_digits(digits)
        };
        if !is_digits(&whole)
            || !is_digits(decimals)
            || whole.is_empty() && decimals.is_empty()
            || exponent.is_some_and(|exponent| !is_exponent(exponent))
        {
            return None;
        }
        let sign = if text.starts_with('-') { "-" } else { "" };
        format!("{sign}{whole}.{decimals}e{}", exponent.unwrap_or("0")).parse().ok()
    }

    /// The integer part without thousands separators; `None` if its groups are not of three digits.
    fn without_thousands(self, whole: &str) -> Option<String> {
        let is_separator = |c: char| match self.thousands {
            Some(Thousands::Mark) => c == if self.decimal_comma { '.' } else { ',' },
            Some(Thousands::Space) => " \u{a0}\u{202f}".contains(c),
            Some(Thousands::Apostrophe) => "'\u{2019}".contains(c),
            None => false,
        };
        let groups: Vec<&str> = whole.split(is_separator).collect();
        let [first, others @ ..] = &groups[..] else { return None };
        let grouped = (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
        (others.is_empty() || grouped).then(|| groups.concat())
    }

    /// The format that parses most of these cells, and the number of cells that it parses. Of equal formats, the one
    /// without thousands separators.
    pub fn of(cells: &[&[u8]], decimal_comma: bool) -> (Self, usize) {
        let plain = Self { decimal_comma, thousands: None };
        let count = |format: Self| cells.iter().filter(|cell| format.parse(cell).is_some()).count();
        let mut best = (plain, count(plain));
        for thousands in Thousands::ALL {
            let format = Self { decimal_comma, thousands: Some(thousands) };
            let found = count(format);
            if found > best.1 {
                best = (format, found);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let plain = NumberFormat::default();
        let comma = NumberFormat { decimal_comma: true, thousands: None };
        let with =
            |decimal_comma, thousands| NumberFormat { decimal_comma, thousands: Some(thousands) };
        for (format, text, number) in [
            (plain, "12", Some(12.0)),
            (plain, "+12", Some(12.0)),
            (plain, "-0.5", Some(-0.5)),
            (plain, ".5", Some(0.5)),
            (plain, "5.", Some(5.0)),
            (plain, "1e-3", Some(0.001)),
            (plain, "1.5E+3", Some(1500.0)),
            (plain, "007", Some(7.0)),
            (plain, "12345678901234567890123", Some(1.234_567_890_123_456_8e22)),
            (plain, "1,5", None),
            (plain, "1,234", None),
            (plain, "1e39", None),
            (plain, "1e999", None),
            (plain, "inf", None),
            (plain, "nan", None),
            (plain, "0x10", None),
            (plain, "1 2", None),
            (plain, ".", None),
            (plain, "-", None),
            (plain, "+-1", None),
            (plain, "1e", None),
            (plain, "12%", None),
            (comma, "1,5", Some(1.5)),
            (comma, "1.5", None),
            (with(true, Thousands::Mark), "1.234.567,5", Some(1_234_567.5)),
            (with(false, Thousands::Mark), "1,234,567", Some(1_234_567.0)),
            (with(false, Thousands::Mark), "1,23,567", None),
            (with(false, Thousands::Mark), "1234", Some(1234.0)),
            (with(false, Thousands::Space), "1 234\u{a0}567.5", Some(1_234_567.5)),
            (with(false, Thousands::Apostrophe), "1'234", Some(1234.0)),
        ] {
            assert_eq!(format.parse(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn the_format_parses_the_most_cells() {
        let of = |cells: &[&str]| {
            NumberFormat::of(&cells.iter().map(|cell| cell.as_bytes()).collect::<Vec<_>>(), false)
        };
        assert_eq!(of(&["1", "2.5", "x"]), (NumberFormat::default(), 2));
        let (format, found) = of(&["1,234", "12", "1,234,567"]);
        assert_eq!((format.thousands, found), (Some(Thousands::Mark), 3));
    }

    proptest! {
        #[test]
        fn numbers_written_by_rust_are_parsed_exactly(bits: u32, decimals in 0_usize..20) {
            let plain = NumberFormat::default();
            let number = f64::from(f32::from_bits(bits));
            prop_assume!(number.is_finite());
            for text in [format!("{number}"), format!("{number:e}"), format!("{number:.decimals$}")] {
                prop_assert_eq!(plain.parse(text.as_bytes()), text.parse().ok(), "{}", text);
            }
        }

        #[test]
        fn no_cell_panics(cell: Vec<u8>) {
            let _ = NumberFormat::default().parse(&cell);
            let _ = NumberFormat { decimal_comma: true, thousands: Some(Thousands::Mark) }.parse(&cell);
        }
    }
}
