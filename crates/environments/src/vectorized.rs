//! Many environments in step.
//!
//! An environment whose episode ends begins the next one in the same step; the last observation of the ended episode is
//! kept beside the first of the new one. Episode `k` of environment `i` has a seed of its own, which follows from
//! the run's seed, `i` and `k`: results depend neither on the number of threads nor on how environments are grouped.

mod slot;

use hearth_store::{StateDict, StoreError, TensorValue};
use image::RgbImage;
use rayon::prelude::*;

use self::slot::{Row, Slot};
use crate::stack::{stack, unstack};
use crate::{
    Action, ActionSpace, Actions, Environment, EnvironmentError, Spaces, Transitions, Worlds,
};

/// Environments of one type, and the episode that each is in.
#[derive(Clone)]
pub struct Vectorized<E> {
    slots: Vec<Slot<E>>,
    spaces: Spaces,
    seed: u64,
    threads: usize,
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
        let slots = (0..count).map(|index| Slot::new(environment.clone(), index, seed)).collect();
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
mod tests;
