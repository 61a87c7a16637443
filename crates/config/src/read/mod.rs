//! Reading: the values of a config -> the structs of its sections.
//!
//! | file | subject |
//! | --- | --- |
//! | `reader` | one table of values as a struct, with every diagnostic |
//! | `section_reader` | all sections of a config |
//! | `origin` | `[data]` or `[environment]` of each kind |
//! | `fields` | the names of a struct's fields |
//! | `aliases` | the settings that other programs' names stand for |

mod aliases;
mod fields;
mod origin;
pub(crate) mod reader;
pub(crate) mod section_reader;

pub use aliases::setting_like;
