//! Ranges and contradictions, which types alone cannot express.

mod adversarial;
mod csv;
mod normalization;
mod task;

use std::collections::BTreeSet;

use crate::checks::{Checks, LARGEST};
use crate::models::ModelConfig;
use crate::read::section_reader::Sections;
use crate::sections::{
    AugmentConfig, Cadence, ClassWeights, DataConfig, DataSource, Length, OptimizerKind,
    RuleConfig, RunConfig, ScheduleConfig, ScheduleKind, TrainConfig,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::text::toml_string;

impl Checks<'_> {
    /// Checks every section that was read, alone and against the others.
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
            Some(ModelConfig::Classifier { .. }) => self.classifier(sections),
            None => {}
        }
    }

    /// Reports settings that contradict a classifier or a regression network.
    fn classifier(&mut self, sections: &Sections) {
        for section in ["adversarial", "evaluate", "optimizer.discriminator"] {
            self.contradiction(
                self.root.find(section).is_some(),
                section,
                &format!("[{section}] is for GANs, such as `model.kind = \"dcgan\"`"),
            );
        }
        let Some(train) = &sections.train else { return };
        // A folder may hold a validation set of its own.
        let has_none = |data: &DataConfig| {
            data.batches.valid_samples == 0 && !matches!(data.source, DataSource::ImageFolder(_))
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

    fn data(&mut self, data: &DataConfig) {
        let batch_size = data.batches.batch_size;
        self.require(
            "data.batch_size",
            batch_size,
            (1..=LARGEST).contains(&batch_size),
            "1 to 1048576",
        );
        if let Some(share) = data.batches.limit_train {
            self.require(
                "data.limit_train",
                share,
                0.0 < share && share <= 1.0,
                "above 0, up to 1",
            );
        }
        if let Some(batches) = data.batches.overfit_batches {
            self.require(
                "data.overfit_batches",
                batches,
                (1..=LARGEST).contains(&batches),
                "1 to 1048576",
            );
        }
        if !matches!(data.source, DataSource::Csv(_)) {
            self.normalization(data);
        }
        match &data.source {
            DataSource::Idx(idx) => {
                let classes = idx.classes.as_ref().map_or(2, Vec::len);
                self.require(
                    "data.classes",
                    classes,
                    (2..=65_536).contains(&classes),
                    "2 to 65536 names",
                );
                let mut names = idx.classes.iter().flatten();
                let mut known = BTreeSet::new();
                let double = names.find(|name| !known.insert(*name));
                if let Some(double) = double.filter(|_| self.trains) {
                    let diagnostic =
                        Diagnostic::new(format!("`data.classes` names {double:?} twice"))
                            .at(Some(&self.root.location_of("data.classes")));
                    self.diagnostics.push(diagnostic.help("give each class a name of its own"));
                }
            }
            DataSource::ImageFolder(folder) => {
                self.require(
                    "data.size",
                    folder.size,
                    (1..=1024).contains(&folder.size),
                    "1 to 1024",
                );
                let fraction = folder.test_fraction;
                self.require(
                    "data.test_fraction",
                    fraction,
                    0.0 < fraction && fraction < 1.0,
                    "above 0 and below 1",
                );
            }
            DataSource::Csv(csv) => self.csv(csv),
            DataSource::FashionMnist(_)
            | DataSource::FashionMnistMini(_)
            | DataSource::Mnist(_) => {}
        }
    }

    /// Checks `[augment]`; `size` is the images' height and width, where the settings give it.
    fn augment(&mut self, augment: &AugmentConfig, size: Option<usize>) {
        self.probability("augment.flip", augment.flip);
        self.require("augment.shift", augment.shift, augment.shift <= 1024, "0 to 1024");
        if let Some(size) = size.filter(|_| self.trains && augment.shift <= 1024) {
            let most = size.saturating_sub(1);
            let allowed =
                format!("0 to {most}: the images are {size}x{size}, and something has to be left");
            self.require("augment.shift", augment.shift, augment.shift <= most, &allowed);
        }
        self.probability("augment.erase", augment.erase);
    }

    /// Checks the update rule of the section at `path`.
    fn rule(&mut self, path: &str, rule: &RuleConfig) {
        let key = |key: &str| format!("{path}.{key}");
        let rate = rule.update.learning_rate;
        self.require(
            &key("learning_rate"),
            rate,
            0.0 < rate && rate <= 1000.0,
            "above 0, at most 1000",
        );
        let decay = rule.update.weight_decay;
        self.require(&key("weight_decay"), decay, (0.0..=10.0).contains(&decay), "0 to 10");
        self.contradiction(
            rule.update.decay_all && decay == 0.0,
            &key("decay_all"),
            &format!("`{path}.decay_all` is set, and `{path}.weight_decay` is 0"),
        );
        match &rule.kind {
            OptimizerKind::Sgd(sgd) => {
                self.below_one(&key("momentum"), sgd.momentum);
                self.contradiction(
                    sgd.nesterov && sgd.momentum == 0.0,
                    &key("nesterov"),
                    &format!("Nesterov's variant needs `{path}.momentum` above 0"),
                );
            }
            OptimizerKind::Adam(adam) | OptimizerKind::Adamw(adam) => {
                self.below_one(&key("beta_1"), adam.beta_1);
                self.below_one(&key("beta_2"), adam.beta_2);
                // Below the smallest normal f32 it may round to 0, and 0 / 0 is NaN.
                let good = (f64::from(f32::MIN_POSITIVE)..=1.0).contains(&adam.epsilon);
                self.require(&key("epsilon"), adam.epsilon, good, "1.2e-38 to 1");
            }
        }
    }

    fn schedule(&mut self, schedule: &ScheduleConfig) {
        match &schedule.kind {
            ScheduleKind::Constant(_) => {}
            ScheduleKind::Step(step) => {
                self.require(
                    "schedule.factor",
                    step.factor,
                    0.0 < step.factor && step.factor < 1.0,
                    "above 0 and below 1",
                );
            }
            ScheduleKind::Cosine(cosine) => {
                self.probability("schedule.final_ratio", cosine.final_ratio);
            }
            ScheduleKind::OneCycle(cycle) => {
                self.require(
                    "schedule.rise",
                    cycle.rise,
                    0.0 < cycle.rise && cycle.rise < 1.0,
                    "above 0 and below 1",
                );
                self.probability("schedule.start_ratio", cycle.start_ratio);
                self.probability("schedule.final_ratio", cycle.final_ratio);
            }
        }
    }

    fn train(&mut self, train: &TrainConfig) {
        let epochs = train.epochs.unwrap_or(1);
        self.require("train.epochs", epochs, (1..=1_000_000).contains(&epochs), "1 to 1000000");
        if let Some(length) = train.length {
            let (most, unit) = match length {
                Length::Every(Cadence::Epochs(_)) => (1_000_000, "epochs"),
                Length::Every(Cadence::Steps(_)) => (1_000_000_000_000, "steps"),
                Length::Frames(_) => (1_000_000_000_000, "frames"),
            };
            let allowed = format!("1 to {most} {unit}");
            self.require("train.length", length, length.count() <= most, &allowed);
            // No task has an environment.
            self.contradiction(
                matches!(length, Length::Frames(_)),
                "train.length",
                "`train.length` is in frames, which are steps of an environment, and this task has none: write it in \
                 epochs or steps",
            );
        }
        self.below_one("train.label_smoothing", train.label_smoothing);
        self.require(
            "train.accumulate",
            train.accumulate,
            (1..=65_536).contains(&train.accumulate),
            "1 to 65536",
        );
        self.require("train.log_every", train.log_every, train.log_every >= 1, "1 or more");
        self.require(
            "train.keep_last",
            train.keep_last,
            train.keep_last >= 2,
            "2 or more: the last one may be damaged",
        );
        if let Some(norm) = train.clip_norm {
            self.require("train.clip_norm", norm, norm > 0.0 && norm.is_finite(), "above 0");
        }
        if let Some(weights) = &train.class_weights {
            self.class_weights(weights);
        }
        if let Some(stop) = &train.early_stop {
            self.require(
                "train.early_stop.patience",
                stop.patience,
                stop.patience >= 1,
                "1 or more",
            );
            self.require(
                "train.early_stop.min_delta",
                stop.min_delta,
                stop.min_delta >= 0.0 && stop.min_delta.is_finite(),
                "0 or more",
            );
        }
    }

    fn class_weights(&mut self, weights: &ClassWeights) {
        let good = |weight: f64| weight >= 0.0 && weight.is_finite();
        match weights {
            ClassWeights::Named(_) => {}
            ClassWeights::Each(weights) => self.require(
                "train.class_weights",
                format!("{weights:?}"),
                weights.iter().all(|weight| good(*weight)) && weights.iter().any(|w| *w > 0.0),
                "numbers of 0 or more, not all 0",
            ),
            ClassWeights::ByName(weights) => {
                for (class, weight) in weights.iter().filter(|(_, weight)| !good(**weight)) {
                    let location = self.root.location_of_member("train.class_weights", class);
                    let diagnostic =
                        Diagnostic::new(format!("the weight of class `{class}` is {weight}"));
                    self.diagnostics
                        .push(diagnostic.at(Some(&location)).help("allowed: 0 or more"));
                }
            }
        }
    }
}
