//! Text: pairs of a source and its target, as sequences of tokens.
//!
//! | module | subject |
//! | --- | --- |
//! | `tokenizer`, [`Tokenizer`] | text -> tokens of a vocabulary, and back |
//! | [`load_rules`], [`TextPairs`] | `[data] kind = "text-rules"` -> training, validation and test pairs |
//! | `rules` | generated pairs |
//! | `texts` | texts in one buffer |
//! | `sequences`, `pairs` | pairs of token sequences, and batches of them |
//! | `buckets` | batches of pairs of nearly one length |

mod buckets;
mod load;
mod pairs;
mod rules;
mod sequences;
mod texts;
mod tokenizer;

pub use buckets::Padding;
pub use load::card::Lengths;
pub use load::text_pairs::{TextPairs, load_rules};
pub use pairs::{PairBatch, Pairs, TokenBatch};
pub use rules::VERSION;
pub use sequences::Sequences;
pub use tokenizer::{Tokenizer, TokenizerError};
