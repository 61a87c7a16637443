//! State of the dashboard of `hearth train`. It draws into a given frame and has no clock: times are arguments, with
//! any origin.

use std::collections::VecDeque;
use std::time::Duration;

use hearth_train::Report;
use hearth_train::event::StepDone;
use hearth_train::plan::summary::Summary;
use hearth_train::task::scalars::Scalars;

use crate::terminal::output::thousands;
use crate::terminal::pace::Pace;
use curve::MetricCurve;

mod curve;
mod draw;

/// Minimum width and height of a terminal for the dashboard.
pub const MIN_SIZE: (u16, u16) = (60, 16);

/// Maximum number of log lines kept: more than a terminal shows.
const MAX_LINES: usize = 100;

/// The name of the training set.
const TRAIN: &str = "train";

/// The dashboard's state.
#[derive(Debug)]
pub struct Dashboard {
    /// Parts of the title, the most important first.
    title: Vec<String>,
    steps_per_epoch: u64,
    total_steps: u64,
    step: u64,
    learning_rate: f64,
    pace: Pace,
    series: Vec<MetricSeries>,
    /// The last evaluated set and its results.
    evaluated: Option<(String, Scalars)>,
    lines: VecDeque<String>,
    /// True if the run ends after the current step.
    pub stopping: bool,
}

/// A metric on one set, over time.
#[derive(Debug)]
struct MetricSeries {
    set: String,
    name: String,
    curve: MetricCurve,
}

impl MetricSeries {
    /// The name of its chart: `loss` of `generator_loss`.
    fn group(&self) -> &str {
        self.name.rsplit('_').next().unwrap_or(&self.name)
    }

    /// Its name in that chart: `generator`, or the set if the metric has no other name.
    fn label(&self) -> String {
        match self.name.strip_suffix(self.group()).unwrap_or_default().trim_end_matches('_') {
            "" => self.set.clone(),
            own if self.set == TRAIN => own.replace('_', " "),
            own => format!("{} {}", self.set, own.replace('_', " ")),
        }
    }
}

impl Dashboard {
    /// The dashboard of a run that starts.
    pub fn new(summary: &Summary) -> Self {
        let [steps_per_epoch, total_steps] = summary.steps;
        Self {
            title: vec![
                summary.name.clone(),
                format!("{}, {} threads", summary.backend, summary.threads),
                summary.data.name.clone(),
                format!("{} parameters", thousands(summary.layers.parameters as u64)),
            ],
            steps_per_epoch,
            total_steps,
            step: 0,
            learning_rate: f64::NAN,
            pace: Pace::default(),
            series: Vec::new(),
            evaluated: None,
            lines: VecDeque::new(),
            stopping: false,
        }
    }

    /// Records a step. Its results may come with a later one.
    pub fn on_step(&mut self, done: &StepDone, at: Duration) {
        (self.step, self.learning_rate) = (done.step, done.learning_rate);
        if done.sums.samples > 0 {
            self.pace.on_step(done, at);
            self.add(TRAIN, &done.sums.means());
        }
    }

    /// Records an evaluation.
    pub fn on_evaluated(&mut self, report: &Report) {
        let scalars: Scalars = report.scores().collect();
        self.pace.pause();
        self.add(&report.split, &scalars);
        self.evaluated = Some((report.split.clone(), scalars));
    }

    /// Appends a message to the log.
    pub fn on_message(&mut self, text: &str) {
        self.lines.extend(text.lines().map(str::to_owned));
        self.lines.drain(..self.lines.len().saturating_sub(MAX_LINES));
    }

    fn add(&mut self, set: &str, scalars: &Scalars) {
        for (name, value) in scalars.iter() {
            let known = self.series.iter().position(|one| one.set == set && one.name == name);
            let place = known.unwrap_or_else(|| {
                let (set, name) = (set.to_owned(), name.to_owned());
                self.series.push(MetricSeries { set, name, curve: MetricCurve::new() });
                self.series.len() - 1
            });
            self.series[place].curve.add(self.step, value);
        }
    }

    /// The names of the charts, the most important first: the loss, the evaluation metric, then other training
    /// metrics.
    fn groups(&self) -> Vec<&str> {
        let of = |train: bool| {
            let series = self.series.iter().filter(move |one| (one.set == TRAIN) == train);
            series.map(MetricSeries::group)
        };
        let first = of(true).next();
        let evaluated = of(false).find(|group| Some(*group) != first);
        let mut groups = Vec::new();
        for group in first.into_iter().chain(evaluated).chain(of(true)) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests;
