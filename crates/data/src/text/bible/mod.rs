//! Verses of the Bible in Spanish and English: `[data] kind = "bible-es"`.
//!
//! | file | subject |
//! | --- | --- |
//! | `ztext`, [`ZTextFiles`] | the files of a testament of a SWORD module |
//! | `osis` | markup of an entry -> the text of a verse |
//! | `chapters`, [`Chapter`] | the verses of a testament, by chapter |
//! | `corpus` | pairs of verses, and their split by chapter |
//! | `load` | from the catalog's files to the data of a run |

mod chapters;
mod corpus;
mod load;
mod osis;
mod ztext;

pub use chapters::{Chapter, read_chapters};
pub use load::load_bible;
pub use ztext::{ZTextFile, ZTextFiles};

#[cfg(test)]
mod tests;
