//! `hearth predict`.

mod rows;

use std::path::Path;

use hearth_report::{fixed, text_table};
use hearth_tasks::is_on_table;
use hearth_tasks::{Guess, ImagePredictor};
use hearth_train::Backend;
use serde::Serialize;

use crate::args::PredictArgs;
use crate::failure::Failure;
use crate::terminal::{self, print, print_json};

/// Images in one forward pass.
const BATCH: usize = 256;

#[derive(Serialize)]
struct PredictOutput {
    predictions: Vec<ImagePrediction>,
}

#[derive(Serialize)]
struct ImagePrediction {
    file: String,
    top: Vec<Guess>,
}

/// Predicts the classes of images, or the target of rows.
pub fn run(args: &PredictArgs, backend: Backend) -> Result<(), Failure> {
    let trained = &args.trained;
    if is_on_table(&trained.run) {
        return rows::run(args, backend);
    }
    let (predictor, _) = ImagePredictor::of(&trained.run, trained.checkpoint, backend)?;
    let mut predictions = Vec::new();
    let mut unreadable = Vec::new();
    for files in args.files.chunks(BATCH) {
        let (mut pixels, mut read) = (Vec::new(), Vec::new());
        for file in files {
            match hearth_data::read_image(file, predictor.shape(), args.invert) {
                Ok(bytes) => {
                    pixels.extend(bytes);
                    read.push(file);
                }
                Err(error) => unreadable.push(error),
            }
        }
        let probabilities = predictor.probabilities(pixels);
        let answers = read.into_iter().zip(&probabilities);
        predictions
            .extend(answers.map(|(file, row)| prediction(file, predictor.ranked(row), args.top)));
    }
    show(predictions, trained.json)?;
    // Unreadable images do not affect the others.
    let last = unreadable.pop();
    for error in unreadable {
        terminal::report(&Failure::from(error));
    }
    last.map_or(Ok(()), |error| Err(error.into()))
}

fn show(predictions: Vec<ImagePrediction>, json: bool) -> Result<(), Failure> {
    if predictions.is_empty() && !json {
        return Ok(());
    }
    if json {
        return print_json(&PredictOutput { predictions });
    }
    let rows = predictions.into_iter().flat_map(|prediction| {
        let file = prediction.file;
        prediction.top.into_iter().enumerate().map(move |(rank, guess)| {
            let file = if rank == 0 { file.clone() } else { String::new() };
            vec![file, guess.class, fixed(guess.probability, 4)]
        })
    });
    print(&text_table(&["file", "class", "probability"], rows))
}

/// The `top` most probable classes of an image; all of them if `top` is 0.
fn prediction(file: &Path, mut guesses: Vec<Guess>, top: usize) -> ImagePrediction {
    if top > 0 {
        guesses.truncate(top);
    }
    ImagePrediction { file: file.display().to_string(), top: guesses }
}
