//! Texts as typed: their TOML, with locations, and diagnostics.
//!
//! | file | subject |
//! | --- | --- |
//! | `text` | texts as TOML, texts on one line, and Unicode forms of names |
//! | `diagnostic` | diagnostics with locations and suggestions |
//! | `errors` | syntax errors of TOML, reworded |
//! | `tree` | a config's values with their locations |

pub(crate) mod diagnostic;
mod errors;
pub(crate) mod text;
pub(crate) mod tree;

pub use diagnostic::{Diagnostic, Diagnostics, LineSpan, Location, SourceText, nearest, reason};
pub use errors::typed;
pub use text::{composed, one_line, plain_name, toml_string};
