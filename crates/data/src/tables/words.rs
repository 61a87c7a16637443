//! The words of a column, each with a number.

use std::collections::HashMap;

use super::{MOST_VALUES, foreign};
use crate::names::composed;

/// A cell without a value, among the numbers of words.
pub(crate) const NO_WORD: u32 = u32::MAX;

/// A text of fewer rows is not taken for names.
const FEW: usize = 20;

/// The words of a column, numbered in the order in which they were found.
#[derive(Default)]
pub(crate) struct Words {
    /// As written -> the number of its word.
    known: HashMap<Box<[u8]>, u32>,
    /// Composed.
    pub texts: Vec<String>,
    /// Cells with a word.
    pub count: usize,
}

/// What is wrong with a word.
pub(crate) enum WordFault {
    /// It is not UTF-8; the sentence says more.
    Encoding(String),
    /// It is one more than there may be.
    TooMany,
}

impl Words {
    /// The number of a trimmed cell's word.
    pub fn number(&mut self, cell: &[u8]) -> Result<u32, WordFault> {
        self.count += 1;
        if let Some(number) = self.known.get(cell) {
            return Ok(*number);
        }
        let text =
            std::str::from_utf8(cell).map_err(|_| WordFault::Encoding(foreign::not_utf_8(cell)))?;
        if text.contains('\0') {
            let fault = "it has a byte 0, so the file is no text; export it anew as CSV";
            return Err(WordFault::Encoding(fault.to_owned()));
        }
        let word = composed(text.trim());
        let number = match self.known.get(word.as_bytes()) {
            Some(number) => *number,
            None if self.texts.len() == MOST_VALUES => return Err(WordFault::TooMany),
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

    /// Whether nearly all cells have a word of their own, as names and numbers of rows have.
    pub fn are_names(&self) -> bool {
        self.count >= FEW && self.texts.len() * 10 >= self.count * 9
    }

    /// Two words that differ in case alone.
    pub fn case_twins(&self) -> Option<(&str, &str)> {
        let mut seen: HashMap<String, &str> = HashMap::new();
        let mut words: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        words.sort_unstable();
        words
            .into_iter()
            .find_map(|word| seen.insert(word.to_lowercase(), word).map(|twin| (twin, word)))
    }
}
