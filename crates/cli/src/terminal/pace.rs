//! Speed and remaining time of a run. The origin of times is arbitrary.

use std::collections::VecDeque;
use std::time::Duration;

use hearth_train::event::StepDone;

/// Number of steps before the first estimate of the remaining time.
const STEPS_TO_ESTIMATE: u64 = 20;

/// The time span over which the speed is averaged.
const WINDOW: Duration = Duration::from_secs(10);

/// Minimum time between two counts.
const TICK: Duration = Duration::from_millis(100);

/// Speed and remaining time, from the steps so far.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The first step with results, and its time.
    first: Option<(u64, Duration)>,
    left: Option<Duration>,
    samples: u64,
    /// Times, with the number of samples seen by then.
    counts: VecDeque<(Duration, u64)>,
    speed: Option<f64>,
}

impl Pace {
    /// Counts a step with its results.
    pub fn on_step(&mut self, done: &StepDone, at: Duration) {
        let (first, begun) = *self.first.get_or_insert((done.step, at));
        let made = done.step - first;
        if made >= STEPS_TO_ESTIMATE {
            let rest = done.total_steps.saturating_sub(done.step);
            self.left = Some(at.saturating_sub(begun).mul_f64(rest as f64 / made as f64));
        }
        self.samples += done.sums.samples;
        if self.counts.back().is_none_or(|(last, _)| at.saturating_sub(*last) >= TICK) {
            self.counts.push_back((at, self.samples));
        }
        while self.counts.front().is_some_and(|(first, _)| at.saturating_sub(*first) > WINDOW) {
            self.counts.pop_front();
        }
        if let Some((from, before)) = self.counts.front().filter(|(from, _)| at > *from) {
            let seconds = at.saturating_sub(*from).as_secs_f64();
            self.speed = Some((self.samples - before) as f64 / seconds);
        }
    }

    /// Excludes an evaluation or other pause from the speed.
    pub fn pause(&mut self) {
        self.counts.clear();
    }

    /// The time since the first step.
    pub fn elapsed(&self, at: Duration) -> Duration {
        self.first.map_or(Duration::ZERO, |(_, begun)| at.saturating_sub(begun))
    }

    /// The remaining time; `None` for the first steps.
    pub const fn left(&self) -> Option<Duration> {
        self.left
    }

    /// Samples per second; `None` before the second step.
    pub const fn speed(&self) -> Option<f64> {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use hearth_train::task::scalars::Sums;

    use super::*;

    #[test]
    fn time_and_speed_are_those_of_the_steps() {
        let mut pace = Pace::default();
        let mut now = Duration::from_secs(5);
        for step in 1..=60 {
            let done = StepDone {
                step,
                total_steps: 120,
                steps_per_epoch: 40,
                sums: Sums { samples: 64, ..Sums::default() },
                learning_rate: 0.1,
            };
            pace.on_step(&done, now);
            assert_eq!(pace.left().is_some(), step > STEPS_TO_ESTIMATE);
            if step == 40 {
                now += Duration::from_mins(1);
                pace.pause();
            }
            now += Duration::from_millis(500);
        }
        let speed = pace.speed().expect("more than two steps");
        assert!((speed - 128.0).abs() < 1e-9, "{speed}, an evaluation left out");
        let (elapsed, left) = (pace.elapsed(now), pace.left().expect("more than 20 steps"));
        assert_eq!(elapsed, Duration::from_secs(90));
        let whole = 89.5 * 60.0 / 59.0;
        assert!((left.as_secs_f64() - whole).abs() < 1e-6, "{left:?}, an evaluation counted");
    }
}
