//! Learning rate schedules: the learning rate as a function of the step.

use std::f64::consts::PI;

use hearth_config::{Config, OneCycleConfig, ScheduleConfig, ScheduleKind, TimeUnits};

/// The learning rate of every step of a run. It has no state, so a resumed run follows the same schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    peak: f64,
    config: ScheduleConfig,
    units: TimeUnits,
    total_steps: u64,
}

impl Schedule {
    /// The schedule of a run of `total_steps` steps, warmup included.
    pub fn new(config: &Config, units: TimeUnits, total_steps: u64) -> Self {
        Self {
            peak: config.optimizer.rule.update.learning_rate,
            config: config.schedule.clone(),
            units,
            total_steps,
        }
    }

    /// The learning rate of step `step`, counted from 0: a linear warmup, then the peak times the factor of the
    /// schedule's kind.
    pub fn learning_rate(&self, step: u64) -> f64 {
        let warmup = self.config.warmup.warmup_steps;
        if step < warmup {
            return self.peak * (step + 1) as f64 / (warmup + 1) as f64;
        }
        let done = step - warmup;
        // The last step of the run has progress 1.
        let last = self.total_steps.saturating_sub(warmup + 1).max(1);
        let progress = (done as f64 / last as f64).min(1.0);
        self.peak * self.factor(done, progress)
    }

    /// The share of the peak after `done` steps since warmup, at `progress` from 0 to 1.
    fn factor(&self, done: u64, progress: f64) -> f64 {
        match &self.config.kind {
            ScheduleKind::Constant(_) => 1.0,
            ScheduleKind::Step(step) => {
                let every = step.every.steps(self.units).unwrap_or(u64::MAX);
                let drops = done / every.max(1);
                step.factor.powi(i32::try_from(drops).unwrap_or(i32::MAX))
            }
            // Loshchilov and Hutter 2017 (SGDR), equation 5, without restarts.
            ScheduleKind::Cosine(cosine) => cosine_between(1.0, cosine.final_ratio, progress),
            ScheduleKind::Linear(linear) => 1.0 + (linear.final_ratio - 1.0) * progress,
            ScheduleKind::OneCycle(cycle) => one_cycle(cycle, progress),
        }
    }
}

/// The one-cycle schedule (Smith and Topin 2019) with cosine phases: up for the share `rise` of the steps, then down.
fn one_cycle(cycle: &OneCycleConfig, progress: f64) -> f64 {
    if progress < cycle.rise {
        cosine_between(cycle.start_ratio, 1.0, progress / cycle.rise)
    } else {
        let fall = (progress - cycle.rise) / (1.0 - cycle.rise);
        cosine_between(1.0, cycle.final_ratio, fall)
    }
}

/// Cosine interpolation from `start` at progress 0 to `end` at progress 1, with slope 0 at both ends.
fn cosine_between(start: f64, end: f64, progress: f64) -> f64 {
    end + (start - end) * (1.0 + (PI * progress).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use hearth_config::{CosineConfig, NoOptions, StepConfig, WarmupConfig};

    use super::*;

    fn rates(kind: ScheduleKind, warmup_steps: u64) -> Vec<f64> {
        let config = ScheduleConfig { kind, warmup: WarmupConfig { warmup_steps } };
        let schedule = Schedule {
            peak: 2.0,
            config,
            units: TimeUnits { steps_per_epoch: Some(2), frames_per_step: None },
            total_steps: 9,
        };
        (0..9).map(|step| schedule.learning_rate(step)).collect()
    }

    fn assert_close(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
        }
    }

    #[test]
    fn warmup_is_linear() {
        let found = rates(ScheduleKind::Constant(NoOptions {}), 3);
        assert_close(&found, &[0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn step_drops_at_each_interval() {
        let step = StepConfig { every: "2 epochs".parse().unwrap(), factor: 0.5 };
        let found = rates(ScheduleKind::Step(step), 0);
        assert_close(&found, &[2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5]);
    }

    #[test]
    fn cosine_decays_from_the_peak_to_its_final_ratio() {
        let found = rates(ScheduleKind::Cosine(CosineConfig { final_ratio: 0.1 }), 0);
        assert_close(&[found[0], found[4], found[8]], &[2.0, 1.1, 0.2]);
        assert!(found.windows(2).all(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn one_cycle_peaks_at_its_rise() {
        let cycle = OneCycleConfig { rise: 0.25, start_ratio: 0.04, final_ratio: 0.0 };
        let found = rates(ScheduleKind::OneCycle(cycle), 0);
        assert_close(&[found[0], found[2], found[8]], &[0.08, 2.0, 0.0]);
    }
}
