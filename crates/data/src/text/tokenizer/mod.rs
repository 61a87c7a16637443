//! Tokenizers: text -> tokens of a learned vocabulary, and back.
//!
//! | file | subject |
//! | --- | --- |
//! | `vocabulary` | [`Tokenizer`]: encoding and decoding by a vocabulary |
//! | `pieces` | normalised text, and its division into words and punctuation marks |
//! | `merges` | application of byte-pair merges to a word |
//! | `learn` | the vocabulary of a training set |
//! | `learn_merges` | byte-pair merges of a training set |
//! | `json` | `tokenizer.json`, the file format of Hugging Face's tokenizers |
//!
//! The crate `tokenizers` is not used: it would change the features of crates under Burn (ahash, either,
//! regex-automata), and its files may hold any regular expression. A vocabulary here is a function of the training set
//! alone: every tie is broken by order, never by a hash.

mod json;
mod learn;
mod learn_merges;
mod merges;
mod pieces;
mod vocabulary;

pub use json::TokenizerError;

pub(crate) use pieces::{normalised, num_words};
pub(crate) use vocabulary::Buffers;
pub use vocabulary::Tokenizer;

#[cfg(test)]
mod tests;
