//! Tables: CSV files -> rows of standardised numbers and codes of categories, with their target.
//!
//! | module | subject |
//! | --- | --- |
//! | [`load()`], [`Table`] | `[data] kind = "csv"` -> training, validation and test rows |
//! | [`Dialect`] | separator, quotation marks and decimal mark of a file, from its first lines |
//! | `input`, `foreign` | a file's bytes, hashed on the way; files that are no CSV |
//! | `sample`, `columns`, `guess` | the first rows; which columns are learned from, and as what |
//! | `cell`, `number`, `words` | the value of a cell |
//! | `read`, `record` | one pass over all rows |
//! | `parts`, `labels` | training, validation and test rows; classes of the target |
//! | `fit` | the training part's statistics, and all rows coded by them |
//! | [`Coding`], [`Rows`] | from the cells of a row to the input of a network; many rows in memory |
//! | [`read_rows`] | rows to predict for, of a CSV file |
//! | [`check()`], `leaks` | what is worth knowing about a table before learning from it |
//! | [`survey()`] | settings for a table that has none |

mod card;
mod cell;
mod check;
mod coding;
mod columns;
mod dialect;
mod fit;
mod foreign;
mod guess;
mod input;
mod labels;
mod leaks;
mod load;
mod number;
mod parts;
mod read;
mod record;
mod requests;
mod rows;
mod sample;
mod sound;
mod survey;
mod target;
mod words;

pub use cell::MISSING;
pub use check::{TableReport, check};
pub use coding::{CellFault, Coding, Column, ColumnCoding, EncodedRow};
pub use dialect::Dialect;
pub use input::Input;
pub use load::{Table, load, load_input};
pub use parts::Parts;
pub use requests::{RowFile, Unseen, read_rows};
pub use rows::{RowBatch, Rows, Targets};
pub use survey::{Survey, survey};
pub use target::{Target, TargetHolds, task_of};

/// The most values of a column of categories.
pub const MOST_VALUES: usize = 10_000;

#[cfg(test)]
mod tests;
