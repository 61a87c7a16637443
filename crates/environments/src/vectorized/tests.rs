//! Tests of many environments in step.

use hearth_config::seed::{Purpose, Stream};

use super::*;
use crate::{CartPole, Episode, StepResult};

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
#[derive(Clone, Copy)]
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

fn steps(given: Given, count: usize, actions: &[usize]) -> Result<Transitions, EnvironmentError> {
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
    let found = steps(given, 3, &[0]).expect("three steps");
    assert_eq!((found.terminated[0], found.truncated[0]), (true, false));
    let found = steps(Given { end: Some(4), ..given }, 3, &[0]).expect("three steps");
    assert_eq!((found.terminated[0], found.truncated[0]), (false, true));
    let episode = Episode { environment: 0, episodic_return: 3.0, length: 3 };
    assert_eq!(found.episodes, [episode]);
    assert_eq!((found.final_observations[0], found.observations[0]), (1.0, 0.0));
}

#[test]
fn masks_hold_without_an_observation_before() {
    let mut worlds = Vectorized::new(&Given { allowed: [true, false], ..GIVEN }, 1, 0, 1);
    let error = worlds.step(Actions::Discrete(&[1]), &mut Transitions::default());
    assert!(matches!(error, Err(EnvironmentError::ActionNotAllowed { .. })), "{error:?}");
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
