//! `hearth predict`.

mod images;
mod rows;
mod texts;

use hearth_report::InputSchema;
use hearth_tasks::open_predictor;
use hearth_train::Backend;

use crate::args::PredictArgs;
use crate::failure::Failure;

/// Predicts from images, rows of a table or texts.
pub fn run(args: &PredictArgs, backend: Backend) -> Result<(), Failure> {
    let trained = &args.trained;
    let (predictor, _) = open_predictor(&trained.run, trained.checkpoint, backend)?;
    let input = &predictor.schema().input;
    if args.beam.is_some() && *input != InputSchema::Text {
        return Err(Failure::usage("--beam is for translations, and this network makes none"));
    }
    if args.invert && !matches!(input, InputSchema::Image(_)) {
        return Err(Failure::usage(format!(
            "--invert is for images, and this network takes {}",
            if *input == InputSchema::Text { "texts" } else { "rows of a table" }
        )));
    }
    match input {
        InputSchema::Image(shape) => images::run(args, &*predictor, *shape),
        InputSchema::Row(coding) => rows::run(args, &*predictor, coding),
        InputSchema::Text => texts::run(args, &*predictor),
    }
}
