//! Tables: CSV files -> rows of standardised numbers and codes of categories, with their target.
//!
//! | module | subject |
//! | --- | --- |
//! | [`load()`], [`Table`] | `[data] kind = "csv"` -> training, validation and test rows |
//! | [`Dialect`] | separator, quotation marks and decimal mark of a file, from its first lines |
//! | `input`, `foreign` | decompression and SHA-256; files that are no CSV |
//! | `first_rows`, `columns`, `infer` | the first rows; feature columns and their kinds, inferred types |
//! | `cell`, `number`, `vocabulary` | values of cells: missing ones, numbers, vocabularies of categories |
//! | `read`, `record` | one pass over all rows |
//! | `parts`, `labels` | training, validation and test rows; classes of the target |
//! | `fit` | statistics of the training rows, and coding of all rows by them |
//! | [`Coding`], [`Rows`] | from the cells of a row to the inputs of a network; coded rows in memory |
//! | [`read_rows`] | rows of a CSV file for prediction |
//! | [`check()`], `leakage` | duplicates, constant columns and target leakage, before training |
//! | [`survey()`] | proposed settings for a table |

mod card;
mod cell;
mod check;
mod coding;
mod columns;
mod dialect;
mod first_rows;
mod fit;
mod foreign;
mod infer;
mod input;
mod labels;
mod leakage;
mod load;
mod number;
mod parts;
mod read;
mod record;
mod requests;
mod rows;
mod survey;
mod target;
mod validate;
mod vocabulary;

pub use cell::MISSING;
pub use check::{TableReport, check};
pub use coding::{CellFault, Coding, Column, ColumnCoding, EncodedRow};
pub use dialect::Dialect;
pub use input::TableInput;
pub use load::{Table, load, load_input};
pub use parts::Parts;
pub use requests::{RowFile, Unseen, read_rows};
pub use rows::{RowBatch, Rows, Targets};
pub use survey::{Survey, survey};
pub use target::{Target, TargetHolds, task_of};

/// Largest number of values of a categorical column.
pub const MOST_VALUES: usize = 10_000;

#[cfg(test)]
mod tests;
