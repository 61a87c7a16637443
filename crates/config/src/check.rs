//! Ranges and contradictions, which types cannot express.

mod adversarial;
mod csv;
mod data;
mod normalization;
mod optimizer;
mod task;
mod text;
mod train;

use crate::checks::Checks;
use crate::models::ModelConfig;
use crate::read::section_reader::Sections;
use crate::sections::{DataConfig, DataSource, RunConfig};
use crate::syntax::text::toml_string;

impl Checks<'_> {
    /// Checks every section that was read, by itself and against the others.
    pub fn all(&mut self, sections: &Sections) {
        let Sections { run, data, augment, model, optimizer, schedule, train, .. } = sections;
        if let Some(run) = run {
            self.run(run);
        }
        if let Some(data) = data {
            self.data(data);
        }
        if let Some(augment) = augment {
            let size = data.as_ref().and_then(|data| data.source.size());
            self.augment(augment, size);
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
        self.task(sections);
        match model {
            Some(ModelConfig::Gan(_)) => self.adversarial(sections),
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
        // A folder may hold a validation set of its own, and verses have one.
        let has_none = |data: &DataConfig| {
            data.batches.valid_samples == 0
                && !matches!(data.source, DataSource::ImageFolder(_) | DataSource::BibleEs(_))
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
        self.require("run.seed", run.seed, i64::try_from(run.seed).is_ok(), "0 to 2^63 - 1");
        if let Some(threads) = run.threads {
            self.require("run.threads", threads, (1..=1024).contains(&threads), "1 to 1024");
        }
    }
}
