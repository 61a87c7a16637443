//! The dashboard in a terminal: the screen is entered and restored, and the log equals that of `--plain`.

use std::path::Path;

use serde_json::Value;

use crate::support::{checkpoints, fail, hearth, json, python, run, succeed};

const ENTERED: &str = "\u{1b}[?1049h";
const LEFT: &str = "\u{1b}[?1049l";
const CURSOR_HIDDEN: &str = "\u{1b}[?25l";
const CURSOR_SHOWN: &str = "\u{1b}[?25h";

/// Result of a program in a terminal.
struct Seen {
    code: i64,
    out: String,
    /// The output on the alternate screen, with escape sequences.
    screen: String,
    /// The output before and after the alternate screen.
    log: String,
}

/// Runs `hearth train --tui` in a terminal, by a Python script; `None` without Python.
fn in_terminal(script: &[&str], train: &[&str], run: &Path) -> Option<Seen> {
    let mut command = python("pty")?;
    command.arg("scripts/terminal.py").args(script).arg("--");
    command.arg(env!("CARGO_BIN_EXE_hearth")).args(["train", "configs/mlp-nano.toml"]);
    command.args(train).arg("--run").arg(run);
    command.env_remove("HEARTH_DATASETS").env_remove("RUST_BACKTRACE").env("NO_COLOR", "1");
    let seen: Value = json(command.env("TERM", "xterm-256color"));
    let text = seen["terminal"].as_str().unwrap().replace("\r\n", "\n");
    assert!(seen["restored"].as_bool().unwrap(), "the terminal's modes\n{text}");
    let code = seen["code"].as_i64().unwrap();
    let out = seen["out"].as_str().unwrap().to_owned();
    let Some((before, rest)) = text.split_once(ENTERED) else {
        return Some(Seen { code, out, screen: String::new(), log: text });
    };
    let (screen, after) = rest.split_once(LEFT).expect("the screen was left");
    assert!(!after.contains(ENTERED), "{text}");
    assert!(screen.rfind(CURSOR_SHOWN) > screen.rfind(CURSOR_HIDDEN), "{text}");
    // The cursor is shown once more.
    let log = (before.to_owned() + after).replace(CURSOR_SHOWN, "");
    Some(Seen { code, out, screen: screen.to_owned(), log })
}

/// A log without times and speeds.
fn timeless(log: &str) -> String {
    let line = |line: &str| match line.split_once(" samples/s") {
        Some((results, _)) => results.rsplit_once(' ').unwrap().0.to_owned(),
        None if line.starts_with("about ") => "about some time to go".to_owned(),
        None => line.to_owned(),
    };
    log.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_log_after_the_dashboard_is_that_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(seen) = in_terminal(&[], &["--tui"], &folder.path().join("run")) else { return };
    assert_eq!(seen.code, 0, "{}", seen.log);
    for part in ["loss", "accuracy", "samples/s", "checkpoint"] {
        assert!(seen.screen.contains(part), "{part}: {}", seen.screen);
    }
    assert!(!seen.log.contains('\u{1b}'), "{:?}", seen.log);
    let plain = folder.path().join("plain");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "--plain", "--run"]);
    let plain = succeed(command.arg(&plain));
    assert!(plain.err.contains("epoch 5/5"), "{}", plain.err);
    assert_eq!(timeless(&seen.log), timeless(&plain.err));
    let results = |out: &str| out.lines().next().unwrap().to_owned();
    assert_eq!(results(&seen.out), results(&plain.out));
}

#[test]
fn keys_and_signals_end_the_run_after_a_checkpoint() {
    for how in [["--press", "q"], ["--press", "\\x03"], ["--signal", "TERM"]] {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let best = run.join("best.json");
        let script = [&["--when", best.to_str().unwrap()][..], &how].concat();
        let Some(seen) = in_terminal(&script, &["--tui", "train.epochs=200"], &run) else { return };
        assert_eq!(seen.code, 130, "{how:?}: {}", seen.log);
        assert!(seen.log.contains("stopping after this step"), "{how:?}: {}", seen.log);
        assert!(seen.log.contains("--resume"), "{how:?}: {}", seen.log);
        assert!(!seen.screen.contains("again to stop"), "{how:?}: {}", seen.screen);
        assert!(!checkpoints(&run).is_empty());
        succeed(hearth(["eval"]).arg(&run).args(["--checkpoint", "last"]));
    }
}

#[test]
fn a_second_ctrl_c_ends_the_program_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let best = run.join("best.json");
    // Each step is far longer than the time between the keys.
    let train = ["--tui", "train.epochs=2000", "data.batch_size=1800", "model.hidden=[2048,2048]"];
    let script = ["--when", best.to_str().unwrap(), "--press", "\\x03\\x03"];
    let Some(seen) = in_terminal(&script, &train, &run) else { return };
    assert_eq!(seen.code, 130, "{}", seen.log);
    assert!(seen.log.contains("stopping after this step"), "{}", seen.log);
    assert!(!seen.log.contains("--resume"), "{}", seen.log);
}

#[test]
fn an_error_is_told_after_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["--tui", "optimizer.learning_rate=1000", "model.hidden=[64,64,64]"];
    let Some(seen) = in_terminal(&[], &train, &folder.path().join("run")) else { return };
    assert_eq!(seen.code, 1, "{}", seen.log);
    assert!(!seen.screen.is_empty(), "{}", seen.log);
    assert!(seen.log.contains("not finite at step"), "{}", seen.log);
}

#[test]
fn the_dashboard_is_only_where_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for (size, options, shown) in [
        ("80x24", &[][..], true),
        ("60x16", &[][..], true),
        ("59x24", &[][..], false),
        ("80x15", &[][..], false),
        ("20x5", &["--tui"][..], true),
        ("80x24", &["--plain"][..], false),
        ("80x24", &["--json"][..], false),
    ] {
        let run = folder.path().join(format!("{size}{}", options.concat()));
        let Some(seen) = in_terminal(&["--size", size], options, &run) else { return };
        assert_eq!(seen.code, 0, "{}", seen.log);
        assert_eq!(!seen.screen.is_empty(), shown, "{size} {options:?}\n{}", seen.log);
    }
}

#[test]
fn a_dashboard_without_a_terminal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "--tui", "--run"]);
    let done = fail(command.arg(&path), 2);
    assert!(done.err.contains("--tui needs a terminal"), "{}", done.err);
    assert!(!path.exists());
    let done = run(&mut hearth(["train", "configs/mlp-nano.toml", "--tui", "--plain"]));
    assert_eq!(done.code, Some(2), "{}", done.err);
}
