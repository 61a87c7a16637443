//! The range test: which learning rates a network learns with (Smith 2017, "Cyclical learning rates for
//! training neural networks", section 3.3).

use hearth_config::ModelConfig;
use hearth_data::Normalization;
use serde::Serialize;

use crate::error::TrainError;
use crate::event::Event;
use crate::number::Reading;
use crate::run::Job;
use crate::task::Task;
use crate::tasks::Classify;
use crate::train::prepare;

/// How much of the smoothed loss each step keeps.
const SMOOTHING: f64 = 0.9;

/// A smoothed loss so many times the smallest one ends the test.
const DIVERGED: f64 = 4.0;

/// Steps before the smoothed loss means anything.
const FIRST: usize = 10;

/// Which rates are tried: they grow by the same factor at each step.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many.
    pub steps: usize,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeTest {
    /// Each rate and the loss of the step that was made with it.
    pub losses: Vec<(f64, f64)>,
    /// Each rate and the exponential average of the losses up to it.
    pub smoothed: Vec<(f64, f64)>,
    /// The rate at which the smoothed loss falls most steeply, against the logarithm of the rate; none
    /// where it never falls.
    pub steepest: Option<f64>,
    /// The rate at which the smoothed loss is smallest: too large by far to train with.
    pub lowest: Option<f64>,
}

/// Trains a classifier for a moment, with a rate that grows; nothing is written.
pub fn range_test(
    job: &Job<'_>,
    range: Range,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<RangeTest, TrainError> {
    let config = job.config;
    let ModelConfig::Classifier { network, .. } = &config.model else {
        return Err(TrainError::Settings(
            "a range test looks at one loss, and an adversarial pair has two that work against each other"
                .into(),
        ));
    };
    let (data, device) = prepare(job, observe)?;
    let normalization = Normalization::of(&data.splits.train);
    let classes = data.dataset.classes;
    let task = Classify::new(config, network, data.splits, classes, &normalization, &device)?;
    losses(task, range).map(RangeTest::of)
}

/// The loss of each step, until the last one, or until they diverge.
fn losses(mut task: impl Task, range: Range) -> Result<Vec<(f64, f64)>, TrainError> {
    let mut losses = Vec::new();
    let (mut smooth, mut least) = (Smooth::default(), f64::INFINITY);
    for step in 0..range.steps {
        let share = step as f64 / (range.steps - 1).max(1) as f64;
        let rate = range.from * (range.to / range.from).powf(share);
        let proposed = task.compute(step as u64, rate, Reading::Now)?;
        let loss = proposed.measured.totals.iter().find(|(name, _)| *name == "loss");
        let loss = loss.and_then(|(_, sum)| sum.here()).unwrap_or(f64::NAN);
        let loss = loss / proposed.measured.samples as f64;
        let average = smooth.with(loss);
        least = least.min(average);
        if proposed.non_finite.is_some() || step >= FIRST && average > DIVERGED * least {
            break;
        }
        losses.push((rate, loss));
        task.apply(proposed.change);
    }
    Ok(losses)
}

impl RangeTest {
    fn of(losses: Vec<(f64, f64)>) -> Self {
        let mut smooth = Smooth::default();
        let smoothed: Vec<_> =
            losses.iter().map(|(rate, loss)| (*rate, smooth.with(*loss))).collect();
        let slopes = smoothed.windows(3).skip(FIRST).map(|three| {
            let [(low, before), (rate, _), (high, after)] = three else { unreachable!("three") };
            ((after - before) / (high / low).ln(), *rate)
        });
        let steepest = slopes.min_by(|a, b| a.0.total_cmp(&b.0));
        let steepest = steepest.filter(|(slope, _)| *slope < 0.0).map(|(_, rate)| rate);
        let lowest = smoothed.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(rate, _)| *rate);
        Self { losses, smoothed, steepest, lowest }
    }
}

/// An exponential average without the bias of its beginning (Kingma and Ba 2015, section 3).
#[derive(Default)]
struct Smooth {
    sum: f64,
    kept: i32,
}

impl Smooth {
    fn with(&mut self, value: f64) -> f64 {
        self.sum = SMOOTHING * self.sum + (1.0 - SMOOTHING) * value;
        self.kept += 1;
        self.sum / (1.0 - SMOOTHING.powi(self.kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steepest_descent_is_suggested() {
        // A loss that falls around the rate 1e-2, as a logistic curve, and rises behind 1.
        let loss = |exponent: f64| {
            2.0 - 1.5 / (1.0 + (-(exponent + 2.0) * 4.0).exp()) + (exponent - 0.2).max(0.0)
        };
        let points = (0..300).map(|step| -5.0 + 6.0 * f64::from(step) / 299.0);
        let test = RangeTest::of(points.map(|at| (10_f64.powf(at), loss(at))).collect());
        let found = test.steepest.expect("it falls");
        // The average follows about 10 steps behind: 0.2 of the exponent.
        assert!((0.01..0.02).contains(&found), "{found}");
        assert!(test.lowest.is_some_and(|rate| (1.0..3.0).contains(&rate)), "{:?}", test.lowest);
        let flat = RangeTest::of((1..50).map(|at| (f64::from(at), f64::from(at))).collect());
        assert_eq!((flat.steepest, flat.lowest), (None, Some(1.0)));
        assert_eq!(RangeTest::of(Vec::new()).steepest, None);
    }

    #[test]
    fn an_average_of_equal_numbers_is_that_number() {
        let mut smooth = Smooth::default();
        for _ in 0..5 {
            assert!((smooth.with(3.0) - 3.0).abs() < 1e-12);
        }
    }
}
