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
}

/// The form of an output.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputSchema {
    /// Classes, by their names in the order of [`Guess::index`].
    Classes(Vec<String>),
    /// A number, in the target's unit.
    Number,
}

/// A sample to predict from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The pixels of an image, channel by channel, from 0 to 255.
    Image(Vec<u8>),
    /// A coded row of a table.
    Row(EncodedRow),
}

/// The prediction for an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// All classes, the most probable one first.
    Classes(Vec<Guess>),
    /// A number, in the target's unit.
    Number(f64),
}

impl Output {
    /// The `count` most probable classes, or all if `count` is 0; none of a number.
    pub fn top(self, count: usize) -> Option<Vec<Guess>> {
        let Self::Classes(mut guesses) = self else { return None };
        if count > 0 {
            guesses.truncate(count);
        }
        Some(guesses)
    }

    /// The number; none of classes.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Classes(_) => None,
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
