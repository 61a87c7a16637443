//! Ranges and contradictions, which types cannot express.

mod optimizer;
mod train;

use crate::checks::Checks;
use crate::config::Origin;
use crate::data::DataConfig;
use crate::models::ModelConfig;
use crate::read::section_reader::Sections;
use crate::sections::{Cadence, RunConfig, ScheduleKind};
use crate::syntax::text::toml_string;
use crate::tasks::{control, generate};

impl Checks<'_> {
    /// Checks every section that was read, by itself and against the others.
    pub fn all(&mut self, sections: &Sections) {
        let Sections { run, origin, augment, task, model, optimizer, schedule, train, .. } =
            sections;
        let data = sections.data();
        if let Some(run) = run {
            self.run(run);
        }
        match origin {
            Some(Origin::Data(data)) => data.check(self),
            Some(Origin::Environment(environment)) => environment.check(self),
            None => {}
        }
        if let Some(augment) = augment {
            let size = data.and_then(|data| data.source.size());
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
        if let Some(origin) = origin {
            self.units(sections, matches!(origin, Origin::Data(_)));
        }
        if let Some(data) = data {
            data.check_fit(model.as_ref(), self);
        }
        self.contradiction(
            self.root.find("environment").is_some() && self.root.find("data").is_some(),
            "data",
            "[data] and [environment] are both given, and a run learns from one of them",
        );
        if let (Some(Origin::Environment(_)), Some(model)) = (origin, model)
            && !matches!(model, ModelConfig::Agent(_))
        {
            let help =
                "write kind = \"actor-critic\" in [model], or [data] in place of [environment]";
            self.unfit_network("samples of a data set", "an environment's", help);
        }
        match model {
            Some(ModelConfig::Gan(_)) => generate::check(sections, self),
            Some(ModelConfig::Classifier { .. } | ModelConfig::Translator(_)) => {
                self.one_network(sections);
            }
            Some(ModelConfig::Agent(_)) => control::check(sections, self),
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
        self.contradiction(
            sections.algorithm.is_some(),
            "algorithm",
            "[algorithm] is for an agent in an environment, such as `model.kind = \"actor-critic\"`",
        );
        let Some(train) = &sections.train else { return };
        let has_none = |data: &DataConfig| {
            data.batches.valid_samples == 0 && !data.source.settings().may_have_validation()
        };
        self.contradiction(
            sections.data().is_some_and(has_none) && train.early_stop.is_some(),
            "train.early_stop",
            "early stopping watches the validation set, and `data.valid_samples` is 0",
        );
    }

    /// Reports lengths and intervals in a unit that the origin of the samples does not have.
    fn units(&mut self, sections: &Sections, is_data: bool) {
        let of_train = sections.train.iter().flat_map(|train| {
            [
                ("train.length", train.length()),
                ("train.evaluate_every", train.evaluate_every),
                ("train.checkpoint_every", train.checkpoint_every),
            ]
        });
        let of_schedule = sections.schedule.iter().filter_map(|schedule| match &schedule.kind {
            ScheduleKind::Step(step) => Some(("schedule.every", step.every)),
            _ => None,
        });
        for (key, cadence) in of_train.chain(of_schedule) {
            let (lacks, others) = if is_data {
                (
                    "frames, which are steps of an environment, and the samples are of a data set",
                    "epochs or steps",
                )
            } else {
                (
                    "epochs, which are passes over a data set, and an environment has none",
                    "steps or frames",
                )
            };
            let found = match cadence {
                Cadence::Epochs(_) => !is_data,
                Cadence::Frames(_) => is_data,
                Cadence::Steps(_) => false,
            };
            let message = format!("`{key}` is in {lacks}: write it in {others}");
            self.contradiction(found, key, &message);
        }
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
