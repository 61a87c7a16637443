//! Coded rows: the inputs of a network and their target.
//!
//! | file | subject |
//! | --- | --- |
//! | `coding` | from the cells of a row to the inputs of a network |
//! | `validate` | checks of a coding that was read from a file |
//! | `target` | the target column |
//! | `rows` | coded rows in memory |
//! | `requests` | rows of a CSV file for prediction |

pub(super) mod coding;
pub(super) mod requests;
pub(super) mod rows;
pub(super) mod target;
mod validate;
