//! Players without a network, to compare agents with.

use hearth_config::seed::Stream;

use crate::{Action, ActionSpace, Environment};

/// Chooses discrete actions by what an agent sees as well.
pub trait Player {
    /// Begins an episode.
    fn reset(&mut self);

    /// One of the actions that the mask allows; `random` breaks ties.
    fn act(&mut self, observation: &[f32], mask: &[bool], random: &mut Stream) -> usize;
}

/// Chooses every allowed action with the same probability.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomPlayer;

impl Player for RandomPlayer {
    fn reset(&mut self) {}

    fn act(&mut self, _observation: &[f32], mask: &[bool], random: &mut Stream) -> usize {
        let allowed: Vec<_> = (0..mask.len()).filter(|action| mask[*action]).collect();
        allowed[random.below(allowed.len())]
    }
}

/// Plays the episode of this seed to its end or truncation. Returns the sum of its rewards.
///
/// # Panics
///
/// When the environment's actions are continuous.
pub fn play_episode<E: Environment>(
    environment: &mut E,
    player: &mut impl Player,
    seed: u64,
    random: &mut Stream,
) -> f64 {
    let spaces = environment.spaces();
    let ActionSpace::Discrete(actions) = spaces.action else {
        panic!("a player chooses discrete actions")
    };
    let mut observation = vec![0.0; spaces.observation];
    let mut total = 0.0;
    environment.reset(seed);
    player.reset();
    for _ in 0..environment.max_steps().unwrap_or(u32::MAX) {
        let mut mask = vec![true; actions];
        environment.observe(&mut observation);
        environment.mask(&mut mask);
        let action = player.act(&observation, &mask, random);
        let result = environment.step(Action::Discrete(action));
        total += result.reward;
        if result.terminated {
            break;
        }
    }
    total
}
