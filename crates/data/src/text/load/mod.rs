//! Loading: `[data]` -> tokenized pairs in splits.
//!
//! | file | subject |
//! | --- | --- |
//! | `corpus` | pairs as text, before they are split and tokenized |
//! | `encode` | the vocabulary of the training pairs, and the tokens of all pairs |
//! | `splits` | training, validation and test pairs |
//! | `text_pairs` | [`TextPairs`](text_pairs::TextPairs), the data of a run |
//! | `card` | their data card |

pub(super) mod card;
pub(super) mod corpus;
mod encode;
mod splits;
pub(super) mod text_pairs;

#[cfg(test)]
mod tests;
