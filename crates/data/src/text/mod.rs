//! Text: pairs of a source and its target, as sequences of tokens.
//!
//! | module | subject |
//! | --- | --- |
//! | [`check()`] | pairs that repeat, and test pairs in the training part |
//! | `files`, [`load_pairs`] | `[data] kind = "text-pairs"`: the user's own files |
//! | `bible`, [`load_bible`] | `[data] kind = "bible-es"`: verses in Spanish and English |
//! | `rules`, [`load_rules`] | `[data] kind = "text-rules"`: generated pairs |
//! | `load`, [`TextPairs`] | from pairs as text to tokens in splits, and their data card |
//! | `tokenizer`, [`Tokenizer`] | text -> tokens of a vocabulary, and back |
//! | `texts`, [`Sequences`] | texts in one buffer, and sequences of tokens in one |
//! | [`Pairs`], [`PairBatch`] | pairs of token sequences, and batches of them |
//! | `buckets` | batches of pairs of nearly one length |

mod bible;
mod buckets;
mod check;
mod files;
mod load;
mod pairs;
mod rules;
mod sequences;
mod texts;
mod tokenizer;

pub use bible::{Chapter, ZTextFile, ZTextFiles, load_bible, read_chapters};
pub use buckets::Padding;
pub use check::{PairReport, check, suited_tokenizer};
pub use files::{PairInput, TextFile, load_pair_input, load_pairs, looks_like_pairs};
pub use load::card::Lengths;
pub use load::text_pairs::{TextPairs, load_rules};
pub use pairs::{PairBatch, Pairs, TokenBatch};
pub use rules::VERSION;
pub use sequences::Sequences;
pub use tokenizer::{Tokenizer, TokenizerError};
