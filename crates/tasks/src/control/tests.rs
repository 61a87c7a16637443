//! The algorithm against hand-computed numbers, and exact resumption of an agent.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{ActorCriticConfig, Config, RawConfig};
use hearth_environments::{ActionSpace, Spaces};
use hearth_model::{ActorCritic, ForwardContext};
use hearth_report::report::View;
use hearth_store::StateDict;
use hearth_train::Backend;
use hearth_train::backend::scalar::Readback;
use hearth_train::task::step::StepSettings;
use hearth_train::task::{Split, Task, compute_step};

use super::Control;
use super::estimates::{Experience, advantages};
use super::policy::{Actor, Chosen, evaluate};

fn config(environment: &str) -> Config {
    config_with(environment, "")
}

/// A config whose `[model]` has one more line.
fn config_with(environment: &str, model: &str) -> Config {
    let text = format!(
        "format = 2\n[run]\nname = \"agent\"\n[environment]\n{environment}\ncount = 4\n[algorithm]\nkind = \"ppo\"\n\
         rollout_steps = 8\nbatch_size = 16\nepochs = 2\n[model]\nkind = \"actor-critic\"\nhidden = [8]\n{model}\n[optimizer]\n\
         kind = \"adam\"\nlearning_rate = 0.01\n[train]\nlength = \"320 frames\"\n"
    );
    RawConfig::parse("agent.toml", text).and_then(|raw| raw.check()).expect("good")
}

#[test]
fn advantages_are_those_of_equation_16() {
    // Two environments, three steps; the first ends an episode in its second step, in a terminal state.
    let outcomes = Experience {
        rewards: &[1.0, 0.0, 1.0, 2.0, 1.0, 4.0],
        values: &[0.5, 1.0, 0.25, 3.0, 2.0, 1.0],
        next_values: &[0.25, 3.0, 0.0, 1.0, 4.0, 2.0],
        ended: &[false, false, true, false, false, false],
    };
    let found = advantages(outcomes, 2, 0.5, 0.5);
    // d = r + V(s') / 2 - V(s), and A = d + A' / 4 within an episode.
    // First: d = 0.625, 0.75, 1; A = 0.625 + 0.75 / 4, 0.75, 1.
    // Second: d = 0.5, -0.5, 4; A = 0.5 + 0.5 / 4, -0.5 + 4 / 4, 4.
    assert_eq!(found, [0.8125, 0.625, 0.75, 0.5, 1.0, 4.0]);
}

#[test]
fn lambda_of_one_gives_returns_and_of_zero_differences() {
    let outcomes = Experience {
        rewards: &[1.0, 2.0, 3.0],
        values: &[10.0, 20.0, 30.0],
        next_values: &[20.0, 30.0, 0.0],
        ended: &[false, false, true],
    };
    assert_eq!(advantages(outcomes, 1, 1.0, 1.0), [6.0 - 10.0, 5.0 - 20.0, 3.0 - 30.0]);
    assert_eq!(advantages(outcomes, 1, 1.0, 0.0), [11.0, 12.0, -27.0]);
}

/// A network for observations of one value.
fn network(actions: usize, is_continuous: bool, device: &Device) -> ActorCritic {
    let settings = ActorCriticConfig { hidden: vec![2], ..ActorCriticConfig::default() };
    ActorCritic::new(&settings, 1, (actions, is_continuous), 1, device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

#[test]
fn a_masked_policy_is_a_softmax_over_the_allowed_actions() {
    let device = Backend::default().device().expect("a CPU");
    let logits = [0.0_f32, 2.0_f32.ln(), 9.0, 0.0, 0.0, 0.0];
    let policy = Tensor::<2>::from_data(TensorData::new(logits.to_vec(), [2, 3]), &device);
    let masks = [true, true, false, true, true, true];
    let chosen = Chosen::Discrete(vec![1, 2]);
    let found = evaluate(policy, None, (&chosen, &masks), &[0, 1]);
    let expected = [(2.0_f32 / 3.0).ln(), (1.0_f32 / 3.0).ln()];
    for (found, expected) in values(found.log_probabilities).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
    }
    // Entropies ln 3 - 2/3 ln 2 and ln 3.
    let expected = 3.0_f32.ln() - 2.0_f32.ln() / 3.0;
    assert!((values(found.entropy)[0] - expected).abs() < 1e-6);
}

#[test]
fn continuous_actions_have_the_normal_density() {
    let device = Backend::default().device().expect("a CPU");
    let means = Tensor::<2>::from_data(TensorData::new(vec![1.0_f32, -1.0], [1, 2]), &device);
    let chosen = Chosen::Continuous(vec![2.0, -1.0]);
    let found = evaluate(means, network(2, true, &device).log_deviation(), (&chosen, &[]), &[0]);
    let half_ln_tau = std::f32::consts::TAU.ln() / 2.0;
    // Deviations are 1: the densities are those of 1 and 0.
    assert!((values(found.log_probabilities)[0] + 0.5 + 2.0 * half_ln_tau).abs() < 1e-6);
    assert!((values(found.entropy)[0] - 2.0 * (half_ln_tau + 0.5)).abs() < 1e-6);
}

#[test]
fn samples_have_the_log_probabilities_of_the_loss() {
    let device = Backend::default().device().expect("a CPU");
    let observations: Vec<f32> = (0..64).map(|place| place as f32 / 8.0 - 4.0).collect();
    let continuous = ActionSpace::Continuous { low: vec![-1.0; 2], high: vec![1.0; 2] };
    for action in [ActionSpace::Discrete(2), continuous] {
        let is_continuous = matches!(action, ActionSpace::Continuous { .. });
        let network = network(2, is_continuous, &device);
        let spaces = Spaces { observation: 1, action };
        let actor = Actor::new(&network, &spaces, &device);
        let context = &mut ForwardContext::default();
        let tensor = actor.inputs(&observations, &mut Vec::new(), context);
        let masks: Vec<bool> = (0..128).map(|place| place % 6 != 0).collect();
        let mut random = Stream::new(3, Purpose::Policy, 0, 0);
        let (chosen, drawn) = actor.sample(tensor.clone(), &masks, &mut random);
        let policy = network.policy(tensor, context);
        let places: Vec<usize> = (0..64).collect();
        let found = evaluate(policy, network.log_deviation(), (&chosen, &masks), &places);
        for (found, drawn) in values(found.log_probabilities).iter().zip(drawn) {
            assert!((found - drawn).abs() < 1e-5, "{found} and {drawn}");
        }
        if let Chosen::Discrete(actions) = chosen {
            assert!(actions.iter().enumerate().all(|(row, action)| masks[row * 2 + action]));
            assert!(actions.contains(&0) && actions.contains(&1));
        }
    }
}

/// Takes steps, and returns the state after them.
fn run(task: &mut Control, config: &Config, steps: std::ops::Range<u64>) -> StateDict {
    let device = Backend::default().device().expect("a CPU");
    let settings = StepSettings::new(config, &device).expect("f32");
    for step in steps {
        let computed =
            compute_step(task, &settings, (step, 0.01), Readback::Immediate).expect("a step");
        assert_eq!(computed.fault, None);
        task.apply(computed.change);
    }
    task.state().expect("a state")
}

#[test]
fn a_restored_agent_goes_on_bit_for_bit() {
    let kinds = ["cart-pole", "pendulum", "tic-tac-toe", "memory-cards", "memory-cards"];
    for (index, kind) in kinds.iter().enumerate() {
        let memory = if index == 4 { "memory = 6" } else { "" };
        let config = config_with(&format!("kind = \"{kind}\""), memory);
        let device = Backend::default().device().expect("a CPU");
        let new = || Control::new(&config, &device).expect("an agent");
        let (mut whole, mut first, mut second) = (new(), new(), new());
        let expected = run(&mut whole, &config, 0..6);
        second.restore(run(&mut first, &config, 0..3)).expect("its own state");
        assert_eq!(run(&mut second, &config, 3..6), expected, "{kind}");
        assert_ne!(run(&mut new(), &config, 0..1), expected, "it learns");
    }
}

#[test]
fn a_computed_step_changes_nothing_before_it_is_applied() {
    let config = config("kind = \"cart-pole\"");
    let device = Backend::default().device().expect("a CPU");
    let mut task = Control::new(&config, &device).expect("an agent");
    let before = task.state().expect("a state");
    let settings = StepSettings::new(&config, &device).expect("f32");
    let first = compute_step(&mut task, &settings, (0, 0.01), Readback::Immediate).expect("a step");
    assert_eq!(task.state().expect("a state"), before);
    let again = compute_step(&mut task, &settings, (0, 0.01), Readback::Immediate).expect("a step");
    assert_eq!(first.measured.mean("policy_loss"), again.measured.mean("policy_loss"));
}

#[test]
fn an_agent_is_evaluated_on_episodes_of_its_own() {
    let config = config("kind = \"cart-pole\"");
    let device = Backend::default().device().expect("a CPU");
    let task = Control::new(&config, &device).expect("an agent");
    let report = task.evaluate(Split::Test).expect("episodes");
    let mean = report.score("episodic_return").expect("a mean");
    assert!((5.0..=500.0).contains(&mean), "{mean}");
    assert_eq!(task.evaluate(Split::Test), Some(report), "the same episodes");
    assert_eq!(task.evaluate(Split::Longer), None);
}

#[test]
fn all_lines_of_tic_tac_toe_are_tried() {
    let config = config("kind = \"tic-tac-toe\"");
    let device = Backend::default().device().expect("a CPU");
    let task = Control::new(&config, &device).expect("an agent");
    let report = task.evaluate(Split::Valid).expect("games");
    let lost = report.score("lost_lines").expect("a count");
    let counts: Vec<_> =
        report.views.iter().filter(|(name, _)| name.starts_with("as_")).cloned().collect();
    let [(_, View::Text(first, _)), (_, View::Text(second, _))] = &counts[..] else {
        panic!("{counts:?}")
    };
    let of = |counts: &serde_json::Value| counts["lost"].as_u64().expect("a count");
    assert!(lost > 0.0, "an agent without training loses");
    assert_eq!(lost as u64, of(first) + of(second));
}

#[test]
fn a_map_without_a_way_is_told() {
    let config = config("kind = \"grid-world\"\nmap = \"S#G\"");
    let device = Backend::default().device().expect("a CPU");
    let fault = Control::new(&config, &device).err().expect("no way").to_string();
    assert!(fault.starts_with("[environment]: "), "{fault}");
}
