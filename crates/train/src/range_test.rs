//! The learning rate range test (Smith 2017, "Cyclical learning rates for training neural networks", section 3.3).

use hearth_data::Labels;
use serde::Serialize;

use crate::backend::scalar::Readback;
use crate::error::TrainError;
use crate::event::Event;
use crate::run::hooks::{Opened, Opening, TaskLookup};
use crate::run::initial_weights::SourceRun;
use crate::run::job::Job;
use crate::run::train::{Prepared, prepare};
use crate::task::step::StepSettings;
use crate::task::{Task, compute_step};

/// The decay of the exponential moving average of the losses, per step.
const SMOOTHING: f64 = 0.9;

/// The ratio of the smoothed loss to its minimum that ends the test.
const DIVERGED: f64 = 4.0;

/// Steps before the smoothed loss is meaningful; their mean loss is the loss at the start.
const FIRST: usize = 10;

/// The share of the smoothed loss's fall at which the suggested learning rates begin.
const FALLEN: f64 = 0.9;

/// The least fall that yields a suggestion, as a share of the loss at the start.
const LEAST_FALL: f64 = 0.05;

/// The learning rates of the test: they grow by a constant factor per step.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first learning rate.
    pub from: f64,
    /// The last learning rate.
    pub to: f64,
    /// The number of steps, one learning rate each.
    pub steps: usize,
}

/// The result of a range test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeTest {
    /// Each learning rate and the loss of its step.
    pub losses: Vec<(f64, f64)>,
    /// Each learning rate and the exponential moving average of the losses up to it, without bias.
    pub smoothed: Vec<(f64, f64)>,
    /// The suggested learning rates: from the one at which nine tenths of the smoothed loss's fall are done to the one
    /// at its minimum. None if the fall is less than a twentieth of the loss at the start.
    pub suggested: Option<[f64; 2]>,
}

/// Trains a network for some steps with a growing learning rate; nothing is written. A task without a single loss is an
/// error.
pub fn range_test(
    job: &Job<'_>,
    lookup: TaskLookup,
    range: Range,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<RangeTest, TrainError> {
    let config = job.config;
    let has_one_loss = || lookup(config).has_one_loss;
    if config.task_kind().is_some() && !has_one_loss() {
        return Err(TrainError::Settings(
            "a range test looks at one loss, and an adversarial pair has two that work against each other; `hearth sweep` tries learning rates on it"
                .into(),
        ));
    }
    let source = SourceRun::open(config, &job.target)?;
    let Prepared { config, data, device, .. } = prepare(job, lookup, Labels::Needed, observe)?;
    let config = &config;
    let opening = Opening { config, data: &data, device: &device, source, job: None, observe };
    let Opened { mut task, start, .. } = (lookup(config).open)(opening)?;
    if let Some(start) = start {
        for note in start.notes {
            observe(Event::Note(note));
        }
        task.start_from(start.state)?;
    }
    losses(&mut *task, &StepSettings::new(config, &device)?, range).map(RangeTest::of)
}

/// The learning rate and loss of each step, until the last one or until the loss diverges.
fn losses(
    task: &mut dyn Task,
    steps: &StepSettings,
    range: Range,
) -> Result<Vec<(f64, f64)>, TrainError> {
    let mut losses = Vec::new();
    let (mut smoothed, mut least) = (Smoothed::default(), f64::INFINITY);
    for step in 0..range.steps {
        let share = step as f64 / (range.steps - 1).max(1) as f64;
        let rate = range.from * (range.to / range.from).powf(share);
        let computed = compute_step(task, steps, (step as u64, rate), Readback::Immediate)?;
        let loss = computed.measured.mean("loss").unwrap_or(f64::NAN);
        let average = smoothed.add(loss);
        least = least.min(average);
        if computed.fault.is_some() || step >= FIRST && average > DIVERGED * least {
            break;
        }
        losses.push((rate, loss));
        task.apply(computed.change);
    }
    Ok(losses)
}

impl RangeTest {
    /// The result for these learning rates and losses.
    fn of(losses: Vec<(f64, f64)>) -> Self {
        let mut average = Smoothed::default();
        let smoothed: Vec<_> =
            losses.iter().map(|(rate, loss)| (*rate, average.add(*loss))).collect();
        let suggested = suggested(&losses, &smoothed);
        Self { losses, smoothed, suggested }
    }
}

/// The suggested learning rates, see [`RangeTest::suggested`].
fn suggested(losses: &[(f64, f64)], smoothed: &[(f64, f64)]) -> Option<[f64; 2]> {
    let start = losses.get(..FIRST)?.iter().map(|(_, loss)| loss).sum::<f64>() / FIRST as f64;
    let smoothed = smoothed.get(FIRST..)?;
    let (rate_of_least, least) = smoothed.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let fall = start - least;
    let fallen = smoothed.iter().find(|(_, loss)| *loss <= start - FALLEN * fall)?;
    (fall >= LEAST_FALL * start).then_some([fallen.0, *rate_of_least])
}

/// An exponential moving average with bias correction (Kingma and Ba 2015, section 3).
#[derive(Default)]
struct Smoothed {
    sum: f64,
    count: i32,
}

impl Smoothed {
    /// Adds a value and returns the average.
    fn add(&mut self, value: f64) -> f64 {
        self.sum = SMOOTHING * self.sum + (1.0 - SMOOTHING) * value;
        self.count += 1;
        self.sum / (1.0 - SMOOTHING.powi(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_from_nine_tenths_of_the_fall_to_the_minimum_are_suggested() {
        // A loss that falls around the rate 1e-2, as a logistic curve, and rises behind 1.
        let loss = |exponent: f64| {
            2.0 - 1.5 / (1.0 + (-(exponent + 2.0) * 4.0).exp()) + (exponent - 0.2).max(0.0)
        };
        let points = (0..300).map(|step| -5.0 + 6.0 * f64::from(step) / 299.0);
        let test = RangeTest::of(points.map(|at| (10_f64.powf(at), loss(at))).collect());
        let [from, to] = test.suggested.expect("it falls");
        // Nine tenths of the fall are done at the exponent -2 + ln(9) / 4, a rate of 0.035; the average lags about
        // 10 steps behind, 0.2 of the exponent.
        assert!((0.035..0.08).contains(&from), "{from}");
        assert!((1.0..3.0).contains(&to), "{to}");
    }

    #[test]
    fn a_loss_that_hardly_falls_suggests_nothing() {
        let of = |loss: fn(f64) -> f64| {
            RangeTest::of((1..200).map(|at| (f64::from(at), loss(f64::from(at)))).collect())
        };
        assert_eq!(of(|at| at).suggested, None);
        assert_eq!(of(|at| 2.3 - at * 1e-4).suggested, None);
        assert_eq!(RangeTest::of(vec![(0.1, 2.0); 3]).suggested, None);
        assert_eq!(RangeTest::of(Vec::new()).suggested, None);
    }

    #[test]
    fn the_average_of_equal_numbers_has_no_bias() {
        let mut average = Smoothed::default();
        for _ in 0..5 {
            assert!((average.add(3.0) - 3.0).abs() < 1e-12);
        }
    }
}
