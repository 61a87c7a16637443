//! An agent in a world of this program: `cargo run --release -p hearth --example own_environment`.

use std::error::Error;
use std::sync::atomic::AtomicBool;

use hearth::environments::{
    Action, ActionSpace, Environment, Spaces, StateDict, StepResult, StoreError,
};
use hearth::{AgentPlayer, Backend, CheckpointSelector, Job, RawConfig, RunTarget};

/// A corridor of nine cells. An episode begins in the middle; the right end gives 1, the left one nothing.
#[derive(Clone, Default)]
struct Corridor {
    cell: i64,
}

impl Environment for Corridor {
    fn spaces(&self) -> Spaces {
        Spaces { observation: 1, action: ActionSpace::Discrete(2) }
    }
    fn max_steps(&self) -> Option<u32> {
        Some(50)
    }
    fn reset(&mut self, _seed: u64) {
        self.cell = 4;
    }
    fn step(&mut self, action: Action<'_>) -> StepResult {
        self.cell += if action.index() == 1 { 1 } else { -1 };
        StepResult { reward: f64::from(self.cell == 8), terminated: self.cell % 8 == 0 }
    }
    fn observe(&self, observation: &mut [f32]) {
        observation[0] = self.cell as f32 / 8.0;
    }
    fn state(&self) -> Result<StateDict, StoreError> {
        let mut state = StateDict::new();
        state.insert("cell", self.cell)?;
        Ok(state)
    }
    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        self.cell = state.take_int("cell")?;
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    hearth::register_environment("corridor", &Corridor::default(), 1);
    let settings = include_str!("own_environment.toml").to_owned();
    let config = RawConfig::parse("own_environment.toml", settings)?.check()?;
    let folder = std::env::args().nth(1).unwrap_or_else(|| "runs/corridor".to_owned());
    let (target, stop) = (RunTarget::Fresh(folder.into()), AtomicBool::new(false));
    let (backend, datasets) = (Backend::default(), "datasets".as_ref());
    let job = Job { config: &config, backend, datasets, target, stop: &stop, deadline: None };
    let outcome = hearth::train(&job, &mut |_| ())?.ok_or("a run")?;
    let player = AgentPlayer::open(&outcome.run, CheckpointSelector::Best, backend)?;
    println!("{:?}", player.play(1, 0)?[0]);
    Ok(())
}
