//! Steps per second of many cart-poles under a deterministic policy, in one thread and in two.
//!
//! `cargo run --release -p hearth-environments --example steps_per_second [SECONDS]`

#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use hearth_environments::{
    Actions, CartPole, EnvironmentError, Transitions, Vectorized, Worlds as _,
};

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(2.0), |seconds| seconds.parse::<f64>())?;
    for count in [8, 64] {
        for threads in [1, 2] {
            let speed = measure(count, threads, Duration::try_from_secs_f64(seconds)?)?;
            println!("{count} cart-poles, {threads} threads: {speed:.3e} steps/s");
        }
    }
    Ok(())
}

/// Steps of single environments per second.
fn measure(count: usize, threads: usize, time: Duration) -> Result<f64, EnvironmentError> {
    let mut worlds = Vectorized::new(&CartPole::default(), count, 0, threads);
    let mut transitions = Transitions::default();
    worlds.observe(&mut transitions)?;
    let mut actions = vec![0; count];
    let start = Instant::now();
    let mut steps = 0;
    while start.elapsed() < time {
        // Pushes the cart under the pole.
        for (action, observation) in actions.iter_mut().zip(transitions.observations.chunks(4)) {
            *action = usize::from(observation[2] + observation[3] > 0.0);
        }
        worlds.step(Actions::Discrete(&actions), &mut transitions)?;
        steps += count;
    }
    Ok(steps as f64 / start.elapsed().as_secs_f64())
}
