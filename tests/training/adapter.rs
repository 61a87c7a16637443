//! The program with and without a graphics adapter. Without a GPU, Mesa's software Vulkan is the adapter; without any
//! adapter the tests that need one skip.

use std::path::Path;
use std::process::Command;

use crate::skip::skip;
use crate::support::{checkpoints, fail, hearth, json, metrics, run, succeed, words};

/// The adapter under test; without one, the test skips.
fn adapter() -> bool {
    let done = run(&mut hearth(words("doctor --probe list --backend wgpu")));
    if done.code != Some(0) {
        // The output of a failed probe: `{"Err": "..."}`.
        let told: serde_json::Value = serde_json::from_str(&done.out).unwrap_or_default();
        skip(told["Err"].as_str().unwrap_or(&done.out));
    }
    done.code == Some(0)
}

/// A command that sees no driver but the one of this manifest, if any.
fn with_driver(line: &str, manifest: &Path) -> Command {
    let mut command = hearth(words(line));
    command.env("VK_ICD_FILENAMES", manifest).env("VK_DRIVER_FILES", manifest);
    // OpenGL's driver is found in another way.
    command.env("__EGL_VENDOR_LIBRARY_FILENAMES", manifest);
    command
}

#[test]
fn a_run_moves_from_backend_to_backend() {
    if !adapter() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut train =
        hearth(words("train configs/mlp-nano.toml train.epochs=1 --backend wgpu --run"));
    let trained = succeed(train.arg(&path));
    assert!(trained.err.contains("on wgpu"), "{}", trained.err);
    let adapters = run(&mut hearth(words("doctor --probe list --backend wgpu"))).out;
    let card = ["discrete", "integrated", "virtual"].iter().any(|kind| adapters.contains(kind));
    let warnings = trained.err.matches("computes on the CPU, and slower").count();
    assert_eq!(warnings, usize::from(!card), "told once, of software alone: {}", trained.err);

    let evaluated = |backend| {
        let mut eval = hearth(words("eval --json --backend"));
        json(eval.arg(backend).arg(&path))
    };
    let [wgpu, flex, ndarray] = ["wgpu", "flex", "ndarray"].map(evaluated);
    for other in [&flex, &ndarray] {
        assert_eq!(wgpu["confusion"], other["confusion"]);
        let losses = [&wgpu, other].map(|report| report["loss"].as_f64().unwrap());
        assert!((losses[0] - losses[1]).abs() < 1e-5, "{losses:?}");
    }

    let mut resume = hearth(words("train --resume train.epochs=2 --backend flex --run"));
    let resumed = succeed(resume.arg(&path));
    assert!(
        resumed.err.contains("trained on wgpu in f32 so far, and on flex in f32 from here"),
        "{}",
        resumed.err
    );
    let mut resume = hearth(words("train --resume train.epochs=3 --backend wgpu --run"));
    let resumed = succeed(resume.arg(&path));
    assert!(
        resumed.err.contains("trained on flex in f32 so far, and on wgpu in f32 from here"),
        "{}",
        resumed.err
    );
    let notes: Vec<_> = metrics(&path).into_iter().filter(|line| line["kind"] == "note").collect();
    assert_eq!(notes.len(), 2, "the log says where exactness ended");
    assert_eq!([&notes[0]["step"], &notes[1]["step"]], [29, 58]);
    assert_eq!(checkpoints(&path).last().unwrap().file_name().unwrap(), "step-00000087");
}

#[test]
fn the_doctor_lists_adapters_and_tries_them() {
    if !adapter() {
        return;
    }
    let done = succeed(&mut hearth(words("doctor --backend wgpu")));
    let row = done.out.lines().find(|line| line.contains("wgpu")).unwrap();
    let kinds = ["discrete", "integrated", "virtual", "software", "other"];
    assert!(kinds.iter().any(|kind| row.contains(kind)), "{row}");
    assert!(row.contains(" ms") && row.contains("works: loss"), "{row}");
}

#[test]
fn an_adapter_that_is_not_there_is_named_with_those_that_are() {
    if !adapter() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut train = hearth(words("train configs/mlp-nano.toml --backend wgpu --device 99 --run"));
    let failed = fail(train.arg(&path), 2);
    let text = failed.err.replace("\n  │ ", " ");
    assert!(text.contains("there is no graphics adapter 99; there is 0:"), "{text}");
    assert!(!path.exists(), "nothing was begun");
    let failed = fail(&mut hearth(words("doctor --backend wgpu --device 99")), 1);
    assert!(failed.err.contains("there is no graphics adapter 99"), "{}", failed.err);
}

#[test]
fn a_cpu_has_no_adapter_and_no_halves() {
    let failed =
        fail(&mut hearth(words("train configs/mlp-nano.toml --backend flex --device 0")), 2);
    assert!(failed.err.contains("flex computes on the CPU"), "{}", failed.err);
    let folder = tempfile::tempdir().unwrap();
    let mut train = hearth(words("train configs/mlp-nano.toml run.precision=f16 --run"));
    let failed = fail(train.arg(folder.path().join("run")), 2);
    assert!(failed.err.contains("run.precision is f16"), "{}", failed.err);
    let mut train = hearth(words("train configs/gan-nano.toml run.precision=f16 --run"));
    fail(train.arg(folder.path().join("pair")), 2);
    assert!(folder.path().read_dir().unwrap().next().is_none(), "no judge was trained for it");
}

#[test]
fn no_adapter_is_an_error_and_the_doctor_goes_on() {
    let absent = Path::new("/nonexistent/driver.json");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut train = with_driver("train configs/mlp-nano.toml --backend wgpu --run", absent);
    let failed = fail(train.arg(&path), 1);
    assert!(failed.err.contains("no graphics adapter"), "{}", failed.err);
    assert!(failed.err.contains("--backend flex"), "{}", failed.err);
    assert!(!path.exists(), "nothing was begun");
    let failed = fail(&mut with_driver("doctor", absent), 1);
    assert_eq!(failed.out.matches("works: loss").count(), 2, "{}", failed.out);
    assert!(failed.err.contains("no graphics adapter"), "{}", failed.err);
}

/// A driver that ends the process at the first call.
const DRIVER: &str = r"
#include <stdlib.h>
void *vk_icdGetInstanceProcAddr(void *instance, const char *name) { abort(); }
int vk_icdNegotiateLoaderICDInterfaceVersion(unsigned *version) { abort(); }
";

#[test]
#[cfg(target_os = "linux")]
fn a_driver_that_crashes_is_an_error() {
    if !adapter() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [source, library, manifest] =
        ["driver.c", "libdriver.so", "driver.json"].map(|name| folder.path().join(name));
    std::fs::write(&source, DRIVER).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(built.unwrap().success(), "whoever links Rust has a C compiler");
    let manifest_text = serde_json::json!({
        "file_format_version": "1.0.0",
        "ICD": { "library_path": library, "api_version": "1.3.0" },
    });
    std::fs::write(&manifest, manifest_text.to_string()).unwrap();

    let path = folder.path().join("run");
    let mut train = with_driver("train configs/mlp-nano.toml --backend wgpu --run", &manifest);
    let failed = fail(train.arg(&path), 1);
    assert!(failed.err.contains("driver crashed"), "{}", failed.err);
    assert!(!path.exists(), "nothing was begun");
    let failed = fail(&mut with_driver("doctor", &manifest), 1);
    assert_eq!(failed.out.matches("works: loss").count(), 2, "{}", failed.out);
    assert!(failed.err.contains("driver crashed"), "{}", failed.err);
}

#[test]
fn what_is_too_large_for_the_adapter_costs_no_checkpoint() {
    // Mesa's software adapter takes buffers of up to 128 MiB, a graphics card larger ones.
    if !adapter() {
        return;
    }
    let adapters = run(&mut hearth(words("doctor --probe list --backend wgpu"))).out;
    if !adapters.contains("llvmpipe") {
        skip("only Mesa's adapter in software is known to be too small");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let line = "train configs/mlp-nano.toml model.hidden=[45000] train.epochs=1 --run";
    succeed(hearth(words(line)).arg(&path));
    let before = checkpoints(&path);
    let mut resume = hearth(words("train --resume train.epochs=2 --backend wgpu --run"));
    let failed = fail(resume.arg(&path), 1);
    assert!(failed.err.contains("out of memory"), "{}", failed.err);
    assert!(failed.err.contains("data.batch_size"), "{}", failed.err);
    assert_eq!(checkpoints(&path), before);
    let mut resume = hearth(words("train --resume train.epochs=2 --backend flex --run"));
    succeed(resume.arg(&path));
}
