//! The file of a table: from its bytes to the cells of its rows.
//!
//! | file | subject |
//! | --- | --- |
//! | `input` | decompression and SHA-256 |
//! | `foreign` | files that are no CSV |
//! | `dialect` | separator, quotation marks and decimal mark, from the first lines |
//! | `first_rows` | the first rows |
//! | `record` | the rows, one by one |
//! | `cell`, `number` | values of cells: missing ones, numbers |

pub(super) mod cell;
pub(super) mod dialect;
pub(super) mod first_rows;
pub(super) mod foreign;
pub(super) mod input;
pub(super) mod number;
pub(super) mod record;
