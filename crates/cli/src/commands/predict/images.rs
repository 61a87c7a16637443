//! `hearth predict` for images.

use hearth_data::{ImageShape, read_image};
use hearth_report::{Guess, Input, Predictor, fixed, text_table};
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

/// Predicts the classes of image files.
pub fn run(
    args: &PredictArgs,
    predictor: &dyn Predictor,
    shape: ImageShape,
) -> Result<(), Failure> {
    let mut predictions = Vec::new();
    let mut unreadable = Vec::new();
    for files in args.files.chunks(BATCH) {
        let (mut inputs, mut read) = (Vec::new(), Vec::new());
        for file in files {
            match read_image(file, shape, args.invert) {
                Ok(pixels) => {
                    inputs.push(Input::Image(pixels));
                    read.push(file.display().to_string());
                }
                Err(error) => unreadable.push(error),
            }
        }
        let outputs = read.into_iter().zip(predictor.predict(inputs));
        predictions.extend(outputs.map(|(file, output)| ImagePrediction {
            file,
            top: output.top(args.top).expect("a network on images names classes"),
        }));
    }
    show(predictions, args.trained.json)?;
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
