//! Ranges and contradictions, which types cannot express.

mod optimizer;
mod train;

use crate::checks::Checks;
use crate::data::DataConfig;
use crate::models::ModelConfig;
use crate::read::section_reader::Sections;
use crate::sections::RunConfig;
use crate::syntax::text::toml_string;
use crate::tasks::generate;

impl Checks<'_> {
    /// Checks every section that was read, by itself and against the others.
    pub fn all(&mut self, sections: &Sections) {
        let Sections { run, data, augment, task, model, optimizer, schedule, train, .. } = sections;
        if let Some(run) = run {
            self.run(run);
        }
        if let Some(data) = data {
            data.check(self);
        }
        if let Some(augment) = augment {
            let size = data.as_ref().and_then(|data| data.source.size());
            augment.check(size, self);
        }
        if let Some(model) = model {
            model.check(self);
        }
        if let Some(optimizer) = optimizer {
            self.rule("optimizer", &optimizer.rule);
            if let Some(rule) = &optimizer.discriminator {
                self.rule("optimizer.discriminator", rule);
            }
        }
        if let Some(schedule) = schedule {
            self.schedule(schedule);
        }
        if let Some(train) = train {
            self.train(train);
        }
        if let (Some(data), Some(model)) = (data, model)
            && let Some(size) = data.source.size()
        {
            model.check_size(size, self);
        }
        // Without a model, the task is unknown.
        if let (Some(train), Some(_)) = (train, model) {
            for misfit in train.misfits(task.map(|task| task.kind)) {
                self.contradiction(true, misfit.key, &misfit.message);
            }
        }
        if let Some(data) = data {
            data.check_fit(model.as_ref(), self);
        }
        match model {
            Some(ModelConfig::Gan(_)) => generate::check(sections, self),
            Some(ModelConfig::Classifier { .. } | ModelConfig::Translator(_)) => {
                self.one_network(sections);
            }
            None => {}
        }
    }

    /// Reports settings that contradict a task of one network, which has one loss.
    fn one_network(&mut self, sections: &Sections) {
        for section in ["adversarial", "evaluate", "optimizer.discriminator"] {
            self.contradiction(
                self.root.find(section).is_some(),
                section,
                &format!("[{section}] is for GANs, such as `model.kind = \"dcgan\"`"),
            );
        }
        let Some(train) = &sections.train else { return };
        let has_none = |data: &DataConfig| {
            data.batches.valid_samples == 0 && !data.source.settings().may_have_validation()
        };
        self.contradiction(
            sections.data.as_ref().is_some_and(has_none) && train.early_stop.is_some(),
            "train.early_stop",
            "early stopping watches the validation set, and `data.valid_samples` is 0",
        );
    }

    fn run(&mut self, run: &RunConfig) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        self.require(
            "run.name",
            toml_string(&run.name),
            !run.name.is_empty()
                && run.name.len() <= 100
                && run.name.chars().all(plain)
                && !run.name.starts_with(['.', '-']),
            "letters, digits, `-`, `_` and `.`: it becomes a folder's name",
        );
        self.seed("run.seed", run.seed);
        if let Some(threads) = run.threads {
            self.require("run.threads", threads, (1..=1024).contains(&threads), "1 to 1024");
        }
    }
}
