//! Cells: words for missing values, infinities, numbers with units, dates.

/// Words for a missing value.
pub const MISSING: [&str; 20] = [
    "", "?", "-", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null", "None",
    "none", "#N/A", "#NUM!", "#DIV/0!", "#VALUE!", "#REF!",
];

/// Words for infinity.
const INFINITE: [&str; 3] = ["inf", "infinity", "\u{221e}"];

/// Currency and percent signs beside a number.
const MARKS: [&str; 10] =
    ["%", "$", "\u{20ac}", "\u{a3}", "\u{a5}", "USD", "EUR", "GBP", "CHF", "Rs"];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// True if a trimmed cell is missing.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    cell.len() <= 7 && MISSING.iter().any(|word| word.as_bytes() == cell)
}

/// True if a cell is a word for infinity.
pub(crate) fn is_infinite(cell: &str) -> bool {
    let plain = cell.trim_start_matches(['+', '-']).to_lowercase();
    INFINITE.contains(&plain.as_str())
}

/// The number beside a currency or percent sign, as in `$5` and `12 %`; `None` without such a sign.
pub(crate) fn without_mark(cell: &str) -> Option<&str> {
    MARKS.iter().find_map(|mark| {
        let number = cell.strip_prefix(mark).or_else(|| cell.strip_suffix(mark))?;
        Some(number.trim())
    })
}

/// True for a date or a time of day in a usual format: `2024-01-31`, `31.1.24`, `1/31/2024 14:05`, `31 Jan 2024`.
pub(crate) fn is_date(cell: &str) -> bool {
    // A time of day after the date.
    let (date, time) = match cell.split_once(['T', ' ']) {
        Some((date, time)) if time.contains(':') => (date, Some(time)),
        _ => (cell, None),
    };
    if time.is_none() && is_time(cell) {
        return true;
    }
    is_day(date.trim_end_matches(',')) && time.is_none_or(is_time)
}

/// True for a calendar date: three numbers, or two and the name of a month.
fn is_day(text: &str) -> bool {
    let Some(separator) = text.chars().find(|c| "-/. ".contains(*c)) else { return false };
    let parts: Vec<&str> = text.split([separator, ',']).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else { return false };
    let digits = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let small =
        |part: &str| digits(part, &[1, 2]) && part.parse::<u32>().is_ok_and(|part| part <= 31);
    let year = |part: &str| digits(part, &[2, 4]);
    let month = |part: &str| {
        part.get(..3).is_some_and(|start| MONTHS.contains(&start.to_lowercase().as_str()))
    };
    (digits(first, &[4]) && (small(second) || month(second)) && small(third))
        || (small(first) && (small(second) || month(second)) && year(third))
        || (month(first) && small(second) && year(third))
}

/// True for a time of day: `14:05`, `14:05:30.25`, `2:05 pm`, with or without a time zone.
fn is_time(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let text = text.trim_end_matches(['z', 'a', 'p', 'm', ' ']);
    let text = text.rsplit_once(['+', '-']).map_or(text, |(time, _)| time);
    let parts: Vec<&str> = text.split(':').collect();
    let is_part = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| !part.is_empty() && part.len() <= 12)
        && parts.iter().all(is_part)
        && parts[0].len() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_known() {
        for date in [
            "2024-01-31",
            "31.01.2024",
            "1/31/24",
            "2024/1/5",
            "2024-01-31T14:05:30Z",
            "31-Jan-2024",
            "Jan 31, 2024",
            "31 January 2024",
            "2024-01-31 14:05:30.123+02:00",
            "14:05",
            "2:05 PM",
        ] {
            assert!(is_date(date), "{date}");
        }
        for other in
            ["1.5", "1.234.567", "10-20", "192.168.1.1", "a-b-c", "1:", "", "45.12.2024", "A 1 2"]
        {
            assert!(!is_date(other), "{other}");
        }
    }

    #[test]
    fn words_without_a_value_are_known() {
        for word in ["", "NA", "nan", "#DIV/0!", "?", "-", "None"] {
            assert!(is_missing(word.as_bytes()), "{word}");
        }
        assert!(!is_missing(b"Nancy") && !is_missing(b"0"));
        assert!(is_infinite("-Inf") && is_infinite("\u{221e}") && !is_infinite("info"));
        assert_eq!(without_mark("12 %"), Some("12"));
        assert_eq!(without_mark("$1,200"), Some("1,200"));
        assert_eq!(without_mark("12"), None);
    }
}
