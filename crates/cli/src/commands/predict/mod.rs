//! `hearth predict`.

mod images;
mod rows;

use hearth_report::InputSchema;
use hearth_tasks::open_predictor;
use hearth_train::Backend;

use crate::args::PredictArgs;
use crate::failure::Failure;

/// Predicts from files, which hold what the network takes: images, or rows of a table.
pub fn run(args: &PredictArgs, backend: Backend) -> Result<(), Failure> {
    let trained = &args.trained;
    let (predictor, _) = open_predictor(&trained.run, trained.checkpoint, backend)?;
    match &predictor.schema().input {
        InputSchema::Image(shape) => images::run(args, &*predictor, *shape),
        InputSchema::Row(coding) => rows::run(args, &*predictor, coding),
    }
}
