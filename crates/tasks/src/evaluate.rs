//! The results of a finished run, whatever it trained.

use std::path::Path;

use hearth_data::{PictureShape, idx};
use hearth_export::{Opened, is_export};
use hearth_report::Report;
use hearth_store::RunDir;

use crate::registry::kind_of;
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::record::info::RunInfo;
use hearth_train::run::trained::{Which, stored_config};
use hearth_train::task::Split;

/// What is to be evaluated, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: Which,
    /// What computes.
    pub backend: Backend,
    /// The set.
    pub split: Split,
    /// An IDX file of pictures that are judged instead of those that the run's generator makes.
    pub pictures: Option<&'a Path>,
    /// The folder of datasets.
    pub datasets: &'a Path,
}

/// Results of a run's checkpoint on one set of the data that it was trained with, and its step.
pub fn evaluate_run(
    evaluation: Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let config = stored_config(&RunDir::open(evaluation.run)?)?;
    (kind_of(&config).evaluate)(&evaluation, notice)
}

/// The pictures of an IDX file, one after the other: as many as are compared, since a distance depends
/// on their number, of this shape.
pub(crate) fn read_pictures(
    file: &Path,
    shape: PictureShape,
    count: usize,
    notice: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, TrainError> {
    let images = idx::read(file)?.images(file)?;
    if images.shape != shape || images.count() != count {
        let size =
            |PictureShape { channels, height, width }| format!("{channels}x{height}x{width}");
        return Err(TrainError::Settings(format!(
            "{} holds {} pictures of {}, and not {count} of {}",
            file.display(),
            images.count(),
            size(images.shape),
            size(shape)
        )));
    }
    if let Some(text) = &images.notice {
        notice(text);
    }
    Ok(images.pixels)
}

/// True if a run, or an export of one, learned from the rows of a table.
pub fn is_on_table(path: &Path) -> bool {
    if is_export(path) {
        return Opened::new(path).is_ok_and(|opened| opened.is_on_table());
    }
    let info = RunDir::open(path).map(|run| RunInfo::read(&run));
    matches!(info, Ok(Ok(RunInfo { table: Some(_), .. })))
}
