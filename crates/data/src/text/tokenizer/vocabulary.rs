//! Encoding and decoding by a vocabulary.

use std::borrow::Cow;
use std::collections::HashMap;

use hearth_config::TokenizerKind;

use super::merges::{Merges, Word};
use super::pieces::{SPACE, mark_spaces, normalised, pieces};

/// The special tokens, whose ids are their indices.
pub(super) const SPECIAL: [&str; 4] = ["<pad>", "<s>", "</s>", "<unk>"];

/// A tokenizer: the vocabulary of a training set, and the way in which a text becomes tokens of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokenizer {
    pub(super) kind: TokenizerKind,
    pub(super) lowercase: bool,
    /// `[vocabulary_size]`: the text of each token; the special ones first.
    pub(super) tokens: Vec<String>,
    pub(super) merges: Merges,
    ids: HashMap<String, u16>,
}

/// Buffers of an encoding, to be reused.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    marked: String,
    word: Word,
}

impl Tokenizer {
    /// The token that fills up short sequences of a batch.
    pub const PAD: u32 = 0;
    /// The token before a target.
    pub const START: u32 = 1;
    /// The token behind a source and a target.
    pub const END: u32 = 2;
    /// The token of a text that is not in the vocabulary.
    pub const UNKNOWN: u32 = 3;

    /// A tokenizer of these tokens, without the special ones, and merges: left token, right token and result.
    pub(super) fn new(
        (kind, lowercase): (TokenizerKind, bool),
        tokens: impl IntoIterator<Item = String>,
        merges: impl IntoIterator<Item = [u16; 3]>,
    ) -> Self {
        let tokens: Vec<String> =
            SPECIAL.iter().map(|&token| token.to_owned()).chain(tokens).collect();
        let ids = tokens.iter().enumerate().skip(SPECIAL.len());
        let ids = ids.map(|(id, token)| (token.clone(), id as u16)).collect();
        Self { kind, lowercase, tokens, merges: Merges::new(merges), ids }
    }

    /// The units that a text is split into.
    pub fn kind(&self) -> TokenizerKind {
        self.kind
    }

    /// True if texts are converted to lower case.
    pub fn lowercase(&self) -> bool {
        self.lowercase
    }

    /// The number of tokens, special ones included.
    pub fn vocabulary_size(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token, for pictures: `▁` stands for a space, and for the start of a text. That of an id outside of
    /// the vocabulary is `<unk>`.
    pub fn token(&self, id: u32) -> &str {
        self.tokens.get(id as usize).map_or(SPECIAL[Self::UNKNOWN as usize], String::as_str)
    }

    /// A text in the form in which it is encoded: composed (NFC), and in lower case if the settings say so.
    pub fn normalised<'t>(&self, text: &'t str) -> Cow<'t, str> {
        normalised(text, self.lowercase)
    }

    /// The tokens of a text, without special ones but `<unk>`. The names of special tokens in a text are text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.encode_normalised(&self.normalised(text), &mut Buffers::default(), &mut ids);
        ids.into_iter().map(u32::from).collect()
    }

    /// Appends the tokens of a text in normalised form.
    pub(crate) fn encode_normalised(&self, text: &str, buffers: &mut Buffers, out: &mut Vec<u16>) {
        let id = |piece: &str| self.ids.get(piece).copied().unwrap_or(Self::UNKNOWN as u16);
        let of_char = |c: char| id(c.encode_utf8(&mut [0; 4]));
        if self.kind == TokenizerKind::Characters {
            out.extend(text.chars().map(of_char));
            return;
        }
        let Buffers { marked, word } = buffers;
        mark_spaces(text, marked);
        for piece in pieces(marked) {
            match self.kind {
                TokenizerKind::Bpe => self.merges.apply(piece.chars().map(of_char), word, out),
                _ => out.push(id(piece)),
            }
        }
    }

    /// The text of tokens. `<pad>`, `<s>` and `</s>` are left out; an id outside of the vocabulary reads as `<unk>`.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut text = String::new();
        let is_kept = |id: &&u32| !(Self::PAD..=Self::END).contains(*id);
        for (index, &id) in ids.iter().filter(is_kept).enumerate() {
            match (self.kind, self.token(id)) {
                (TokenizerKind::Characters, token) => text.push_str(token),
                // An unknown word had a space before it.
                (TokenizerKind::Words, "<unk>") if index > 0 => text.push_str(" <unk>"),
                (_, token) => {
                    let token = token.chars().filter(|&c| index > 0 || c != SPACE);
                    text.extend(token.map(|c| if c == SPACE { ' ' } else { c }));
                }
            }
        }
        text
    }
}
