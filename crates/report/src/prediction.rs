//! Predictions, whatever makes them.

use std::fmt::Debug;

use hearth_data::ImageShape;
use hearth_data::tables::{Coding, EncodedRow};
use serde::Serialize;

/// A trained model with its preprocessing, for use from any thread.
pub trait Predictor: Debug + Send + Sync {
    /// The form of its inputs and outputs.
    fn schema(&self) -> &Schema;

    /// An output for each input, in their order. Inputs may be computed together, so that the caller bounds the memory
    /// by their number.
    ///
    /// # Panics
    /// If an input has another form than [`Schema::input`].
    fn predict(&self, inputs: Vec<Input>) -> Vec<Output>;
}

/// The form of a predictor's inputs and outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The form of an input.
    pub input: InputSchema,
    /// The form of an output.
    pub output: OutputSchema,
}

/// The form of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum InputSchema {
    /// An image of this shape.
    Image(ImageShape),
    /// A row of a table, by the coding of its columns.
    Row(Coding),
    /// A text.
    Text,
}

/// The form of an output.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputSchema {
    /// Classes, by their names in the order of [`Guess::index`].
    Classes(Vec<String>),
    /// A number, in the target's unit.
    Number,
    /// Texts.
    Texts,
}

/// A sample to predict from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The pixels of an image, channel by channel, from 0 to 255.
    Image(Vec<u8>),
    /// A coded row of a table.
    Row(EncodedRow),
    /// A text.
    Text(TextInput),
}

/// A text to translate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextInput {
    /// The text.
    pub text: String,
    /// The number of hypotheses of the beam search, and of the translations; 1 for greedy decoding.
    pub beam: usize,
    /// True if the weights of the attention are wanted.
    pub attention: bool,
}

impl TextInput {
    /// The default number of hypotheses.
    pub const BEAM: usize = 4;
    /// The largest number of hypotheses.
    pub const MAX_BEAM: usize = 64;
}

/// The prediction for an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// All classes, the most probable one first.
    Classes(Vec<Guess>),
    /// A number, in the target's unit.
    Number(f64),
    /// Translations, the best one first.
    Texts(Vec<Translation>),
}

/// A translation of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Translation {
    /// The translation.
    pub text: String,
    /// The logarithm of its probability, with a penalty that lets translations of different lengths be compared.
    pub score: f64,
    /// The weights of the attention; none for a model without attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Alignment>,
}

/// The weights of an attention between the tokens of two texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Alignment {
    /// The tokens of the source, with that of its end.
    pub source: Vec<String>,
    /// The tokens of the target, with that of its end.
    pub target: Vec<String>,
    /// For each token of the target, the weight of each token of the source; they sum to 1.
    pub weights: Vec<Vec<f64>>,
}

impl Output {
    /// The `count` most probable classes, or all if `count` is 0; none of other outputs.
    pub fn top(self, count: usize) -> Option<Vec<Guess>> {
        let Self::Classes(mut guesses) = self else { return None };
        if count > 0 {
            guesses.truncate(count);
        }
        Some(guesses)
    }

    /// The translations; none of other outputs.
    pub fn translations(self) -> Option<Vec<Translation>> {
        let Self::Texts(translations) = self else { return None };
        Some(translations)
    }

    /// The number; none of other outputs.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Classes(_) | Self::Texts(_) => None,
            Self::Number(number) => Some(*number),
        }
    }
}

/// A class with its probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guess {
    /// The class's name.
    pub class: String,
    /// Its place among all classes.
    pub index: usize,
    /// From 0 to 1.
    pub probability: f64,
}

impl Guess {
    /// Classes with their probabilities, the most probable one first.
    pub fn ranked(classes: &[String], probabilities: &[f64]) -> Vec<Self> {
        let named = classes.iter().zip(probabilities).enumerate();
        let mut guesses: Vec<Self> = named
            .map(|(index, (class, probability))| Self {
                class: class.clone(),
                index,
                probability: *probability,
            })
            .collect();
        guesses.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        guesses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_cut_to_the_most_probable_classes() {
        let classes = ["bag", "coat", "shirt"].map(str::to_owned);
        let guesses = Guess::ranked(&classes, &[0.2, 0.1, 0.7]);
        let names = |count| {
            let top = Output::Classes(guesses.clone()).top(count).unwrap();
            top.into_iter().map(|guess| guess.class).collect::<Vec<_>>()
        };
        assert_eq!(names(2), ["shirt", "bag"]);
        assert_eq!(names(0), ["shirt", "bag", "coat"], "all");
        assert_eq!(names(9), names(0));
        assert_eq!(Output::Classes(guesses).number(), None);
        assert_eq!((Output::Number(7.5).number(), Output::Number(7.5).top(1)), (Some(7.5), None));
    }
}
