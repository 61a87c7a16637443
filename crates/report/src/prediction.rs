//! Predictions, whatever makes them.

use serde::Serialize;

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
