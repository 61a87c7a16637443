//! Contradictions with the task, and with the source of the data.

use crate::checks::Checks;
use crate::read::section_reader::Sections;
use crate::sections::DataSource;

impl Checks<'_> {
    /// Reports contradictions between the task, the source of the data, the model and the training.
    pub(super) fn task(&mut self, sections: &Sections) {
        let Sections { data, task, model, train, .. } = sections;
        // Without a model, the task is unknown.
        if let (Some(train), Some(_)) = (train, model) {
            for misfit in train.misfits(task.map(|task| task.kind)) {
                self.contradiction(true, misfit.key, &misfit.message);
            }
        }
        let Some(data) = data else { return };
        match &data.source {
            DataSource::Csv(_) => self.table(data, model.as_ref()),
            source if source.is_of_texts() => self.text(data, model.as_ref()),
            _ => self.images(model.as_ref()),
        }
    }
}
