//! Golden losses: a refactoring changes no bit of the first 50 steps.
//!
//! `tests/golden/` holds loss and gradient norm of these steps, of each nano config on each CPU backend, per
//! kind of processor: another SIMD width sums in another order, and a small convolutional network's losses
//! drift by 6e-4 within 21 steps from the last bit. On a processor without a file, the first three steps are
//! compared to 1e-5, and `make golden BASE=COMMIT` compares all 50 with the program of another commit.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{BACKENDS, length, metrics, nanos, root, succeed, words};

/// Number of steps compared bit for bit.
const STEPS: usize = 50;

/// Number of steps compared on another processor, and the tolerance.
const FIRST: usize = 3;
const RELATIVE: f64 = 1e-5;

/// Names of numbers in a line of metrics.jsonl: a classifier has the first loss, a pair the two behind it, an agent those
/// behind them.
const NUMBERS: [&str; 6] =
    ["loss", "generator_loss", "discriminator_loss", "policy_loss", "value_loss", "gradient_norm"];

/// A program and the checkout whose configs it trains.
struct Build {
    program: PathBuf,
    checkout: PathBuf,
}

impl Build {
    fn this() -> Self {
        Self { program: env!("CARGO_BIN_EXE_hearth").into(), checkout: root().to_owned() }
    }

    /// One line for each step: its numbers with all digits.
    fn losses(&self, config: &str, backend: &str, folder: &Path) -> String {
        let run = folder.join(format!("{config}-{backend}"));
        let mut train = Command::new(&self.program);
        train.current_dir(&self.checkout).arg("train").arg(format!("configs/{config}.toml"));
        train.arg(length(config, 4, 13));
        train.args(words("train.log_every=1 run.report=false --backend"));
        succeed(train.arg(backend).arg("--run").arg(&run));
        let lines = metrics(&run).into_iter().filter(|line| line["kind"] == "train").take(STEPS);
        let mut text = String::new();
        for (place, line) in lines.enumerate() {
            write!(text, "{}", place + 1).unwrap();
            for number in NUMBERS.iter().filter_map(|name| line.get(name)) {
                write!(text, " {number}").unwrap();
            }
            text.push('\n');
        }
        assert_eq!(text.lines().count(), STEPS, "{config} is too short");
        text
    }
}

/// The processor that the numbers depend on: vendor, family, model and SIMD level.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split(':').next().unwrap().trim() == name);
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("unknown").trim().to_owned()
    };
    let flags = value("flags");
    let has = |flag: &&str| flags.split(' ').any(|own| own == *flag);
    let simd = ["avx512f", "avx2"].into_iter().find(has).unwrap_or("scalar");
    let [vendor, family, model] = ["vendor_id", "cpu family", "model"].map(value);
    format!("{}-{vendor}-{family}-{model}-{simd}", std::env::consts::ARCH)
}

fn golden() -> PathBuf {
    root().join("tests/golden")
}

/// The folders of the processors with files.
fn processors() -> Vec<PathBuf> {
    let entries = fs::read_dir(golden()).map(|entries| entries.map(|entry| entry.unwrap().path()));
    let mut folders: Vec<_> = entries.expect("tests/golden").collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// The first step whose numbers differ by more than the tolerance.
fn drift(found: &str, golden: &str) -> Option<String> {
    let numbers = |line: &str| -> Vec<f64> {
        line.split(' ').map(|number| number.parse().expect("a number")).collect()
    };
    let pairs = found.lines().zip(golden.lines()).take(FIRST);
    let far = |(found, golden): &(&str, &str)| {
        let pairs = numbers(found).into_iter().zip(numbers(golden));
        pairs.into_iter().any(|(found, golden)| {
            let distance = (found - golden).abs();
            distance.is_nan() || distance > RELATIVE * golden.abs()
        })
    };
    pairs.into_iter().find(far).map(|(found, golden)| format!("{found} instead of {golden}"))
}

/// The first line that differs.
fn changed(found: &str, golden: &str) -> Option<String> {
    let mut pairs = found.lines().zip(golden.lines());
    let pair = pairs.find(|(found, golden)| found != golden);
    pair.map(|(found, golden)| format!("step {found} instead of {golden}"))
}

#[test]
fn the_first_steps_are_golden() {
    let own = golden().join(processor());
    let write = std::env::var_os("HEARTH_GOLDEN_WRITE").is_some();
    if write {
        fs::create_dir_all(&own).unwrap();
    }
    // One folder for all: the pairs of both backends share a feature evaluator.
    let folder = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for config in nanos() {
        for backend in BACKENDS {
            let name = format!("{config}.{backend}.txt");
            let found = Build::this().losses(&config, backend, folder.path());
            if write {
                fs::write(own.join(&name), found).unwrap();
                continue;
            }
            // A config may be newer than the files of a processor. Sorted, so that the choice is deterministic.
            let is_known = own.join(&name).is_file();
            let others = processors().into_iter().map(|folder| folder.join(&name));
            let mut all = others.filter(|file| file.is_file());
            let reference = if is_known { Some(own.join(&name)) } else { all.next() };
            let golden = fs::read_to_string(reference.expect("`make golden` writes it")).unwrap();
            let fault = if is_known { changed } else { drift }(&found, &golden);
            faults.extend(fault.map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "on {}:\n{}", processor(), faults.join("\n"));
}

/// `HEARTH_GOLDEN_BASE` names a checkout that has its program in `hearth-base`.
#[test]
#[ignore = "`make golden BASE=COMMIT` builds what it compares with"]
fn all_steps_are_those_of_the_base() {
    let checkout = PathBuf::from(std::env::var_os("HEARTH_GOLDEN_BASE").expect("a checkout"));
    let base = Build { program: checkout.join("hearth-base"), checkout };
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut faults = Vec::new();
    let mut both = nanos();
    both.retain(|config| base.checkout.join(format!("configs/{config}.toml")).is_file());
    assert!(both.len() >= 3, "{both:?}");
    for config in both {
        for backend in BACKENDS {
            let [ours, theirs] = [(&Build::this(), &folders[0]), (&base, &folders[1])]
                .map(|(build, folder)| build.losses(&config, backend, folder.path()));
            let fault = changed(&ours, &theirs);
            faults.extend(fault.map(|fault| format!("{config} on {backend}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
