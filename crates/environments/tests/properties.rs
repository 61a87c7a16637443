//! Properties of every environment under random actions.

use hearth_config::seed::{Purpose, Stream};
use hearth_environments::{
    Acrobot, ActionSpace, Actions, CartPole, Environment, GridWorld, MemoryCards, MountainCar,
    Opponent, Pendulum, Starter, TicTacToe, Transitions, Vectorized, Worlds,
};
use proptest::prelude::*;

/// The environments in step.
const COUNT: usize = 3;

const MAP: &str = "\
S..#....
.#.#.X.G
.#...#..
S..X....";

/// A step under random allowed actions, which depend on the step and the masks alone. A NaN, a state without an allowed
/// action or an endless episode is an error.
fn step(worlds: &mut dyn Worlds, transitions: &mut Transitions, seed: u64, step: u64) {
    let mut random = Stream::new(seed, Purpose::Data, step, 0);
    let taken = match worlds.spaces().action.clone() {
        ActionSpace::Discrete(size) => {
            let action = |mask: &[bool]| {
                let allowed: Vec<_> = (0..size).filter(|action| mask[*action]).collect();
                allowed[random.below(allowed.len())]
            };
            let actions: Vec<_> = transitions.masks.chunks_exact(size).map(action).collect();
            worlds.step(Actions::Discrete(&actions), transitions)
        }
        ActionSpace::Continuous { low, high } => {
            // A part lies beyond the bounds.
            let bounds = low.iter().zip(&high).cycle().take(COUNT * low.len());
            let value = |(low, high): (&f32, &f32)| {
                low + (high - low) * (1.5 * random.uniform() - 0.25) as f32
            };
            let values: Vec<_> = bounds.map(value).collect();
            worlds.step(Actions::Continuous(&values), transitions)
        }
    };
    taken.expect("a step without a fault");
}

/// Runs an environment for thousands of steps, and a copy with a restored state beside it.
fn check<E: Environment + Sync>(environment: &E, seed: u64, before: u64) {
    let mut worlds = Vectorized::new(environment, COUNT, seed, 1);
    let mut transitions = Transitions::default();
    worlds.observe(&mut transitions).expect("observations");
    for index in 0..before {
        step(&mut worlds, &mut transitions, seed, index);
    }
    // Begun elsewhere, so that nothing but the state can be the same.
    let mut restored = Vectorized::new(environment, COUNT, seed, 1);
    let mut others = Transitions::default();
    restored.observe(&mut others).expect("observations");
    for index in 0..7 {
        step(&mut restored, &mut others, seed + 1, index);
    }
    restored.restore(Worlds::state(&worlds).expect("a state")).expect("the same shapes");
    restored.observe(&mut others).expect("observations");
    let mut episodes = 0;
    for index in before..before + 1500 {
        step(&mut worlds, &mut transitions, seed, index);
        step(&mut restored, &mut others, seed, index);
        assert_eq!(transitions.observations, others.observations);
        assert_eq!(transitions.rewards, others.rewards);
        assert_eq!(transitions.masks, others.masks);
        assert_eq!(transitions.episodes, others.episodes);
        episodes += transitions.episodes.len();
    }
    assert!(episodes > 0, "no episode ended");
    assert_eq!(Worlds::state(&worlds).expect("a state"), restored.state().expect("a state"));
    assert!(worlds.draw(COUNT - 1).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn control(seed in 0..1_000_000_u64, before in 0..300_u64) {
        check(&CartPole::default(), seed, before);
        check(&MountainCar::default(), seed, before);
        check(&Acrobot::default(), seed, before);
        check(&Pendulum::default(), seed, before);
    }

    #[test]
    fn grid_world(seed in 0..1_000_000_u64, before in 0..300_u64) {
        check(&GridWorld::new(MAP, 100).expect("a map"), seed, before);
    }

    #[test]
    fn tic_tac_toe(seed in 0..1_000_000_u64, before in 0..300_u64) {
        for opponent in [Opponent::Random, Opponent::Perfect] {
            for starter in [Starter::Agent, Starter::Opponent, Starter::Either] {
                check(&TicTacToe::new(opponent, starter), seed, before);
            }
        }
    }

    #[test]
    fn memory_cards(seed in 0..1_000_000_u64, before in 0..300_u64) {
        for (num_cards, num_values) in [(2, 1), (8, 4), (12, 2), (16, 8)] {
            check(&MemoryCards::new(num_cards, num_values).expect("pairs"), seed, before);
        }
    }
}
