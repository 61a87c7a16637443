//! A killed and resumed run equals an uninterrupted one, bit for bit.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hearth_config::seed::{Purpose, Stream};

use crate::support::{
    BACKENDS, checkpoints, difference, fail, hearth, is_of_agent, json, length, metrics, nanos,
    run, succeed, test_images, words,
};

/// Settings of everything with state or random numbers: augmentation, momentum, a schedule, accumulation, and a log
/// interval across checkpoints.
const RESTLESS: &str = "augment.flip=0.5 augment.shift=2 augment.erase=0.3 \
    optimizer.momentum=0.9 optimizer.learning_rate=0.02 \
    schedule.kind=one-cycle data.batch_size=32 train.accumulate=2 train.clip_norm=1 \
    train.evaluate_every=40~steps train.checkpoint_every=7~steps train.log_every=5";

/// The same settings of an adversarial pair: two optimisers, an average, and two batches per step.
const RESTLESS_PAIR: &str = "configs/gan-nano.toml train.epochs=4 \
    augment.flip=0.5 adversarial.discriminator_steps=2 adversarial.label_smoothing=0.1 \
    optimizer.discriminator.kind=sgd optimizer.discriminator.learning_rate=0.02 \
    optimizer.discriminator.momentum=0.5 schedule.kind=cosine data.batch_size=32 \
    train.clip_norm=5 train.evaluate_every=20~steps train.checkpoint_every=7~steps \
    train.log_every=5 evaluate.samples=200";

/// Settings as words of a command line; `~` stands for a space.
fn spaced(settings: &str) -> Vec<String> {
    words(settings).into_iter().map(|word| word.replace('~', " ")).collect()
}

fn restless(network: &str) -> Vec<String> {
    spaced(&format!("{network} {RESTLESS}"))
}

/// Asserts that two runs hold the same numbers.
fn assert_same(left: &Path, right: &Path) {
    assert_eq!(difference(left, right), None);
}

fn predictions(run: &Path, backend: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = test_images(folder.path(), 20);
    let mut command = hearth(["predict", "--json", "--top", "0", "--backend", backend]);
    json(command.arg(run).args(files)).to_string().replace(folder.path().to_str().unwrap(), "")
}

#[test]
fn twenty_kills_of_a_perceptron_change_nothing() {
    let network = "configs/mlp-nano.toml model.hidden=[32,16] model.dropout=0.2 train.epochs=24";
    kills_change_nothing(20, &restless(network), predictions);
}

#[test]
fn twenty_kills_of_a_convolutional_network_change_nothing() {
    let network = "configs/cnn-nano.toml model.depth=2 model.dropout=0.2 train.epochs=4";
    kills_change_nothing(20, &restless(network), predictions);
}

#[test]
fn twenty_kills_of_a_residual_network_change_nothing() {
    let network = "configs/resnet-nano.toml model.dropout=0.2 train.epochs=2";
    kills_change_nothing(20, &restless(network), predictions);
}

#[test]
fn ten_kills_of_an_adversarial_pair_change_nothing() {
    kills_change_nothing(10, &spaced(RESTLESS_PAIR), samples);
}

/// The settings of a translator: dropout, a schedule, accumulation, and a log interval across checkpoints.
const RESTLESS_TRANSLATOR: &str = "train.epochs=8 model.dropout=0.2 schedule.kind=one-cycle \
    train.accumulate=2 train.label_smoothing=0.1 train.evaluate_every=20~steps \
    train.checkpoint_every=7~steps train.log_every=5";

#[test]
fn ten_kills_of_a_recurrent_translator_change_nothing() {
    let settings =
        format!("configs/reverse-nano.toml {RESTLESS_TRANSLATOR} train.scheduled_sampling=0.5");
    kills_change_nothing(10, &spaced(&settings), translations);
}

#[test]
fn ten_kills_of_a_transformer_change_nothing() {
    let settings = format!("configs/sort-nano.toml {RESTLESS_TRANSLATOR} model.positions=learned");
    kills_change_nothing(10, &spaced(&settings), translations);
}

/// Translations with their scores and attention.
fn translations(run: &Path, backend: &str) -> String {
    let texts = ["hearth", "burn", "ox"];
    let mut command = hearth(["predict", "--json", "--backend", backend]);
    json(command.arg(run).args(texts)).to_string()
}

/// A generator's samples, and the grids of its training.
fn samples(run: &Path, backend: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("grid.png");
    let mut command = hearth(["sample", "--seed", "3", "--backend", backend, "--out"]);
    succeed(command.arg(&out).arg(run));
    let mut grids: Vec<_> =
        fs::read_dir(run.join("samples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    grids.sort();
    grids.extend([out, run.join("samples.gif")]);
    grids.into_iter().map(|grid| fs::read(grid).unwrap()).collect()
}

/// Trains twice, once with `kills` kills, and compares the runs and the results of `seen`.
fn kills_change_nothing<S: PartialEq>(
    kills: u32,
    settings: &[String],
    seen: impl Fn(&Path, &str) -> S,
) {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let train = |run: &Path| {
            let mut command = hearth(["train"]);
            command.args(settings).args(["--backend", backend, "--run"]);
            command.arg(run);
            command
        };
        succeed(&mut train(&whole));
        // Files made on first use exist from here on.
        let begun = Instant::now();
        succeed(&mut train(&folder.path().join("again")));
        let whole_time = begun.elapsed();

        // On average all kills together come after two thirds of the work, so that all of them hit
        // a live run.
        let mut stream = Stream::new(20, Purpose::Order, 0, 0);
        for kill in 0..kills {
            let mut child = train(&killed).arg("--resume").spawn_quiet();
            let part = stream.uniform() * 4.0 / 3.0 / f64::from(kills);
            std::thread::sleep(whole_time.mul_f64(part));
            child.kill().expect("SIGKILL");
            let status = child.wait().expect("it ends");
            assert!(status.code().is_none(), "kill {kill} came after the end: {status}");
        }
        succeed(train(&killed).arg("--resume"));
        assert_same(&whole, &killed);
        assert!(seen(&whole, backend) == seen(&killed, backend), "what it makes, on {backend}");
    }
}

#[test]
fn every_small_config_goes_on_after_two_steps() {
    for config in nanos() {
        for backend in BACKENDS {
            let folder = tempfile::tempdir().unwrap();
            let train = |name: &str, epochs: u32| {
                let path = format!("configs/{config}.toml");
                let mut command = hearth(["train", &path, "schedule.kind=constant"]);
                // Two steps in an epoch.
                command.arg(length(&config, epochs, 2));
                if !is_of_agent(&config) {
                    command.arg("data.batch_size=900");
                }
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
            assert!(model("whole") == model("parts"), "{config} on {backend}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for config in nanos() {
        for backend in BACKENDS {
            let folder = tempfile::tempdir().unwrap();
            let [one, three] = [1, 3].map(|threads| {
                let path = folder.path().join(threads.to_string());
                let mut command = hearth(["train", &format!("configs/{config}.toml")]);
                command.args([length(&config, 1, 4), format!("run.threads={threads}")]);
                if config == "gan-nano" {
                    command.arg("evaluate.samples=200");
                }
                if config == "reverse-nano" {
                    command.arg("train.scheduled_sampling=0.5");
                }
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
        // Both moments of both layers' weights and biases.
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
    // Without a config, the stored one is used.
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

#[test]
fn the_log_says_where_the_backend_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let notes = || metrics(&path).into_iter().filter(|line| line["kind"] == "note").count();
    let line = "train configs/mlp-nano.toml train.epochs=1 --backend flex --run";
    succeed(hearth(words(line)).arg(&path));
    let resume = |line: &str| {
        let mut command = hearth(words(line));
        succeed(command.arg("--resume").arg("--run").arg(&path))
    };
    let done = resume("train --backend ndarray");
    assert!(!done.err.contains("so far, and on"), "no step follows: {}", done.err);
    assert_eq!(notes(), 0);
    let done = resume("train train.epochs=2 --backend ndarray");
    let wanted = "trained on flex in f32 so far, and on ndarray in f32 from here";
    assert!(done.err.contains(wanted), "{}", done.err);
    assert_eq!(notes(), 1);
    resume("train train.epochs=3 --backend ndarray");
    assert_eq!(notes(), 1);
}
