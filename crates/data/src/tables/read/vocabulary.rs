//! Vocabulary of a categorical column.

use std::collections::HashMap;

use crate::names::composed;
use crate::tables::MOST_VALUES;
use crate::tables::file::foreign;

/// Index of a missing cell.
pub(crate) const NO_VALUE: u32 = u32::MAX;

/// A column with fewer cells is never taken for one of names.
const FEW: usize = 20;

/// The distinct values of a column, indexed in the order of their first occurrence.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// Cell as written -> index of its value.
    known: HashMap<Box<[u8]>, u32>,
    /// Values in Unicode's composed form.
    pub texts: Vec<String>,
    /// Number of cells with a value.
    pub count: usize,
}

/// A fault of a value.
pub(crate) enum ValueFault {
    /// The text is not UTF-8; the message for the user.
    Encoding(String),
    /// The vocabulary exceeds [`MOST_VALUES`].
    TooMany,
}

impl Vocabulary {
    /// Index of a trimmed cell's value, which is added if it is new.
    pub fn number(&mut self, cell: &[u8]) -> Result<u32, ValueFault> {
        self.count += 1;
        if let Some(number) = self.known.get(cell) {
            return Ok(*number);
        }
        let text = std::str::from_utf8(cell)
            .map_err(|_| ValueFault::Encoding(foreign::not_utf_8(cell)))?;
        if text.contains('\0') {
            let fault = "it has a byte 0, so the file is no text; export it anew as CSV";
            return Err(ValueFault::Encoding(fault.to_owned()));
        }
        let word = composed(text.trim());
        let number = match self.known.get(word.as_bytes()) {
            Some(number) => *number,
            None if self.texts.len() == MOST_VALUES => return Err(ValueFault::TooMany),
            None => {
                let number = self.texts.len() as u32;
                self.known.insert(word.as_bytes().into(), number);
                self.texts.push(word.into_owned());
                number
            }
        };
        self.known.insert(cell.into(), number);
        Ok(number)
    }

    /// True if nearly all values are unique, as names and identifiers are.
    pub fn are_names(&self) -> bool {
        self.count >= FEW && self.texts.len() * 10 >= self.count * 9
    }

    /// Two values that differ only in case.
    pub fn case_twins(&self) -> Option<(&str, &str)> {
        let mut seen: HashMap<String, &str> = HashMap::new();
        let mut words: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        words.sort_unstable();
        words
            .into_iter()
            .find_map(|word| seen.insert(word.to_lowercase(), word).map(|twin| (twin, word)))
    }
}
