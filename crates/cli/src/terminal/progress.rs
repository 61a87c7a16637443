//! Progress of `hearth train`: lines; on a terminal also a bar for each epoch, or the dashboard, after which the lines
//! are printed.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use hearth_report::{fixed, text_table};
use hearth_train::event::StepDone;
use hearth_train::plan::summary::Summary;
use hearth_train::task::scalars::Sums;
use hearth_train::{Event, Report};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::dashboard::Dashboard;
use super::data_lines::data_lines;
use super::output::{megabytes, say, several, thousands};
use super::pace::Pace;
use super::screen::{self, Screen};
use crate::args::TrainArgs;
use crate::failure::Failure;

/// The display of a run's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressMode {
    /// A line for each epoch and evaluation.
    Lines,
    /// A bar for each epoch as well.
    Bar,
    /// The dashboard from the first step on; the lines are printed after it.
    Dashboard,
}

impl ProgressMode {
    /// The mode of the command line, or else the best that the terminal supports.
    ///
    /// # Errors
    /// For `--tui` without a terminal.
    pub fn of(args: &TrainArgs) -> Result<Self, Failure> {
        let terminal = std::io::stderr().is_terminal();
        if args.tui && !terminal {
            return Err(Failure::usage("--tui needs a terminal: standard error is none"));
        }
        let quiet = args.plain || args.json || args.dry_run;
        Ok(match terminal {
            true if args.tui || !quiet && screen::fits() => Self::Dashboard,
            true if !args.plain => Self::Bar,
            _ => Self::Lines,
        })
    }

    /// The mode of commands that train briefly.
    pub fn without_dashboard() -> Self {
        if std::io::stderr().is_terminal() { Self::Bar } else { Self::Lines }
    }
}

/// Shows the events of a run.
pub struct ProgressDisplay {
    mode: ProgressMode,
    bar: Option<ProgressBar>,
    /// The dashboard before the first step, when it is not on the screen yet.
    dashboard: Option<Dashboard>,
    screen: Option<Screen>,
    epoch: Sums,
    epoch_started: Instant,
    begun: Instant,
    pace: Pace,
    /// True once the time of the whole run was printed.
    estimated: bool,
}

impl ProgressDisplay {
    /// A display before the first event.
    pub fn new(mode: ProgressMode) -> Self {
        let now = Instant::now();
        Self {
            mode,
            bar: None,
            dashboard: None,
            screen: None,
            epoch: Sums::default(),
            epoch_started: now,
            begun: now,
            pace: Pace::default(),
            estimated: false,
        }
    }

    /// Shows one event.
    pub fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Started(summary) => self.on_started(summary),
            Event::Step(step) => self.on_step(&step),
            Event::Evaluated(report) => self.on_evaluated(report),
            Event::Note(text) => self.line(&text),
        }
    }

    fn on_started(&mut self, summary: &Summary) {
        say(&format!("{}\n", data_lines(summary)));
        let rows = summary.layers.rows.iter().map(|layer| {
            let [channels, height, width] = layer.output;
            let output = match [height, width] {
                [1, 1] => channels.to_string(),
                _ => format!("{channels}x{height}x{width}"),
            };
            vec![layer.name.clone(), output, thousands(layer.parameters as u64)]
        });
        let total =
            vec!["total".into(), String::new(), thousands(summary.layers.parameters as u64)];
        say(&text_table(&["layer", "output", "parameters"], rows.chain([total])));
        let [epoch, all] = summary.steps;
        let length = match (all / epoch, all % epoch) {
            (epochs, 0) => format!("{} of {}", several(epochs, "epoch"), several(epoch, "step")),
            _ => format!("{}, {} an epoch", several(all, "step"), thousands(epoch)),
        };
        say(&format!(
            "\n{length}, on {}{} with {}; about {} of memory\n",
            summary.backend,
            summary.backend.adapter().map_or_else(String::new, |adapter| format!(", {adapter},")),
            several(summary.threads as u64, "thread"),
            megabytes(summary.memory as u64),
        ));
        // A feature evaluator may have been trained and shown before.
        (self.pace, self.epoch_started, self.estimated) = (Pace::default(), Instant::now(), false);
        (self.epoch, self.bar) = (Sums::default(), None);
        if self.mode == ProgressMode::Dashboard {
            let dashboard = Dashboard::new(summary);
            match &self.screen {
                Some(screen) => screen.update(|shown, _| *shown = dashboard),
                None => self.dashboard = Some(dashboard),
            }
        }
    }

    fn on_step(&mut self, done: &StepDone) {
        if let Some(dashboard) = self.dashboard.take() {
            match Screen::enter(dashboard) {
                Ok(screen) => self.screen = Some(screen),
                Err(error) => {
                    self.mode = ProgressMode::Bar;
                    self.line(&format!("warning: no dashboard: {error}"));
                }
            }
        }
        if let Some(screen) = &self.screen {
            screen.update(|dashboard, at| dashboard.on_step(done, at));
        }
        let [in_epoch, steps] = done.in_epoch();
        if in_epoch == 1 || self.bar.is_none() && self.epoch.samples == 0 {
            self.epoch = Sums::default();
            self.bar = (self.mode == ProgressMode::Bar).then(|| bar(done));
        }
        if done.sums.samples == 0 {
            // On a graphics adapter the results are read some steps later.
            if let Some(bar) = &self.bar {
                bar.set_position(in_epoch);
            }
            return;
        }
        self.epoch += &done.sums;
        self.pace.on_step(done, self.begun.elapsed());
        let left = self.pace.left().map(duration);
        if let Some(bar) = &self.bar {
            bar.set_position(in_epoch);
            let estimate = left.map_or_else(String::new, |left| format!("  {left} left"));
            bar.set_message(self.results() + &estimate);
        } else if let Some(left) = left.filter(|_| !self.estimated) {
            self.estimated = true;
            self.line(&format!("about {left} to go"));
        }
        if in_epoch == steps {
            if let Some(bar) = self.bar.take() {
                bar.set_message(self.results());
                bar.finish();
            } else {
                let (epoch, epochs) = epochs(done);
                self.line(&format!("epoch {epoch}/{epochs}  {}", self.results()));
            }
            self.epoch_started = Instant::now();
        }
    }

    fn results(&self) -> String {
        let samples = self.epoch.samples as f64;
        let speed = samples / self.epoch_started.elapsed().as_secs_f64().max(1e-9);
        let means = self.epoch.means();
        let means = means
            .iter()
            .map(|(name, mean)| format!("{} {}", name.replace('_', " "), fixed(mean, 4)));
        let means: Vec<_> = means.collect();
        format!("{}  {} samples/s", means.join("  "), thousands(speed as u64))
    }

    fn on_evaluated(&mut self, report: &Report) {
        if let Some(screen) = &self.screen {
            screen.update(|dashboard, _| dashboard.on_evaluated(report));
        }
        self.line(&format!("           {} {}", report.split, report.headline));
        if self.bar.is_none() {
            self.epoch_started = Instant::now();
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
        if let Some(screen) = &self.screen {
            screen.update(|dashboard, _| dashboard.on_message(text));
        }
    }
}

fn epochs(done: &StepDone) -> (u64, u64) {
    let whole = |steps: u64| steps.div_ceil(done.steps_per_epoch);
    (whole(done.step), whole(done.total_steps))
}

fn bar(done: &StepDone) -> ProgressBar {
    let (epoch, epochs) = epochs(done);
    let bar = ProgressBar::with_draw_target(
        Some(done.in_epoch()[1]),
        ProgressDrawTarget::stderr_with_hz(10),
    );
    let style = ProgressStyle::with_template("epoch {prefix}  {bar:24} {pos}/{len}  {msg}")
        .expect("the template names only keys that indicatif knows");
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(format!("{epoch}/{epochs}"));
    bar
}

/// A duration: `1 h 05 min`, `2 min 03 s`, `8 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}
