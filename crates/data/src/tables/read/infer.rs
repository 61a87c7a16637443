//! Inference of a column's type from its first cells.

use crate::tables::file::cell::{is_date, is_missing, without_mark};
use crate::tables::file::number::NumberFormat;

/// Inferred type of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum InferredType {
    /// Mostly numbers: their format and their median.
    Numbers(NumberFormat, f64),
    /// Codes: digits with leading zeros, such as postcodes.
    Codes,
    /// Other text.
    Text,
    /// Dates or times of day.
    Dates,
    /// Numbers with a currency or percent sign.
    Marked,
    /// No values.
    Nothing,
}

impl InferredType {
    /// Infers the type of these cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a [u8]>, decimal_comma: bool) -> Self {
        let cells: Vec<&[u8]> =
            cells.map(<[u8]>::trim_ascii).filter(|cell| !is_missing(cell)).collect();
        if cells.is_empty() {
            return Self::Nothing;
        }
        let (format, num_numbers) = NumberFormat::of(&cells, decimal_comma);
        let digits = |cell: &&&[u8]| cell.iter().all(u8::is_ascii_digit);
        let is_code = |cell: &&[u8]| cell.len() > 1 && cell[0] == b'0';
        if num_numbers == cells.len()
            && cells.iter().any(is_code)
            && cells.iter().filter(digits).count() == cells.len()
        {
            return Self::Codes;
        }
        if num_numbers * 2 > cells.len() {
            let mut numbers: Vec<f64> =
                cells.iter().filter_map(|cell| format.parse(cell)).collect();
            numbers.sort_by(f64::total_cmp);
            return Self::Numbers(format, numbers[numbers.len() / 2]);
        }
        let texts: Vec<&str> =
            cells.iter().filter_map(|cell| std::str::from_utf8(cell).ok()).collect();
        let share = |is: &dyn Fn(&str) -> bool| texts.iter().filter(|text| is(text)).count();
        if share(&is_date) * 10 >= cells.len() * 9 {
            return Self::Dates;
        }
        let is_marked = |text: &str| {
            let number = without_mark(text).unwrap_or_default();
            let all = [number.as_bytes()];
            NumberFormat::of(&all, decimal_comma).1 + NumberFormat::of(&all, !decimal_comma).1 > 0
        };
        if share(&is_marked) * 2 > cells.len() { Self::Marked } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_most_cells_decides() {
        let of = |cells: &[&str]| InferredType::of(cells.iter().map(|cell| cell.as_bytes()), false);
        assert_eq!(
            of(&["1", " 2.5", "x", "NA"]),
            InferredType::Numbers(NumberFormat::default(), 2.5)
        );
        assert_eq!(of(&["01234", "56789"]), InferredType::Codes);
        assert!(matches!(of(&["0.5", "0"]), InferredType::Numbers(..)));
        assert_eq!(of(&["red", "1"]), InferredType::Text);
        assert_eq!(of(&["2024-01-31", ""]), InferredType::Dates);
        assert_eq!(of(&["12%", "$5"]), InferredType::Marked);
        assert_eq!(of(&["", "NA"]), InferredType::Nothing);
    }
}
