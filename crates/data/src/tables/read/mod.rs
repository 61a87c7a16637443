//! One pass over a table: its columns, and the values of its rows before they are coded.
//!
//! | file | subject |
//! | --- | --- |
//! | `columns`, `infer` | feature columns and their kinds, inferred types |
//! | `vocabulary` | vocabularies of categories |
//! | `raw` | one pass over all rows |

pub(super) mod columns;
pub(super) mod infer;
pub(super) mod raw;
pub(super) mod vocabulary;
