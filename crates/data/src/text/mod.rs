//! Text: pairs of a source and its target, as sequences of tokens.
//!
//! | module | subject |
//! | --- | --- |
//! | `tokenizer`, [`Tokenizer`] | text -> tokens of a vocabulary, and back |
//! | [`load_rules`], [`TextPairs`] | `[data] kind = "text-rules"` -> training, validation and test pairs |
//! | [`load_pairs`], `files` | `[data] kind = "text-pairs"`: the user's own files |
//! | `rules` | generated pairs |
//! | `load` | splits, tokens and data card |
//! | `texts` | texts in one buffer |
//! | `sequences`, `pairs` | pairs of token sequences, and batches of them |
//! | `buckets` | batches of pairs of nearly one length |

mod buckets;
mod files;
mod load;
mod pairs;
mod rules;
mod sequences;
mod texts;
mod tokenizer;

pub use buckets::Padding;
pub use files::{PairInput, TextInput, load_pair_input, load_pairs};
pub use load::card::Lengths;
pub use load::text_pairs::{TextPairs, load_rules};
pub use pairs::{PairBatch, Pairs, TokenBatch};
pub use rules::VERSION;
pub use sequences::Sequences;
pub use tokenizer::{Tokenizer, TokenizerError};
