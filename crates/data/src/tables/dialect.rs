//! The dialect of a CSV file, from its first lines.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};

use super::input::count;
use super::number::{NumberFormat, Thousands};

/// The separators that are known, in words.
pub(crate) const SEPARATORS: [(u8, &str); 4] =
    [(b',', ","), (b';', ";"), (b'\t', "tab"), (b'|', "|")];

/// Lines that are looked at.
const LINES: usize = 500;

/// How a file separates and quotes its cells and writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells: `,`, `;`, tab or `|`.
    pub separator: u8,
    /// Around cells that have separators in them: `"` or `'`.
    pub quote: u8,
    /// A comma before the decimals of numbers, and not a point.
    pub decimal_comma: bool,
    /// Bytes before the header: the mark of UTF-8, and comments.
    pub(crate) skip: usize,
    /// Lines before the header.
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
    /// The dialect of a file that begins so.
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

    /// A reader of records.
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

    /// Whether more numbers are written with a comma than with a point.
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
                // One such as 1,234 may have separated thousands: a file with semicolons has mostly that comma.
                let counts = self.separator == b';' || !may_be_thousands(cell);
                commas += usize::from(is(true, b',') && counts);
                points += usize::from(is(false, b'.') && !may_be_thousands(cell));
            }
        }
        commas > points
    }
}

/// A number with one mark before its last three digits.
fn may_be_thousands(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let mark = digits.iter().position(|byte| !byte.is_ascii_digit());
    mark.is_some_and(|at| (1..=3).contains(&at) && digits.len() == at + 4 && digits[0] != b'0')
}

/// A line, and its cells by each separator.
struct Line {
    start: usize,
    cells: [usize; SEPARATORS.len()],
}

/// The quotation mark: `'` where cells stand in it, and none in `"`.
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

/// The first lines, without a last one that is not whole, and without blank ones.
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
        } else if let Some(place) = SEPARATORS.iter().position(|(separator, _)| *separator == byte)
        {
            cells[place] += 1;
            begins = true;
        }
    }
    if is_whole && !text[start..].trim_ascii().is_empty() {
        lines.push(Line { start, cells });
    }
    lines
}

/// The line of names: behind comments, and behind `sep=;`, which tells the separator.
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
    // Names may begin with # as well: then they are as many as the cells below.
    let is_header = comments > 0
        && !of(&lines[comments - 1]).starts_with(b"# ")
        && lines.get(comments).is_some_and(|next| {
            let place = best(&lines[comments..]);
            place.is_some_and(|place| lines[comments - 1].cells[place] == next.cells[place])
        });
    (if comments == lines.len() { 0 } else { comments - usize::from(is_header) }, None)
}

/// The separator that cuts most lines into as many cells as the first one; of equal ones that of the most cells.
fn best(lines: &[Line]) -> Option<usize> {
    let first = lines.first()?;
    let same =
        |place: usize| lines.iter().filter(|line| line.cells[place] == first.cells[place]).count();
    let places = (0..SEPARATORS.len()).rev().filter(|&place| first.cells[place] > 1);
    places.max_by_key(|&place| (same(place), first.cells[place]))
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
