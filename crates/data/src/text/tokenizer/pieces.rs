//! Normalised text, and its division into words and punctuation marks.

use std::borrow::Cow;

use hearth_config::composed;
use unicode_normalization::char::is_combining_mark;

/// The mark that stands for a space, and for the start of a text (Kudo and Richardson 2018).
pub(super) const SPACE: char = '\u{2581}';

/// A text in Unicode's composed form (NFC), in lower case if `lowercase`.
pub(crate) fn normalised(text: &str, lowercase: bool) -> Cow<'_, str> {
    if !lowercase || text.chars().all(|c| c.to_lowercase().eq([c])) {
        return composed(text);
    }
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    composed(&lower).into_owned().into()
}

/// Writes a text to `marked`, with a mark in the place of each space, and one before the text.
pub(super) fn mark_spaces(text: &str, marked: &mut String) {
    marked.clear();
    if !text.is_empty() && !text.starts_with([' ', SPACE]) {
        marked.push(SPACE);
    }
    marked.extend(text.chars().map(|c| if c == ' ' { SPACE } else { c }));
}

/// The words and punctuation marks of a marked text, in order and without a gap. A word includes the mark before it;
/// any other character that is no letter, digit or combining mark is a piece of its own.
pub(super) fn pieces(marked: &str) -> impl Iterator<Item = &str> {
    let mut rest = marked;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = first.len_utf8();
        let end = if is_punctuation(first) {
            length
        } else {
            let next = rest[length..].find(|c| c == SPACE || is_punctuation(c));
            next.map_or(rest.len(), |next| length + next)
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// Number of words and punctuation marks of a text.
pub(crate) fn num_words(text: &str) -> usize {
    let mut marked = String::new();
    mark_spaces(text, &mut marked);
    pieces(&marked).filter(|piece| piece.chars().ne([SPACE])).count()
}

fn is_punctuation(c: char) -> bool {
    !(c.is_alphanumeric() || c == SPACE || is_combining_mark(c))
}
