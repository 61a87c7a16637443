//! The environments of a config.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hearth_config::{EnvironmentConfig, EnvironmentKind, OpponentKind, StarterKind};
use hearth_environments::{
    Acrobot, CartPole, Environment, EnvironmentError, GridWorld, MemoryCards, MountainCar,
    Opponent, Pendulum, Starter, TicTacToe, Vectorized, Worlds,
};
use hearth_train::error::TrainError;

/// Opens the environments of a config, each at the beginning of its first episode. A map that cannot be walked is an
/// error.
pub fn open(config: &EnvironmentConfig, seed: u64) -> Result<Box<dyn Worlds>, TrainError> {
    let count = config.copies.count;
    Ok(match &config.kind {
        EnvironmentKind::CartPole(_) => worlds(&CartPole::default(), count, seed),
        EnvironmentKind::MountainCar(_) => worlds(&MountainCar::default(), count, seed),
        EnvironmentKind::Acrobot(_) => worlds(&Acrobot::default(), count, seed),
        EnvironmentKind::Pendulum(_) => worlds(&Pendulum::default(), count, seed),
        EnvironmentKind::GridWorld(grid) => {
            worlds(&GridWorld::new(&grid.map, grid.max_steps).map_err(fault)?, count, seed)
        }
        EnvironmentKind::TicTacToe(game) => {
            let opponent = match game.opponent {
                OpponentKind::Random => Opponent::Random,
                OpponentKind::Perfect => Opponent::Perfect,
            };
            let starter = match game.starter {
                StarterKind::Agent => Starter::Agent,
                StarterKind::Opponent => Starter::Opponent,
                StarterKind::Either => Starter::Either,
            };
            worlds(&TicTacToe::new(opponent, starter), count, seed)
        }
        EnvironmentKind::MemoryCards(cards) => {
            let pairs = MemoryCards::new(cards.cards, cards.cards / 2);
            worlds(&pairs.map_err(fault)?, count, seed)
        }
        EnvironmentKind::Own(environment) => return own(&environment.name, count, seed),
    })
}

/// Makes a number of environments with a seed.
type Factory = Box<dyn Fn(usize, u64) -> Box<dyn Worlds> + Send>;

/// The program's own environments, by their names.
static OWN: Mutex<BTreeMap<String, Factory>> = Mutex::new(BTreeMap::new());

/// Registers an environment of this program, which configs with `environment.kind = "own"` name; a later one of the same
/// name replaces it. Its copies are simulated by `threads` threads: more than one pays where a step takes more than some
/// microseconds.
pub fn register_environment<E: Environment + Sync>(name: &str, environment: &E, threads: usize) {
    let environment = Mutex::new(environment.clone());
    let factory = move |count, seed| -> Box<dyn Worlds> {
        let environment = environment.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(Vectorized::new(&*environment, count, seed, threads))
    };
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    own.insert(name.to_owned(), Box::new(factory));
}

/// The program's own environments of this name.
fn own(name: &str, count: usize, seed: u64) -> Result<Box<dyn Worlds>, TrainError> {
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let factory = own.get(name).ok_or_else(|| {
        TrainError::Settings(format!(
            "`environment.name` is \"{name}\", and this program has no environment of that name: a Rust program adds one \
             by `register_environment`"
        ))
    })?;
    Ok(factory(count, seed))
}

/// Copies of an environment, all simulated by one thread: a step of these takes less time than waking another.
fn worlds<E: Environment + Sync>(environment: &E, count: usize, seed: u64) -> Box<dyn Worlds> {
    Box::new(Vectorized::new(environment, count, seed, 1))
}

/// The fault of an environment as an error of training.
pub fn fault(fault: EnvironmentError) -> TrainError {
    match fault {
        EnvironmentError::State(fault) => fault.into(),
        EnvironmentError::Settings(fault) => {
            TrainError::Settings(format!("[environment]: {fault}"))
        }
        fault => TrainError::Settings(fault.to_string()),
    }
}
