//! Many environments in step.
//!
//! An environment whose episode ends begins the next one in the same step; the last observation of the ended episode is
//! kept beside the first of the new one. Episode `k` of environment `i` has a seed of its own, which follows from
//! the run's seed, `i` and `k`: results depend neither on the number of threads nor on how environments are grouped.

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError, TensorValue};
use image::RgbImage;
use rayon::prelude::*;

use crate::stack::{stack, unstack};
use crate::{Action, ActionSpace, Environment, EnvironmentError, Spaces};

/// Steps after which an episode without an end of its own is an error.
const ENDLESS: u32 = 1_000_000;

/// One action for each environment, in order.
#[derive(Clone, Copy, Debug)]
pub enum Actions<'a> {
    /// `[environments]`.
    Discrete(&'a [usize]),
    /// `[environments, values]`, row by row.
    Continuous(&'a [f32]),
}

/// An episode that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// The index of its environment.
    pub environment: usize,
    /// The sum of its rewards.
    pub episodic_return: f64,
    /// The number of its steps.
    pub length: u32,
}

/// The observations of all environments, and the results of their last step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transitions {
    /// `[environments, observation]`: the current states.
    pub observations: Vec<f32>,
    /// `[environments, observation]`: the last state of each episode that ended in this step; other rows are not
    /// written.
    pub final_observations: Vec<f32>,
    /// `[environments]`.
    pub rewards: Vec<f32>,
    /// `[environments]`: a terminal state was reached.
    pub terminated: Vec<bool>,
    /// `[environments]`: the episode reached its number of steps, and not a terminal state.
    pub truncated: Vec<bool>,
    /// `[environments, actions]`: the discrete actions that are allowed now; empty for continuous ones.
    pub masks: Vec<bool>,
    /// The episodes that ended in this step, in the order of environments.
    pub episodes: Vec<Episode>,
}

impl Transitions {
    /// True if the episode of this environment ended in this step.
    pub fn ended(&self, environment: usize) -> bool {
        self.terminated[environment] || self.truncated[environment]
    }
}

/// Environments of one type behind one interface, whose type an agent does not know.
pub trait Worlds: Send {
    /// The number of environments.
    fn count(&self) -> usize;

    /// The spaces of each environment.
    fn spaces(&self) -> &Spaces;

    /// Writes the current observations and masks, without a step.
    fn observe(&self, transitions: &mut Transitions) -> Result<(), EnvironmentError>;

    /// Takes one step in each environment.
    fn step(
        &mut self,
        actions: Actions<'_>,
        transitions: &mut Transitions,
    ) -> Result<(), EnvironmentError>;

    /// The states of all environments.
    fn state(&self) -> Result<StateDict, StoreError>;

    /// Restores the states of all environments. A missing, extra or misshapen entry is an error.
    fn restore(&mut self, state: StateDict) -> Result<(), StoreError>;

    /// An image of one environment; None where it draws none.
    fn draw(&self, environment: usize) -> Option<RgbImage>;

    /// An independent copy, in the same states.
    fn copy(&self) -> Box<dyn Worlds>;

    /// Other environments of the same settings: `count` of them, at the first episodes of this seed.
    fn others(&self, count: usize, seed: u64) -> Box<dyn Worlds>;
}

/// Environments of one type, and the episode that each is in.
#[derive(Clone)]
pub struct Vectorized<E> {
    slots: Vec<Slot<E>>,
    spaces: Spaces,
    seed: u64,
    threads: usize,
}

#[derive(Clone)]
struct Slot<E> {
    environment: E,
    index: usize,
    max_steps: Option<u32>,
    /// Counted from 0.
    episode: u64,
    /// The steps of this episode so far.
    length: u32,
    /// The rewards of this episode so far.
    total: f64,
}

/// One environment's part of the transitions.
struct Row<'a> {
    observation: &'a mut [f32],
    final_observation: &'a mut [f32],
    mask: &'a mut [bool],
    reward: &'a mut f32,
    terminated: &'a mut bool,
    truncated: &'a mut bool,
}

impl<E: Environment> Vectorized<E> {
    /// `count` copies of an environment, each at the beginning of its first episode. With several threads the
    /// environments are shared among them, which pays where a step takes more than some microseconds.
    ///
    /// # Panics
    ///
    /// When there is no environment, or an action space is empty or unbounded.
    pub fn new(environment: &E, count: usize, seed: u64, threads: usize) -> Self {
        let spaces = environment.spaces();
        assert!(count > 0, "at least one environment");
        if let ActionSpace::Continuous { low, high } = &spaces.action {
            let bounded = |(low, high): (&f32, &f32)| low < high && (high - low).is_finite();
            assert!(low.len() == high.len() && low.iter().zip(high).all(bounded), "bounds");
        }
        assert!(spaces.action.size() > 0, "at least one action");
        let max_steps = environment.max_steps();
        let slot = |index| {
            let environment = environment.clone();
            Slot { environment, index, max_steps, episode: 0, length: 0, total: 0.0 }
        };
        let mut slots: Vec<_> = (0..count).map(slot).collect();
        for slot in &mut slots {
            slot.reset(seed);
        }
        Self { slots, spaces, seed, threads }
    }

    /// The environments, in order.
    pub fn environments(&self) -> impl ExactSizeIterator<Item = &E> {
        self.slots.iter().map(|slot| &slot.environment)
    }

    /// The number of values of the mask of one environment.
    fn mask_size(&self) -> usize {
        match self.spaces.action {
            ActionSpace::Discrete(actions) => actions,
            ActionSpace::Continuous { .. } => 0,
        }
    }

    fn fit(&self, transitions: &mut Transitions) {
        let (count, observation) = (self.slots.len(), self.spaces.observation);
        transitions.observations.resize(count * observation, 0.0);
        transitions.final_observations.resize(count * observation, 0.0);
        transitions.rewards.resize(count, 0.0);
        transitions.terminated.resize(count, false);
        transitions.truncated.resize(count, false);
        transitions.masks.resize(count * self.mask_size(), true);
        transitions.episodes.clear();
    }

    fn check_number(&self, actions: Actions<'_>) -> Result<(), EnvironmentError> {
        let count = self.slots.len();
        let (given, kind) = match actions {
            Actions::Discrete(actions) => (actions.len(), "discrete"),
            Actions::Continuous(values) => (values.len(), "continuous"),
        };
        let (needed, wanted) = match &self.spaces.action {
            ActionSpace::Discrete(_) => (count, "discrete"),
            ActionSpace::Continuous { low, .. } => (count * low.len(), "continuous"),
        };
        if (given, kind) == (needed, wanted) {
            return Ok(());
        }
        Err(EnvironmentError::Actions {
            wanted: format!("{needed} values of {wanted} actions"),
            found: format!("{given} of {kind} ones"),
        })
    }
}

impl<E: Environment> Slot<E> {
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
    fn observe(&self, observation: &mut [f32]) -> Result<(), EnvironmentError> {
        self.environment.observe(observation);
        let bad = observation.iter().find(|value| !value.is_finite());
        bad.map_or(Ok(()), |value| self.finite("observation", f64::from(*value)))
    }

    fn mask(&self, mask: &mut [bool]) -> Result<(), EnvironmentError> {
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
    fn step(
        &mut self,
        action: Action<'_>,
        seed: u64,
        row: &mut Row<'_>,
    ) -> Result<Option<Episode>, EnvironmentError> {
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

impl<E: Environment + Sync> Worlds for Vectorized<E> {
    fn count(&self) -> usize {
        self.slots.len()
    }

    fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    fn observe(&self, transitions: &mut Transitions) -> Result<(), EnvironmentError> {
        self.fit(transitions);
        let (size, masks) = (self.spaces.observation, self.mask_size());
        for (index, slot) in self.slots.iter().enumerate() {
            slot.observe(&mut transitions.observations[index * size..][..size])?;
            slot.mask(&mut transitions.masks[index * masks..][..masks])?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        actions: Actions<'_>,
        transitions: &mut Transitions,
    ) -> Result<(), EnvironmentError> {
        self.check_number(actions)?;
        self.fit(transitions);
        let (seed, count) = (self.seed, self.slots.len());
        let (size, masks) = (self.spaces.observation, self.mask_size());
        let action = |index: usize| match actions {
            Actions::Discrete(actions) => Action::Discrete(actions[index]),
            Actions::Continuous(values) => {
                let size = values.len() / count;
                Action::Continuous(&values[index * size..][..size])
            }
        };
        let Transitions {
            observations,
            final_observations,
            rewards,
            terminated,
            truncated,
            masks: mask,
            episodes,
        } = transitions;
        let rows = rows(observations, size)
            .zip(rows(final_observations, size))
            .zip(self::rows(mask, masks))
            .zip(rewards.iter_mut().zip(terminated.iter_mut()).zip(truncated.iter_mut()));
        let rows = rows.map(|(((observation, final_observation), mask), flags)| {
            let ((reward, terminated), truncated) = flags;
            Row { observation, final_observation, mask, reward, terminated, truncated }
        });
        let pairs = self.slots.iter_mut().zip(rows);
        let step = |(slot, mut row): (&mut Slot<E>, Row<'_>)| {
            slot.step(action(slot.index), seed, &mut row)
        };
        if self.threads <= 1 {
            for pair in pairs {
                episodes.extend(step(pair)?);
            }
        } else {
            let pairs: Vec<_> = pairs.collect();
            let ended = pairs
                .into_par_iter()
                .with_min_len(count.div_ceil(self.threads))
                .map(step)
                .collect::<Result<Vec<_>, _>>()?;
            episodes.extend(ended.into_iter().flatten());
        }
        Ok(())
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        let states: Vec<_> =
            self.slots.iter().map(|slot| slot.environment.state()).collect::<Result<_, _>>()?;
        let mut state = StateDict::new();
        state.insert_all("environment", stack(&states)?)?;
        let vector = |value: fn(&Slot<E>) -> i64| {
            let values: Vec<i64> = self.slots.iter().map(value).collect();
            TensorValue::new([values.len()], &values)
        };
        state.insert("episode", vector(|slot| slot.episode.cast_signed())?)?;
        state.insert("length", vector(|slot| i64::from(slot.length))?)?;
        let totals: Vec<f64> = self.slots.iter().map(|slot| slot.total).collect();
        state.insert("return", TensorValue::new([totals.len()], &totals)?)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), StoreError> {
        let count = self.slots.len();
        let episodes = state.take_values::<i64>("episode", &[count])?;
        let lengths = state.take_values::<i64>("length", &[count])?;
        let totals = state.take_values::<f64>("return", &[count])?;
        let states = unstack(&state.take_under("environment"), count)?;
        for (index, (slot, mut part)) in self.slots.iter_mut().zip(states).enumerate() {
            slot.environment.restore(&mut part)?;
            part.finish()?;
            slot.episode = episodes[index].cast_unsigned();
            slot.length = u32::try_from(lengths[index]).unwrap_or(u32::MAX);
            slot.total = totals[index];
        }
        state.finish()
    }

    fn draw(&self, environment: usize) -> Option<RgbImage> {
        self.slots[environment].environment.draw()
    }

    fn copy(&self) -> Box<dyn Worlds> {
        Box::new(self.clone())
    }

    fn others(&self, count: usize, seed: u64) -> Box<dyn Worlds> {
        let environment = &self.slots[0].environment;
        Box::new(Self::new(environment, count, seed, self.threads))
    }
}

/// Rows of this size; of no size, as many empty ones as are asked for.
fn rows<T>(values: &mut [T], size: usize) -> impl Iterator<Item = &mut [T]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let (row, others) = std::mem::take(&mut rest).split_at_mut_checked(size)?;
        rest = others;
        Some(row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CartPole, StepResult};

    /// The actions of a step, from a stream that knows the step alone.
    fn pushes(count: usize, step: u64) -> Vec<usize> {
        let mut random = Stream::new(9, Purpose::Data, step, 0);
        (0..count).map(|_| random.below(2)).collect()
    }

    fn run(worlds: &mut dyn Worlds, steps: std::ops::Range<u64>) -> Vec<Transitions> {
        let mut transitions = Transitions::default();
        let step = |step| {
            let actions = pushes(worlds.count(), step);
            worlds.step(Actions::Discrete(&actions), &mut transitions).expect("a step");
            transitions.clone()
        };
        steps.map(step).collect()
    }

    #[test]
    fn threads_and_grouping_change_no_bit() {
        let alone = run(&mut Vectorized::new(&CartPole::default(), 7, 3, 1), 0..100);
        let threaded = run(&mut Vectorized::new(&CartPole::default(), 7, 3, 3), 0..100);
        assert_eq!(alone, threaded);
        assert!(alone.iter().any(|step| !step.episodes.is_empty()), "episodes end");
        // Fewer environments see what the first of more see.
        let fewer = run(&mut Vectorized::new(&CartPole::default(), 2, 3, 1), 0..100);
        for (few, all) in fewer.iter().zip(&alone) {
            assert_eq!(few.observations, all.observations[..8]);
        }
    }

    #[test]
    fn a_restored_state_goes_on_bit_for_bit() {
        let mut worlds = Vectorized::new(&CartPole::default(), 5, 3, 1);
        run(&mut worlds, 0..50);
        let state = Worlds::state(&worlds).expect("a state");
        let mut other = Vectorized::new(&CartPole::default(), 5, 3, 1);
        Worlds::restore(&mut other, state.clone()).expect("the same shapes");
        assert_eq!(run(&mut worlds, 50..150), run(&mut other, 50..150));
        let mut fewer = Vectorized::new(&CartPole::default(), 4, 3, 1);
        assert!(Worlds::restore(&mut fewer, state).is_err());
    }

    /// Ends after some steps, or never; its observation and reward are the given number.
    #[derive(Clone)]
    struct Given {
        number: f32,
        end: Option<u32>,
        max_steps: Option<u32>,
        steps: u32,
        allowed: [bool; 2],
    }

    impl Environment for Given {
        fn spaces(&self) -> Spaces {
            Spaces { observation: 1, action: ActionSpace::Discrete(2) }
        }

        fn max_steps(&self) -> Option<u32> {
            self.max_steps
        }

        fn reset(&mut self, _seed: u64) {
            self.steps = 0;
        }

        fn step(&mut self, _action: Action<'_>) -> StepResult {
            self.steps += 1;
            let terminated = self.end.is_some_and(|end| self.steps >= end);
            StepResult { reward: f64::from(self.number), terminated }
        }

        fn observe(&self, observation: &mut [f32]) {
            observation[0] = if self.steps == 0 { 0.0 } else { self.number };
        }

        fn mask(&self, allowed: &mut [bool]) {
            allowed.copy_from_slice(&self.allowed);
        }

        fn state(&self) -> Result<StateDict, StoreError> {
            Ok(StateDict::new())
        }

        fn restore(&mut self, _state: &mut StateDict) -> Result<(), StoreError> {
            Ok(())
        }
    }

    const GIVEN: Given =
        Given { number: 1.0, end: None, max_steps: None, steps: 0, allowed: [true; 2] };

    fn steps(
        given: Given,
        count: usize,
        actions: &[usize],
    ) -> Result<Transitions, EnvironmentError> {
        let mut worlds = Vectorized::new(&given, actions.len(), 0, 1);
        let mut transitions = Transitions::default();
        worlds.observe(&mut transitions)?;
        for _ in 0..count {
            worlds.step(Actions::Discrete(actions), &mut transitions)?;
        }
        Ok(transitions)
    }

    #[test]
    fn an_episode_is_truncated_or_terminated_and_never_both() {
        let given = Given { end: Some(3), max_steps: Some(3), ..GIVEN };
        let found = steps(given.clone(), 3, &[0]).expect("three steps");
        assert_eq!((found.terminated[0], found.truncated[0]), (true, false));
        let found = steps(Given { end: Some(4), ..given }, 3, &[0]).expect("three steps");
        assert_eq!((found.terminated[0], found.truncated[0]), (false, true));
        let episode = Episode { environment: 0, episodic_return: 3.0, length: 3 };
        assert_eq!(found.episodes, [episode]);
        assert_eq!((found.final_observations[0], found.observations[0]), (1.0, 0.0));
    }

    #[test]
    fn faults_are_named() {
        let fault = |given, count, actions: &[usize]| {
            steps(given, count, actions).expect_err("a fault").to_string()
        };
        assert_eq!(
            fault(Given { number: f32::NAN, ..GIVEN }, 1, &[0]),
            "environment 0: the reward of step 0 of its episode is NaN, not a finite number"
        );
        assert_eq!(fault(GIVEN, 1, &[0, 2]), "environment 1: action 2, but actions are 0 to 1");
        assert_eq!(
            fault(Given { allowed: [true, false], ..GIVEN }, 1, &[1]),
            "environment 0: action 1 is not allowed in step 0 of its episode"
        );
        assert_eq!(
            fault(Given { allowed: [false; 2], ..GIVEN }, 0, &[1]),
            "environment 0: no action is allowed in step 0 of its episode, which has not ended"
        );
        assert_eq!(
            fault(GIVEN, 1_000_000, &[0]),
            "environment 0: an episode has not ended after 1000000 steps; an environment without an end of its own \
             needs `max_steps`"
        );
        let mut worlds = Vectorized::new(&GIVEN, 2, 0, 1);
        let error = worlds.step(Actions::Continuous(&[0.0]), &mut Transitions::default());
        assert_eq!(
            error.expect_err("a fault").to_string(),
            "1 of continuous ones were given, but 2 values of discrete actions are needed"
        );
    }
}
