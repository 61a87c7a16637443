//! Tables: CSV files -> rows of standardised numbers and codes of categories, with their target.
//!
//! | module | subject |
//! | --- | --- |
//! | [`load()`], [`Table`] | `[data] kind = "csv"` -> training, validation and test rows |
//! | `file`, [`Dialect`] | the CSV file: from its bytes to the cells of its rows |
//! | `read` | one pass over all rows: columns, their kinds, vocabularies of categories |
//! | `coded`, [`Coding`], [`Rows`] | from the cells of a row to the inputs of a network; coded rows in memory |
//! | [`read_rows`] | rows of a CSV file for prediction |
//! | [`check()`] | duplicates, constant columns and target leakage, before training |
//! | [`survey()`] | proposed settings for a table |

mod check;
mod coded;
mod file;
mod load;
mod read;
mod survey;

pub use check::report::{TableReport, check};
pub use coded::coding::{CellFault, Coding, Column, ColumnCoding, EncodedRow};
pub use coded::requests::{RowFile, Unseen, read_rows};
pub use coded::rows::{RowBatch, Rows, Targets};
pub use coded::target::{Target, TargetHolds, task_of};
pub use file::cell::MISSING;
pub use file::dialect::Dialect;
pub use file::input::TableInput;
pub use load::parts::Parts;
pub use load::table::{Table, load, load_input};
pub use survey::{Survey, survey};

/// Largest number of values of a categorical column.
pub const MOST_VALUES: usize = 10_000;

#[cfg(test)]
mod tests;
