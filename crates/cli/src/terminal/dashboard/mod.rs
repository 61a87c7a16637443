//! What the dashboard of `hearth train` knows. It draws itself into whatever it is given, and has no
//! clock: times are told to it, counted from any one moment.

use std::collections::VecDeque;
use std::time::Duration;

use hearth_train::Report;
use hearth_train::event::StepDone;
use hearth_train::scalars::Scalars;
use hearth_train::summary::Summary;

use crate::terminal::output::thousands;
use crate::terminal::pace::Pace;
use curve::Curve;

mod curve;
mod draw;

/// The narrowest and the lowest terminal on which the dashboard can be read.
pub const SMALLEST: (u16, u16) = (60, 16);

/// The most lines of the log that are kept: more than a terminal shows.
const LINES: usize = 100;

/// The name of the set that is learned from.
const TRAIN: &str = "train";

/// Everything that is drawn.
#[derive(Debug)]
pub struct Dashboard {
    /// What is trained, the most important first.
    title: Vec<String>,
    steps_per_epoch: u64,
    total_steps: u64,
    step: u64,
    learning_rate: f64,
    pace: Pace,
    series: Vec<Series>,
    /// The name of a set, and the newest results on it.
    evaluated: Option<(String, Scalars)>,
    lines: VecDeque<String>,
    /// Whether the run ends after the current step.
    pub stopping: bool,
}

/// One result on one set, over time.
#[derive(Debug)]
struct Series {
    set: String,
    name: String,
    curve: Curve,
}

impl Series {
    /// What its chart is called: `loss` of `generator_loss`.
    fn group(&self) -> &str {
        self.name.rsplit('_').next().unwrap_or(&self.name)
    }

    /// Its name in that chart: `generator`, or the set where the result has no other name.
    fn label(&self) -> String {
        match self.name.strip_suffix(self.group()).unwrap_or_default().trim_end_matches('_') {
            "" => self.set.clone(),
            own if self.set == TRAIN => own.replace('_', " "),
            own => format!("{} {}", self.set, own.replace('_', " ")),
        }
    }
}

impl Dashboard {
    /// Of a run that begins.
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

    /// A step was made. Its results may come with a later one.
    pub fn step(&mut self, done: &StepDone, at: Duration) {
        (self.step, self.learning_rate) = (done.step, done.learning_rate);
        if done.sums.samples > 0 {
            self.pace.step(done, at);
            self.add(TRAIN, &done.sums.means());
        }
    }

    /// A set was looked at.
    pub fn evaluated(&mut self, report: &Report) {
        let scalars: Scalars = report.scores().collect();
        self.pace.pause();
        self.add(&report.split, &scalars);
        self.evaluated = Some((report.split.clone(), scalars));
    }

    /// Something was said.
    pub fn line(&mut self, text: &str) {
        self.lines.extend(text.lines().map(str::to_owned));
        self.lines.drain(..self.lines.len().saturating_sub(LINES));
    }

    fn add(&mut self, set: &str, scalars: &Scalars) {
        for (name, value) in scalars.iter() {
            let known = self.series.iter().position(|one| one.set == set && one.name == name);
            let place = known.unwrap_or_else(|| {
                let (set, name) = (set.to_owned(), name.to_owned());
                self.series.push(Series { set, name, curve: Curve::new() });
                self.series.len() - 1
            });
            self.series[place].curve.add(self.step, value);
        }
    }

    /// The charts, the most important first: what is minimised, then what is evaluated, then the rest of
    /// what is measured in training.
    fn groups(&self) -> Vec<&str> {
        let of = |train: bool| {
            let series = self.series.iter().filter(move |one| (one.set == TRAIN) == train);
            series.map(Series::group)
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
