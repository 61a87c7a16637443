//! Single steps of the classic environments beside Gymnasium's, from Gymnasium's own states.
//!
//! `HEARTH_PYTHON` names a Python with Gymnasium, as of `make venv`.

use std::path::Path;
use std::process::Command;

use hearth_environments::{
    Acrobot, Action, CartPole, Environment, MountainCar, Pendulum, StepResult,
};

#[path = "../../../tests/skip.rs"]
mod skip;

/// The steps of each environment.
const STEPS: usize = 1000;
/// The largest difference in f64.
const TOLERANCE: f64 = 1e-6;

/// A step of Gymnasium's.
struct Step {
    before: Vec<f64>,
    action: f64,
    after: Vec<f64>,
    reward: f64,
    terminated: bool,
}

/// The script's steps of each environment, in its order; none where Gymnasium is missing.
fn steps_of_gymnasium() -> Option<Vec<(String, Step)>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gymnasium_steps.py");
    let python = std::env::var("HEARTH_PYTHON").unwrap_or_else(|_| "python3".into());
    let output = match Command::new(&python).arg(script).output() {
        Ok(output) => output,
        Err(error) => {
            skip::skip(&format!("{python} cannot be run: {error}"));
            return None;
        }
    };
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        skip::skip(&format!("{python} lacks Gymnasium, which `make venv` installs: {error}"));
        return None;
    }
    assert!(output.status.success(), "{error}");
    let steps = String::from_utf8(output.stdout).expect("UTF-8");
    Some(steps.lines().map(step).collect())
}

/// Reads a line of the script.
fn step(line: &str) -> (String, Step) {
    let (name, values) = line.split_once(' ').expect("a name");
    let values: Vec<f64> = values.split(' ').map(|value| value.parse().expect(line)).collect();
    let size = (values.len() - 3) / 2;
    let step = Step {
        before: values[..size].to_vec(),
        action: values[size],
        after: values[size + 1..][..size].to_vec(),
        reward: values[2 * size + 1],
        terminated: values[2 * size + 2] > 0.5,
    };
    (name.to_owned(), step)
}

/// The state and the result of the same step here.
fn step_here(name: &str, before: &[f64], action: f64) -> (Vec<f64>, StepResult) {
    let torque = [action as f32];
    let discrete = Action::Discrete(action as usize);
    match (name, before) {
        ("CartPole-v1", &[position, velocity, angle, angular_velocity]) => {
            let mut cart = CartPole { position, velocity, angle, angular_velocity };
            let result = cart.step(discrete);
            (vec![cart.position, cart.velocity, cart.angle, cart.angular_velocity], result)
        }
        ("MountainCar-v0", &[position, velocity]) => {
            let mut car = MountainCar { position, velocity };
            let result = car.step(discrete);
            (vec![car.position, car.velocity], result)
        }
        ("Acrobot-v1", &[shoulder, elbow, shoulder_velocity, elbow_velocity]) => {
            let mut links = Acrobot { shoulder, elbow, shoulder_velocity, elbow_velocity };
            let result = links.step(discrete);
            let Acrobot { shoulder, elbow, shoulder_velocity, elbow_velocity } = links;
            (vec![shoulder, elbow, shoulder_velocity, elbow_velocity], result)
        }
        ("Pendulum-v1", &[angle, angular_velocity]) => {
            let mut pendulum = Pendulum { angle, angular_velocity };
            let result = pendulum.step(Action::Continuous(&torque));
            (vec![pendulum.angle, pendulum.angular_velocity], result)
        }
        _ => panic!("{name} of {} numbers is not known", before.len()),
    }
}

#[test]
fn steps_equal_gymnasiums() {
    let Some(steps) = steps_of_gymnasium() else { return };
    for name in ["CartPole-v1", "MountainCar-v0", "Acrobot-v1", "Pendulum-v1"] {
        let (mut count, mut terminated, mut worst) = (0, 0, 0.0_f64);
        for (_, step) in steps.iter().filter(|(of, _)| of == name) {
            let (after, result) = step_here(name, &step.before, step.action);
            let pairs = after.iter().zip(&step.after).chain([(&result.reward, &step.reward)]);
            let error = pairs.map(|(here, there)| (here - there).abs()).fold(0.0, f64::max);
            assert!(
                error <= TOLERANCE && result.terminated == step.terminated,
                "{name}: from {:?} by {} to {:?} with {} and {}, but Gymnasium to {:?} with {} and {}",
                step.before,
                step.action,
                after,
                result.reward,
                result.terminated,
                step.after,
                step.reward,
                step.terminated
            );
            (count, worst) = (count + 1, worst.max(error));
            terminated += usize::from(step.terminated);
        }
        println!(
            "{name}: {count} steps, {terminated} to terminal states, largest error {worst:.1e}"
        );
        assert_eq!(count, STEPS, "{name}");
        let ends = name != "Pendulum-v1";
        assert!(!ends || (50..STEPS - 50).contains(&terminated), "{name}: {terminated} terminal");
    }
}
