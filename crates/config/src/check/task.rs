//! What does not go together with the task, or with the source of the data.

use crate::checks::Checks;
use crate::gather::Sections;
use crate::sections::DataSource;

impl Checks<'_> {
    /// Contradictions between the task, the source of the data, the model and the training.
    pub(super) fn task(&mut self, sections: &Sections) {
        let Sections { data, task, model, train, .. } = sections;
        // Without a model that could be read, nothing is known of the task.
        if let (Some(train), Some(_)) = (train, model) {
            for misfit in train.misfits(task.map(|task| task.kind)) {
                self.contradiction(true, misfit.key, &misfit.message);
            }
        }
        let Some(data) = data else { return };
        match &data.source {
            DataSource::Csv(_) => self.of_table(data, model.as_ref()),
            _ => self.of_images(model.as_ref()),
        }
    }
}
