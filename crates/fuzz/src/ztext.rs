//! Fuzz target for the files of a testament of a SWORD module.
//!
//! An input is the places of the entries and the places of the blocks, each after its length in two bytes, and the
//! compressed blocks.

use hearth_data::DataError;
use hearth_data::text::{ZTextFile, ZTextFiles, read_chapters};

/// Maximum of bytes of text per byte of the input.
const MAX_RATIO: usize = 100;

/// Reads the chapters, and asserts that verses have no space but between words.
pub fn run(input: &[u8]) {
    let mut rest = input;
    let mut cut = || {
        let (length, behind) = rest.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (file, left) = behind.split_at(length);
        rest = left;
        file
    };
    let file = |name: &str, bytes: &[u8]| ZTextFile { path: name.into(), bytes: bytes.to_vec() };
    let entries = file("ot.bzv", cut());
    let blocks = file("ot.bzs", cut());
    match read_chapters(&ZTextFiles { entries, blocks, text: file("ot.bzz", rest) }) {
        Ok(chapters) => {
            assert!(!chapters.is_empty());
            let verses = || chapters.iter().flat_map(|chapter| &chapter.verses);
            assert!(verses().map(String::len).sum::<usize>() <= MAX_RATIO * input.len());
            for verse in verses() {
                let words: Vec<&str> = verse.split_whitespace().collect();
                assert_eq!(words.join(" "), *verse);
            }
        }
        Err(error) => is_named(&error),
    }
}

fn is_named(error: &DataError) {
    assert!(error.to_string().starts_with("ot.bz"), "{error}");
}
