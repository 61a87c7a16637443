//! The verses of a testament, by chapter.

use super::osis;
use super::ztext::{Entries, ZTextFiles};
use crate::error::DataError;

/// A chapter of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Book and number, as OSIS names them: `Gen.1`.
    pub name: String,
    /// The text of each verse, without markup; empty where the module has none.
    pub verses: Vec<String>,
}

/// Reads the chapters of a testament. The headings tell where they begin, so that no table of a versification is needed.
pub fn read_chapters(files: &ZTextFiles) -> Result<Vec<Chapter>, DataError> {
    let entries = Entries::read(files)?;
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut is_in_chapter = false;
    for entry in entries.iter() {
        if osis::opens_book(entry) {
            is_in_chapter = false;
        } else if let Some(name) = osis::chapter(entry) {
            is_in_chapter = true;
            chapters.push(Chapter { name: name.to_owned(), verses: Vec::new() });
        } else if let Some(chapter) = chapters.last_mut().filter(|_| is_in_chapter) {
            chapter.verses.push(osis::verse(entry));
        }
    }
    if chapters.is_empty() {
        return Err(files.text.fault("it has no chapter; expected is a module with OSIS markup"));
    }
    Ok(chapters)
}
