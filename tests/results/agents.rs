//! Agents in environments: `hearth train`, `eval` and `play`.

use std::fs;

use crate::support::{checkpoints, fail, hearth, json, succeed, words};

#[test]
fn an_agent_learns_to_balance_a_pole_and_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = "train configs/cartpole-ppo.toml run.seed=1 --json --run";
    let mut train = hearth(words(settings));
    let trained = json(train.arg(&run).arg("train.length=50000 frames"));
    let reached = trained["test"]["episodic_return"].as_f64().unwrap();
    assert!(reached > 400.0, "{trained}");

    let report = json(hearth(["eval", "--json"]).arg(&run));
    assert_eq!(report["episodic_return"], reached, "the same 100 episodes");
    assert_eq!(
        (&report["episodes"], report["returns"].as_array().unwrap().len()),
        (&100.into(), 100)
    );
    let said = succeed(hearth(["eval"]).arg(&run)).out;
    assert!(said.contains("over 100 episodes"), "{said}");

    let out = folder.path().join("episode.gif");
    let mut play = hearth(["play", "--episodes", "2", "--seed", "7", "--json", "--out"]);
    let played = json(play.arg(&out).arg(&run));
    assert_eq!(played["returns"].as_array().unwrap().len(), 2);
    let steps = played["lengths"][0].as_u64().unwrap() as usize;
    let file = fs::File::open(&out).map(std::io::BufReader::new).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(file).unwrap();
    let frames = image::AnimationDecoder::into_frames(decoder).collect_frames().unwrap();
    assert_eq!(frames.len(), steps, "a frame for each step");
}

#[test]
fn a_killed_agent_is_resumed_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, length: &str| {
        let mut command = hearth(words("train configs/cartpole-nano.toml schedule.kind=constant"));
        let frames = format!("train.length={length} frames");
        command.args([&frames, "environment.kind=memory-cards", "--run"]);
        command.arg(folder.path().join(name));
        command
    };
    succeed(&mut train("whole", "1280"));
    succeed(&mut train("parts", "640"));
    succeed(train("parts", "1280").arg("--resume"));
    let [whole, parts] = ["whole", "parts"].map(|name| {
        let last = checkpoints(&folder.path().join(name)).pop().unwrap();
        ["model.safetensors", "optimizer.safetensors", "task.safetensors"]
            .map(|file| fs::read(last.join(file)).unwrap())
    });
    assert!(whole == parts, "networks, optimiser and environments");
}

#[test]
fn mistakes_with_agents_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(hearth(words("train configs/cartpole-nano.toml --run")).arg(&run));
    let told = |line: &str, code: i32, said: &str| {
        let done = fail(hearth(words(line)).arg(&run), code);
        assert!(flat(&done.err).contains(said), "{line}: {}", done.err);
    };
    told("play --out episode.png", 2, "end its name with .gif");
    told("play --episodes 0", 2, "--episodes is 0");
    let done = fail(hearth(["predict"]).arg(&run).arg("x.png"), 2);
    let said = "it acts in an environment, by `hearth play`";
    assert!(flat(&done.err).contains(said), "{}", done.err);
    told("eval --split train", 2, "episodes of validation and test");
    told("export --format onnx --out there", 1, "agents are not exported");
    let fault = |overrides: &[&str], code: i32, said: &str| {
        let mut train = hearth(words("train configs/cartpole-nano.toml"));
        let done = fail(train.args(overrides).arg("--run").arg(folder.path().join("none")), code);
        assert!(flat(&done.err).contains(said), "{overrides:?}: {}", done.err);
        assert!(!folder.path().join("none").exists(), "nothing is left behind");
    };
    fault(&["environment.kind=grid-world", "environment.map=\"S#G\""], 2, "way");
    fault(&["train.length=3 epochs"], 2, "an environment has none");
    fault(&["environment.count=1"], 2, "a rollout has 16 steps");
}

/// A message without line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
