//! One of many environments, and the episode that it is in.

use hearth_config::seed::{Purpose, Stream};

use crate::{Action, Environment, EnvironmentError, Episode};

/// Steps after which an episode without an end of its own is an error.
const ENDLESS: u32 = 1_000_000;

/// An environment in its current episode.
#[derive(Clone)]
pub struct Slot<E> {
    /// The environment.
    pub environment: E,
    /// Its place among the others.
    pub index: usize,
    max_steps: Option<u32>,
    /// The current episode, counted from 0.
    pub episode: u64,
    /// The steps of this episode so far.
    pub length: u32,
    /// The rewards of this episode so far.
    pub total: f64,
}

/// One environment's part of the transitions.
pub struct Row<'a> {
    /// The observation after the step: the next episode's first where one ended.
    pub observation: &'a mut [f32],
    /// The last observation of an episode that ended.
    pub final_observation: &'a mut [f32],
    /// The allowed actions; empty for continuous ones.
    pub mask: &'a mut [bool],
    /// The reward.
    pub reward: &'a mut f32,
    /// True where a terminal state was reached.
    pub terminated: &'a mut bool,
    /// True where the episode reached its number of steps.
    pub truncated: &'a mut bool,
}

impl<E: Environment> Slot<E> {
    /// The environment of this index, at the beginning of its first episode.
    pub fn new(environment: E, index: usize, seed: u64) -> Self {
        let max_steps = environment.max_steps();
        let mut slot = Self { environment, index, max_steps, episode: 0, length: 0, total: 0.0 };
        slot.reset(seed);
        slot
    }

    /// Begins the current episode.
    fn reset(&mut self, seed: u64) {
        let mut seeds = Stream::new(seed, Purpose::Environment, self.index as u64, self.episode);
        self.environment.reset(seeds.bits());
        (self.length, self.total) = (0, 0.0);
    }

    fn finite(&self, what: &'static str, value: f64) -> Result<(), EnvironmentError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(EnvironmentError::NotFinite { environment: self.index, what, step: self.length, value })
    }

    /// Writes and checks an observation.
    pub fn observe(&self, observation: &mut [f32]) -> Result<(), EnvironmentError> {
        self.environment.observe(observation);
        let bad = observation.iter().find(|value| !value.is_finite());
        bad.map_or(Ok(()), |value| self.finite("observation", f64::from(*value)))
    }

    /// Writes and checks the allowed actions.
    pub fn mask(&self, mask: &mut [bool]) -> Result<(), EnvironmentError> {
        if mask.is_empty() {
            return Ok(());
        }
        mask.fill(true);
        self.environment.mask(mask);
        if mask.contains(&true) {
            return Ok(());
        }
        Err(EnvironmentError::NoAction { environment: self.index, step: self.length })
    }

    fn check(&self, action: Action<'_>, mask: &[bool]) -> Result<(), EnvironmentError> {
        match action {
            Action::Continuous(values) => {
                values.iter().try_for_each(|value| self.finite("action", f64::from(*value)))
            }
            Action::Discrete(action) => match mask.get(action) {
                Some(true) => Ok(()),
                Some(false) => Err(EnvironmentError::ActionNotAllowed {
                    environment: self.index,
                    action,
                    step: self.length,
                }),
                None => Err(EnvironmentError::ActionOutOfRange {
                    environment: self.index,
                    action,
                    actions: mask.len(),
                }),
            },
        }
    }

    /// Takes a step and writes its results. An ended episode is returned, and the next one begins.
    pub fn step(
        &mut self,
        action: Action<'_>,
        seed: u64,
        row: &mut Row<'_>,
    ) -> Result<Option<Episode>, EnvironmentError> {
        // Anew: the row may be of another state, as after a restore.
        self.mask(row.mask)?;
        self.check(action, row.mask)?;
        let result = self.environment.step(action);
        self.finite("reward", result.reward)?;
        self.length += 1;
        self.total += result.reward;
        let truncated = !result.terminated && self.max_steps.is_some_and(|max| self.length >= max);
        *row.reward = result.reward as f32;
        (*row.terminated, *row.truncated) = (result.terminated, truncated);
        let mut ended = None;
        if result.terminated || truncated {
            self.observe(row.final_observation)?;
            ended = Some(Episode {
                environment: self.index,
                episodic_return: self.total,
                length: self.length,
            });
            self.episode += 1;
            self.reset(seed);
        } else if self.length >= ENDLESS && self.max_steps.is_none() {
            let (environment, steps) = (self.index, self.length);
            return Err(EnvironmentError::Endless { environment, steps });
        }
        self.observe(row.observation)?;
        self.mask(row.mask)?;
        Ok(ended)
    }
}
