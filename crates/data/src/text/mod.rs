//! Text: pairs of a source and its target, as sequences of tokens.
//!
//! | module | subject |
//! | --- | --- |
//! | `tokenizer`, [`Tokenizer`] | text -> tokens of a vocabulary, and back |
//! | `sequences`, `pairs` | pairs of token sequences, and batches of them |
//! | `buckets` | batches of pairs of nearly one length |

mod buckets;
mod pairs;
mod sequences;
mod tokenizer;

pub use buckets::Padding;
pub use pairs::{PairBatch, Pairs, TokenBatch};
pub use sequences::Sequences;
pub use tokenizer::{Tokenizer, TokenizerError};
