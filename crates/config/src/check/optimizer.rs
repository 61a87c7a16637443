//! Checks of `[optimizer]` and `[schedule]`.

use crate::checks::Checks;
use crate::sections::{OptimizerKind, RuleConfig, ScheduleConfig, ScheduleKind};

impl Checks<'_> {
    /// Checks the update rule of the section at `path`.
    pub(super) fn rule(&mut self, path: &str, rule: &RuleConfig) {
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

    /// Checks `[schedule]`.
    pub(super) fn schedule(&mut self, schedule: &ScheduleConfig) {
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
            ScheduleKind::Linear(linear) => {
                self.probability("schedule.final_ratio", linear.final_ratio);
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
}
