//! `hearth predict` for texts.

use std::path::{Path, PathBuf};

use hearth_report::{Input, Predictor, TextInput, Translation};
use serde::Serialize;

use super::rows::{STDIN, standard_input};
use crate::args::PredictArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json};

/// Texts that are handed over at once.
const BATCH: usize = 1024;

#[derive(Serialize)]
struct TextsOutput {
    predictions: Vec<TextPrediction>,
}

/// The translations of a text.
#[derive(Serialize)]
struct TextPrediction {
    text: String,
    /// The best one first.
    translations: Vec<Translation>,
}

/// Translates texts, in their order: the best translation of each, or all of a beam as JSON.
pub fn run(args: &PredictArgs, predictor: &dyn Predictor) -> Result<(), Failure> {
    let beam = args.beam.unwrap_or(TextInput::BEAM);
    if !(1..=TextInput::MAX_BEAM).contains(&beam) {
        let most = TextInput::MAX_BEAM;
        return Err(Failure::usage(format!("--beam is {beam}; allowed: 1 to {most}")));
    }
    let wants_json = args.trained.json;
    let texts: Vec<String> = args.files.iter().map(texts).collect::<Result<Vec<_>, _>>()?.concat();
    let mut predictions = Vec::new();
    for texts in texts.chunks(BATCH) {
        let input = |text: &String| {
            Input::Text(TextInput { text: text.clone(), beam, attention: wants_json })
        };
        let outputs = predictor.predict(texts.iter().map(input).collect());
        for (text, output) in texts.iter().zip(outputs) {
            let translations = output.translations().unwrap_or_default();
            predictions.push(TextPrediction { text: text.clone(), translations });
        }
    }
    if wants_json {
        return print_json(&TextsOutput { predictions });
    }
    let best = |prediction: &TextPrediction| {
        prediction.translations.first().map_or_else(String::new, |best| best.text.clone())
    };
    print(&predictions.iter().map(best).collect::<Vec<_>>().join("\n"))
}

/// A text of the command line, or the lines of standard input. Bytes that are not UTF-8 are an error.
fn texts(argument: &PathBuf) -> Result<Vec<String>, Failure> {
    if argument != Path::new(STDIN) {
        let text = argument.to_str().ok_or_else(|| {
            Failure::usage(format!("{} is no text: it is not UTF-8", argument.display()))
        })?;
        return Ok(vec![text.to_owned()]);
    }
    let bytes = standard_input()?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).lines().count().max(1);
        Failure::Other(format!("line {line} of standard input is not UTF-8"))
    })?;
    Ok(text.lines().map(str::to_owned).collect())
}
