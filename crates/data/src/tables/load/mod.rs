//! Tables for training: `[data] kind = "csv"` -> training, validation and test rows.
//!
//! | file | subject |
//! | --- | --- |
//! | `table` | the table, loaded |
//! | `parts`, `labels` | training, validation and test rows; classes of the target |
//! | `fit` | statistics of the training rows, and coding of all rows by them |
//! | `card` | splits and data card |

mod card;
mod fit;
mod labels;
pub(super) mod parts;
pub(super) mod table;
