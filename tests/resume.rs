//! A run that was stopped and resumed is the run that was never stopped, bit for bit.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hearth_config::seed::{Purpose, Stream};

use crate::support::{
    BACKENDS, checkpoints, fail, hearth, json, metrics, pictures, run, succeed, words,
};

/// Everything that has a state or draws random numbers: augmentation, momentum, a schedule,
/// accumulation, a window of the log that checkpoints cut in two.
const RESTLESS: &str = "augment.flip=0.5 augment.shift=2 augment.erase=0.3 \
    optimizer.momentum=0.9 optimizer.learning_rate=0.02 \
    schedule.kind=one-cycle data.batch_size=32 train.accumulate=2 train.clip_norm=1 \
    train.evaluate_every=40_steps train.checkpoint_every=7_steps train.log_every=5";

fn restless(network: &str) -> Vec<String> {
    // A space would end the word on a command line.
    words(network)
        .into_iter()
        .chain(words(RESTLESS))
        .map(|word| word.replace("_steps", " steps"))
        .collect()
}

/// Asserts that two runs hold the same numbers.
fn assert_same(left: &Path, right: &Path) {
    assert_eq!(metrics(left), metrics(right), "metrics.jsonl");
    let last = |run: &Path| checkpoints(run).pop().expect("a checkpoint");
    let (left_last, right_last) = (last(left), last(right));
    assert_eq!(left_last.file_name(), right_last.file_name());
    for file in ["model.safetensors", "optimizer.safetensors"] {
        let bytes = |folder: &Path| fs::read(folder.join(file)).expect("a file of a checkpoint");
        assert!(bytes(&left_last) == bytes(&right_last), "{file} differs");
    }
    assert_eq!(
        fs::read(left.join("best.json")).unwrap(),
        fs::read(right.join("best.json")).unwrap()
    );
}

fn predictions(run: &Path, backend: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = pictures(folder.path(), 20);
    let mut command = hearth(["predict", "--json", "--top", "0", "--backend", backend]);
    json(command.arg(run).args(files)).to_string().replace(folder.path().to_str().unwrap(), "")
}

#[test]
fn twenty_kills_of_a_perceptron_change_nothing() {
    let network = "configs/mlp-nano.toml model.hidden=[32,16] model.dropout=0.2 train.epochs=24";
    twenty_kills_change_nothing(network);
}

#[test]
fn twenty_kills_of_a_convolutional_network_change_nothing() {
    let network = "configs/cnn-nano.toml model.depth=2 model.dropout=0.2 train.epochs=4";
    twenty_kills_change_nothing(network);
}

#[test]
fn twenty_kills_of_a_residual_network_change_nothing() {
    twenty_kills_change_nothing("configs/resnet-nano.toml model.dropout=0.2 train.epochs=2");
}

fn twenty_kills_change_nothing(network: &str) {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let train = |run: &Path| {
            let mut command = hearth(["train"]);
            command.args(restless(network)).args(["--backend", backend, "--run"]);
            command.arg(run);
            command
        };
        let begun = Instant::now();
        succeed(&mut train(&whole));
        let whole_time = begun.elapsed();

        // On average the kills come after 20 / 30 of the work, so that all of them hit a live run.
        let mut stream = Stream::new(20, Purpose::Order, 0, 0);
        let mut kills = 0;
        while kills < 20 {
            let mut child = train(&killed).arg("--resume").spawn_quiet();
            std::thread::sleep(whole_time.mul_f64(stream.uniform() / 15.0));
            child.kill().expect("SIGKILL");
            let status = child.wait().expect("it ends");
            assert!(status.code().is_none(), "kill {kills} came after the end: {status}");
            kills += 1;
        }
        succeed(train(&killed).arg("--resume"));
        assert_same(&whole, &killed);
        assert_eq!(predictions(&whole, backend), predictions(&killed, backend));
    }
}

#[test]
fn every_small_config_goes_on_after_two_steps() {
    for kind in ["mlp", "lenet", "cnn", "resnet"] {
        for backend in BACKENDS {
            let folder = tempfile::tempdir().unwrap();
            let train = |name: &str, epochs: u32| {
                let config = format!("configs/{kind}-nano.toml");
                let mut command = hearth(["train", &config, "schedule.kind=constant"]);
                // Two steps in an epoch.
                command.args(["data.batch_size=900", &format!("train.epochs={epochs}")]);
                command.args(["--backend", backend, "--run"]).arg(folder.path().join(name));
                command
            };
            succeed(&mut train("whole", 2));
            succeed(&mut train("parts", 1));
            succeed(train("parts", 2).arg("--resume"));
            let model = |name: &str| {
                let last = checkpoints(&folder.path().join(name)).pop().unwrap();
                fs::read(last.join("model.safetensors")).unwrap()
            };
            assert!(model("whole") == model("parts"), "{kind} on {backend}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for kind in ["mlp", "lenet", "cnn", "resnet"] {
        for backend in BACKENDS {
            let folder = tempfile::tempdir().unwrap();
            let [one, three] = [1, 3].map(|threads| {
                let path = folder.path().join(threads.to_string());
                let mut command = hearth(["train", &format!("configs/{kind}-nano.toml")]);
                command.args(["train.epochs=1", &format!("run.threads={threads}")]);
                succeed(command.args(["--backend", backend, "--run"]).arg(&path));
                let info = fs::read_to_string(path.join("run.json")).unwrap();
                assert!(info.contains(&format!("\"threads\": {threads}")), "{info}");
                path
            });
            assert_same(&one, &three);
        }
    }
}

trait SpawnQuiet {
    fn spawn_quiet(&mut self) -> std::process::Child;
}

impl SpawnQuiet for std::process::Command {
    fn spawn_quiet(&mut self) -> std::process::Child {
        let null = std::process::Stdio::null;
        self.stdout(null()).stderr(null()).spawn().expect("hearth starts")
    }
}

#[test]
fn adam_goes_on_in_a_new_process() {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let train = |name: &str, epochs: u32| {
            let mut command = hearth(["train", "configs/mlp-nano.toml", "schedule.kind=constant"]);
            command.arg("optimizer.kind=adam");
            command.arg("optimizer.learning_rate=0.001").arg(format!("train.epochs={epochs}"));
            command.args(["--backend", backend, "--run"]).arg(folder.path().join(name));
            command
        };
        succeed(&mut train("whole", 4));
        succeed(&mut train("parts", 2));
        succeed(train("parts", 4).arg("--resume"));
        let last = |name: &str| checkpoints(&folder.path().join(name)).pop().unwrap();
        for file in ["model.safetensors", "optimizer.safetensors"] {
            let bytes = |name: &str| fs::read(last(name).join(file)).unwrap();
            assert!(bytes("whole") == bytes("parts"), "{file} differs on {backend}");
        }
        // Both moments of both layers' weights and biases: none may get lost.
        let optimizer = fs::read(last("parts").join("optimizer.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&optimizer).unwrap();
        assert_eq!(tensors.len(), 8, "{:?}", tensors.names());
    }
}

#[test]
fn a_finished_run_is_extended_and_only_by_what_fits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let train = |words: &[&str]| {
        let mut command = hearth(["train"]);
        command.args(words).arg("--run").arg(&path);
        command
    };
    succeed(&mut train(&["configs/mlp-nano.toml", "train.epochs=1"]));
    let done = fail(&mut train(&["configs/mlp-nano.toml"]), 2);
    assert!(done.err.contains("--resume"), "{}", done.err);
    for (change, key) in [("run.seed=7", "run.seed"), ("model.hidden=[8]", "model.hidden")] {
        let done =
            fail(train(&["configs/mlp-nano.toml", "train.epochs=1", change]).arg("--resume"), 2);
        assert!(done.err.contains(key), "{}", done.err);
    }
    // Without a config, the stored one is gone on with.
    succeed(train(&["train.epochs=2"]).args(["--resume", "--backend", "ndarray"]));
    let steps: Vec<_> = metrics(&path).iter().filter_map(|line| line["step"].as_u64()).collect();
    let last = steps.iter().max().unwrap();
    assert_eq!(checkpoints(&path).pop().unwrap(), path.join(format!("checkpoints/step-{last:08}")));
}

#[test]
fn a_second_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=100000", "--run"]);
    let mut first = command.arg(&path).spawn_quiet();
    let begun = Instant::now();
    while !path.join("run.json").exists() && begun.elapsed() < Duration::from_mins(1) {
        std::thread::yield_now();
    }
    let mut second = hearth(["train", "--resume", "--run"]);
    let done = run(second.arg(&path));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("in use by"), "{}", done.err);
}
