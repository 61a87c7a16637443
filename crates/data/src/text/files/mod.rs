//! The user's own files: `[data] kind = "text-pairs"`.
//!
//! | file | subject |
//! | --- | --- |
//! | `input`, [`TextFile`] | the bytes of a file, and faults in it |
//! | `lines` | the lines of a file as checked text |
//! | `pairs`, [`PairInput`] | from lines to pairs |
//! | `detect` | pairs or a table |
//! | `load` | from pairs to the data of a run |

mod detect;
mod input;
mod lines;
mod load;
mod pairs;

pub use detect::looks_like_pairs;
pub use input::TextFile;
pub use load::{load_pair_input, load_pairs};
pub use pairs::PairInput;

#[cfg(test)]
mod tests;
