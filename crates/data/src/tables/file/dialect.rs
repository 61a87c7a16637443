//! Inference of a CSV file's dialect from its first lines.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};

use super::input::count;
use super::number::{NumberFormat, Thousands};

/// Supported separators, with their names.
pub(crate) const SEPARATORS: [(u8, &str); 4] =
    [(b',', ","), (b';', ";"), (b'\t', "tab"), (b'|', "|")];

/// Number of lines that the dialect is inferred from.
const LINES: usize = 500;

/// Dialect of a CSV file: separator, quotation mark, decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Separator of cells: `,`, `;`, tab or `|`.
    pub separator: u8,
    /// Quotation mark around cells: `"` or `'`.
    pub quote: u8,
    /// True for a decimal comma, false for a decimal point.
    pub decimal_comma: bool,
    /// Bytes before the header: the byte order mark, and comments.
    pub(crate) skip: usize,
    /// Number of lines before the header.
    pub(crate) lines_before: u64,
}

impl fmt::Display for Dialect {
    /// `separator ;, decimal comma`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SEPARATORS.iter().find(|(byte, _)| *byte == self.separator);
        write!(f, "separator {}", name.map_or("?", |(_, name)| name))?;
        if self.quote == b'\'' {
            f.write_str(", quotation mark '")?;
        }
        if self.decimal_comma {
            f.write_str(", decimal comma")?;
        }
        if self.lines_before > 0 {
            let lines = self.lines_before;
            let s = if lines == 1 { "" } else { "s" };
            write!(f, ", {lines} line{s} before the names left out")?;
        }
        Ok(())
    }
}

impl Dialect {
    /// Infers the dialect from the first bytes of a file; `is_whole` is true if they are the whole file.
    pub(crate) fn of(head: &[u8], is_whole: bool) -> Self {
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = &head[mark..];
        let quote = quote(text);
        let lines = lines(text, quote, is_whole);
        let (first, told) = first_line(text, &lines);
        let separator = told.unwrap_or_else(|| separator(&lines[first..]));
        let start = lines.get(first).map_or(0, |line| line.start);
        let end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
        let mut dialect = Self {
            separator,
            quote,
            decimal_comma: false,
            skip: mark + start,
            lines_before: count(&text[..start], end) as u64,
        };
        if separator != b',' {
            dialect.decimal_comma = dialect.has_decimal_comma(head);
        }
        dialect
    }

    /// A CSV reader for this dialect.
    pub(crate) fn reader(&self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .quote(self.quote)
            .buffer_capacity(1 << 16);
        builder
    }

    /// True if more numbers have a decimal comma than a decimal point.
    fn has_decimal_comma(&self, head: &[u8]) -> bool {
        let (mut commas, mut points) = (0, 0);
        let mut reader = self.reader().from_reader(&head[self.skip..]);
        let mut record = ByteRecord::new();
        for _ in 0..LINES {
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                break;
            }
            for cell in &record {
                let cell = cell.trim_ascii();
                let is = |decimal_comma, mark: u8| {
                    let reads = |thousands| {
                        NumberFormat { decimal_comma, thousands: Some(thousands) }
                            .parse(cell)
                            .is_some()
                    };
                    cell.contains(&mark) && Thousands::ALL.into_iter().any(reads)
                };
                // A number such as 1,234 may have a thousands separator; in a file with semicolons it is more likely
                // a decimal comma.
                let counts = self.separator == b';' || !may_be_thousands(cell);
                commas += usize::from(is(true, b',') && counts);
                points += usize::from(is(false, b'.') && !may_be_thousands(cell));
            }
        }
        commas > points
    }
}

/// True for a number with a single mark, before its last three digits.
fn may_be_thousands(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let mark = digits.iter().position(|byte| !byte.is_ascii_digit());
    mark.is_some_and(|at| (1..=3).contains(&at) && digits.len() == at + 4 && digits[0] != b'0')
}

/// A line, and its number of cells by each separator.
struct Line {
    start: usize,
    cells: [usize; SEPARATORS.len()],
}

/// Infers the quotation mark: `'` if it encloses cells and `"` encloses none.
fn quote(text: &[u8]) -> u8 {
    let ends = |byte: Option<&u8>| {
        byte.is_none_or(|byte| b"\r\n".contains(byte) || SEPARATORS.iter().any(|(s, _)| s == byte))
    };
    let (mut single, mut open) = (0, false);
    for (at, &byte) in text.iter().enumerate() {
        let begins = ends(at.checked_sub(1).and_then(|before| text.get(before)));
        match byte {
            b'"' if begins && !open => return b'"',
            b'\'' if begins => open = true,
            b'\'' if open && ends(text.get(at + 1)) => {
                single += 1;
                open = false;
            }
            b'\n' => open = false,
            _ => {}
        }
    }
    if single > 0 { b'\'' } else { b'"' }
}

/// The first lines, without blank lines and without an incomplete last line.
fn lines(text: &[u8], quote: u8, is_whole: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut cells, mut start, mut open, mut begins) = ([1; SEPARATORS.len()], 0, false, true);
    let mut bytes = text.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        if open {
            if byte == quote && bytes.next_if(|(_, next)| **next == quote).is_none() {
                open = false;
            }
            continue;
        }
        open = begins && byte == quote;
        begins = false;
        if byte == b'\n' || byte == b'\r' {
            if !text[start..at].trim_ascii().is_empty() {
                lines.push(Line { start, cells });
            }
            (cells, start, begins) = ([1; SEPARATORS.len()], at + 1, true);
            if lines.len() == LINES {
                return lines;
            }
        } else if let Some(index) = SEPARATORS.iter().position(|(separator, _)| *separator == byte)
        {
            cells[index] += 1;
            begins = true;
        }
    }
    if is_whole && !text[start..].trim_ascii().is_empty() {
        lines.push(Line { start, cells });
    }
    lines
}

/// Index of the header line, after comments and after `sep=;`, and the separator of the latter.
fn first_line(text: &[u8], lines: &[Line]) -> (usize, Option<u8>) {
    let of = |line: &Line| {
        let end = text[line.start..].iter().position(|byte| b"\r\n".contains(byte));
        &text[line.start..end.map_or(text.len(), |end| line.start + end)]
    };
    if let Some(&[separator]) = lines.first().and_then(|line| of(line).strip_prefix(b"sep=")) {
        return (usize::from(lines.len() > 1), Some(separator));
    }
    let is_comment = |line: &&Line| of(line).starts_with(b"#");
    let comments = lines.iter().take_while(is_comment).count();
    // A header may begin with # as well: then it has as many cells as the lines below.
    let is_header = comments > 0
        && !of(&lines[comments - 1]).starts_with(b"# ")
        && lines.get(comments).is_some_and(|next| {
            let index = best(&lines[comments..]);
            index.is_some_and(|index| lines[comments - 1].cells[index] == next.cells[index])
        });
    (if comments == lines.len() { 0 } else { comments - usize::from(is_header) }, None)
}

/// The separator by which most lines have as many cells as the first line; of equal ones, the one with the most
/// cells.
fn best(lines: &[Line]) -> Option<usize> {
    let first = lines.first()?;
    let same =
        |index: usize| lines.iter().filter(|line| line.cells[index] == first.cells[index]).count();
    let indices = (0..SEPARATORS.len()).rev().filter(|&index| first.cells[index] > 1);
    indices.max_by_key(|&index| (same(index), first.cells[index]))
}

fn separator(lines: &[Line]) -> u8 {
    SEPARATORS[best(lines).unwrap_or(0)].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_is_found_in_the_first_lines() {
        for (text, told) in [
            ("a,b\n1,2\n", "separator ,"),
            ("a;b\n1,5;2\n", "separator ;, decimal comma"),
            ("a;b\n1.5;2\n", "separator ;"),
            ("a;b\n1.234;2,5\n", "separator ;, decimal comma"),
            ("a\tb\n1\t2\n", "separator tab"),
            ("a\tb\n1,234\t2\n", "separator tab"),
            ("a\tb\n1,25\t2\n", "separator tab, decimal comma"),
            ("a|b\n1,2|3\n", "separator |, decimal comma"),
            ("'a','b'\n'x,y','z'\n", "separator ,, quotation mark '"),
            ("a,b\nit's,don't\n", "separator ,"),
            ("a,b\n\"x;y;z\",\"1;2;3\"\n", "separator ,"),
            ("# from a lab; 2024\na,b\n1,2\n", "separator ,, 1 line before the names left out"),
            ("#a,b\n1,2\n", "separator ,"),
            ("sep=;\na;b\n1;2\n", "separator ;, 1 line before the names left out"),
            ("a\n1\n2\n", "separator ,"),
            ("", "separator ,"),
            ("\u{feff}a;b\n1;2", "separator ;"),
        ] {
            assert_eq!(Dialect::of(text.as_bytes(), true).to_string(), told, "{text:?}");
        }
    }
}
