//! The real modules, where `hearth data fetch bible-es` has brought them.

use std::io::Write as _;
use std::path::Path;

use super::super::chapters::Chapter;
use super::super::corpus::corpus;
use super::super::load::{MODULES, NAME, chapters};
use crate::catalog::entry;

/// The chapters of both modules; none where they are not here. That is no lack of the machine, and no failure.
fn modules() -> Option<[Vec<Chapter>; 2]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let entry = entry(NAME).unwrap();
    if !entry.is_present(&root) {
        // Not `eprint!`: the test runner captures it and drops it for passing tests.
        let _ = writeln!(std::io::stderr(), "SKIPPED bible-es: `hearth data fetch bible-es`");
        return None;
    }
    Some(MODULES.map(|module| chapters(entry, &root, module).unwrap()))
}

#[test]
fn the_modules_have_the_known_pairs() {
    let Some([spanish, english]) = modules() else { return };
    // The English module has other books as well.
    let known = |chapter: &&Chapter| spanish.iter().any(|other| other.name == chapter.name);
    let verses = |chapter: &Chapter| chapter.verses.len();
    assert_eq!((spanish.len(), spanish.iter().map(verses).sum()), (1189, 31_102_usize));
    let english_verses: usize = english.iter().filter(known).map(verses).sum();
    assert_eq!((english.iter().filter(known).count(), english_verses), (1189, 31_104));
    let last = |chapters: &[Chapter]| chapters.last().unwrap().clone();
    assert_eq!((last(&spanish).name.as_str(), last(&english).verses.len()), ("Rev.22", 21));
    assert_eq!(
        last(&english).verses[20],
        "The grace of the Lord Jesus Christ be with all the saints. Amen."
    );
    for (max_words, counts) in [
        (20, [7389, 395, 384]),
        (30, [16_216, 860, 925]),
        (50, [25_886, 1420, 1465]),
        (10_000, [27_744, 1490, 1558]),
    ] {
        let corpus = corpus(&spanish, &english, max_words).unwrap();
        assert_eq!([corpus.num_train, corpus.num_valid, corpus.num_test], counts, "{max_words}");
        let noted = |count: usize, words: &str| {
            corpus.notes.iter().any(|note| note.starts_with(&format!("{count} verses {words}")))
        };
        assert!(noted(257, "of 10 chapters") && noted(34, "that one"), "{:?}", corpus.notes);
        for text in corpus.texts.iter().flatten() {
            assert!(!text.contains(['<', '>', '&']) && text.trim() == text, "{text}");
        }
    }
}
