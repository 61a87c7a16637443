//! Pairs of verses, and their split by chapter.

use std::collections::{HashMap, HashSet};

use hearth_config::seed::{Purpose, Stream};

use super::chapters::Chapter;
use crate::text::load::corpus::Corpus;
use crate::text::texts::Texts;
use crate::text::tokenizer::num_words;

/// Chapters that the two translations divide into verses differently, so that most verses of one number are different
/// ones. The words of the two texts show them: verses have more in common with a neighbour of their counterpart.
const SHIFTED: [&str; 10] = [
    "Num.13", "Num.30", "1Sam.24", "1Kgs.22", "1Chr.21", "2Chr.33", "Job.39", "Job.40", "Hos.12",
    "Jonah.2",
];

/// The seed of the split: of the data, and not of a run. Another one would make results incomparable.
const SPLIT_SEED: u64 = 1909;

/// One in how many chapters is for the test; as many are for validation.
const TEST_SHARE: usize = 20;

/// A part of the chapters.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Train,
    Valid,
    Test,
}

/// Numbers of verses that are left out.
#[derive(Default)]
struct LeftOut {
    shifted: usize,
    unpaired: usize,
    long: usize,
    known: usize,
}

/// The pairs of the chapters that both modules have, of at most `max_words` words and punctuation marks on a side. The
/// error is the fault.
pub(super) fn corpus(
    spanish: &[Chapter],
    english: &[Chapter],
    max_words: usize,
) -> Result<Corpus, String> {
    let english: HashMap<&str, &[String]> =
        english.iter().map(|chapter| (chapter.name.as_str(), &*chapter.verses)).collect();
    let mut left_out = LeftOut::default();
    let mut chapters = Vec::new();
    for Chapter { name, verses } in spanish {
        let Some(&other) = english.get(name.as_str()) else { continue };
        if SHIFTED.contains(&name.as_str()) {
            left_out.shifted += verses.len().min(other.len());
        } else {
            chapters.push([verses, other]);
        }
    }
    let parts = split(chapters.len());
    let mut by_part = [Part::Train, Part::Valid, Part::Test].map(|part| {
        let of_part = chapters.iter().zip(&parts).filter(|(_, of)| **of == part);
        of_part.flat_map(|(sides, _)| pairs(*sides, max_words, &mut left_out)).collect::<Vec<_>>()
    });
    let [train, held_out @ ..] = &mut by_part;
    let known: HashSet<&str> = train.iter().map(|pair| pair[0]).collect();
    for part in held_out {
        let count = part.len();
        part.retain(|pair| !known.contains(pair[0]));
        left_out.known += count - part.len();
    }
    for (part, name) in by_part.iter().zip(["training", "validation", "test"]) {
        if part.is_empty() {
            return Err(format!("data.max_words = {max_words} leaves no {name} pair; increase it"));
        }
    }
    let mut texts = Texts::default();
    for [source, target] in by_part.iter().flatten() {
        texts.push(source, target).ok_or("it has more than 4 GB of text")?;
    }
    texts.shrink();
    let held_out = parts.iter().filter(|part| **part == Part::Test).count();
    let [num_train, num_valid, num_test] = by_part.map(|part| part.len());
    Ok(Corpus {
        name: "bible-es",
        texts,
        num_train,
        num_valid,
        num_test,
        notes: left_out.notes(max_words, held_out, parts.len()),
        ..Corpus::default()
    })
}

/// The pairs of a chapter. A verse before one that a side lacks is left out with it, since it may hold both.
fn pairs<'v>(
    [sources, targets]: [&'v [String]; 2],
    max_words: usize,
    left_out: &mut LeftOut,
) -> Vec<[&'v str; 2]> {
    let there = |index: usize| {
        [sources, targets].map(|verses| verses.get(index).is_some_and(|verse| !verse.is_empty()))
    };
    let mut pairs = Vec::new();
    for (index, (source, target)) in sources.iter().zip(targets).enumerate() {
        match (there(index), there(index + 1)) {
            ([false, false], _) => {}
            ([true, true], [false, false] | [true, true]) => {
                if num_words(source).max(num_words(target)) <= max_words {
                    pairs.push([source.as_str(), target.as_str()]);
                } else {
                    left_out.long += 1;
                }
            }
            _ => left_out.unpaired += 1,
        }
    }
    pairs
}

/// The part of each chapter, the same for all runs.
fn split(num_chapters: usize) -> Vec<Part> {
    let mut order: Vec<usize> = (0..num_chapters).collect();
    Stream::new(SPLIT_SEED, Purpose::Split, 0, 0).shuffle(&mut order);
    let share = num_chapters.div_ceil(TEST_SHARE);
    let mut parts = vec![Part::Train; num_chapters];
    for (place, chapter) in order.into_iter().take(2 * share).enumerate() {
        parts[chapter] = if place < share { Part::Test } else { Part::Valid };
    }
    parts
}

impl LeftOut {
    fn notes(&self, max_words: usize, held_out: usize, num_chapters: usize) -> Vec<String> {
        let Self { shifted, unpaired, long, known } = self;
        let mut notes = vec![format!(
            "the split is by chapter, the same for all seeds: {held_out} of {num_chapters} chapters are for validation, \
             and as many for the test"
        )];
        for (count, verses) in [
            (
                shifted,
                format!("of {} chapters that the two texts divide differently", SHIFTED.len()),
            ),
            (unpaired, "that one of the texts lacks, or has in another verse,".to_owned()),
            (
                long,
                format!("of more than data.max_words = {max_words} words and punctuation marks"),
            ),
            (known, "of validation and test chapters whose source is a training source".to_owned()),
        ] {
            if *count > 0 {
                notes.push(format!("{count} verses {verses} are left out"));
            }
        }
        notes
    }
}
