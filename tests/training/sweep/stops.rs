//! A stopped and resumed sweep has the same table as an uninterrupted one, byte for byte.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{TWELVE, results, resume, sweep};
use crate::support::{BACKENDS, Done, fail, metrics, run, signal, signal_group, succeed};

/// Two trials that are long enough to be stopped.
const TWO: &str = "configs/mlp-nano.toml train.epochs=100 optimizer.learning_rate=0.02,0.1";

/// Starts a command in a process group of its own, as a shell does.
fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.spawn().expect("hearth starts")
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(2), "{what} never came");
        std::thread::yield_now();
    }
}

/// Resumes as soon as processes that were killed are gone.
fn resume_when_free(command: &mut Command) -> Done {
    let mut done = run(command);
    wait_until("the lock", || {
        let is_free = !done.err.contains("is in use by");
        if !is_free {
            done = run(command);
        }
        is_free
    });
    done
}

fn is_finished(trial: &Path) -> bool {
    let metrics = fs::read_to_string(trial.join("metrics.jsonl")).unwrap_or_default();
    metrics.contains(r#""kind":"test""#)
}

/// Number of finished trials among the first `number`.
fn finished(folder: &Path, number: usize) -> usize {
    let trials = (1..=number).map(|number| folder.join(format!("trial-{number:03}")));
    trials.filter(|trial| is_finished(trial)).count()
}

#[test]
fn kills_change_nothing() {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let alone = succeed(sweep(TWELVE, &whole).args(["--backend", backend]));
        assert_eq!(alone.out.lines().count(), 13, "{}", alone.out);
        assert!(alone.err.contains("trial 12/12  optimizer.momentum=0.9 model.hidden=[]"));

        let mut command = sweep(TWELVE, &killed);
        command.args(["--backend", backend]);
        for least in [3, 7] {
            let mut child = spawn(&mut command);
            wait_until("a trial in its midst", || {
                let done = finished(&killed, 12);
                let next = killed.join(format!("trial-{:03}", done + 1));
                done >= least && next.join("best.json").exists()
            });
            signal_group(child.id(), "KILL");
            assert!(child.wait().expect("it ends").code().is_none(), "the kill came too late");
            let done = finished(&killed, 12);
            assert!((least..12).contains(&done), "{done} of 12 were finished");
            assert!(!killed.join("sweep.csv").exists());
            // Resumed from the folder alone.
            command = resume(&killed);
        }
        let resumed = resume_when_free(&mut command);
        assert_eq!(resumed.code, Some(0), "{}", resumed.err);
        assert!(resumed.err.contains("12 trials of train.epochs=4"), "{}", resumed.err);
        assert!(resumed.err.contains("of them finished"), "{}", resumed.err);
        assert_eq!(resumed.out, alone.out);
        assert_eq!(results(&killed), results(&whole));
        for number in 1..=12 {
            let [one, other] =
                [&whole, &killed].map(|folder| metrics(&folder.join(format!("trial-{number:03}"))));
            assert_eq!(one, other, "trial {number}");
        }
        // Nothing is left to do, and the table is printed again.
        let again = succeed(&mut resume(&killed));
        assert!(!again.err.contains("trial 12/12"), "{}", again.err);
        assert_eq!(again.out, alone.out);
    }
}

#[test]
fn a_signal_stops_the_trials_after_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let alone = succeed(&mut sweep(TWO, &whole));
    // Ctrl-C reaches the whole process group; a service manager signals the first process alone.
    for (name, send, jobs) in [
        ("INT", signal_group as fn(u32, &str), 1),
        ("TERM", signal as fn(u32, &str), 1),
        ("TERM", signal_group as fn(u32, &str), 2),
    ] {
        let out = folder.path().join(format!("{name}-{jobs}"));
        let jobs = jobs.to_string();
        let child = spawn(sweep(TWO, &out).args(["--jobs", &jobs]));
        let first = out.join("trial-001");
        wait_until("a checkpoint", || first.join("best.json").exists());
        send(child.id(), name);
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{err}");
        assert!(
            err.contains("interrupted; resume with: ") && err.contains("sweep --resume"),
            "{err}"
        );
        let log = fs::read_to_string(out.join("trial-001.log")).unwrap();
        assert!(log.contains("interrupted; resume with: "), "one signal, not two: {log}");
        assert!(results(&out).contains(",unfinished,"), "{}", results(&out));
        let resumed = succeed(&mut resume(&out));
        assert_eq!(resumed.out, alone.out, "{name} with {jobs} jobs");
        assert_eq!(results(&out), results(&whole));
    }
}

#[test]
fn a_trial_that_outlived_its_sweep_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut child = spawn(&mut sweep(TWO, &out));
    wait_until("a checkpoint", || out.join("trial-001/best.json").exists());
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
    let done = fail(&mut resume(&out), 1);
    assert!(done.err.contains("trial-001 is in use by pid"), "{}", done.err);
    let id = done.err.split("pid ").nth(1).unwrap().split(' ').next().unwrap();
    signal(id.parse().unwrap(), "TERM");
    assert_eq!(resume_when_free(&mut resume(&out)).code, Some(0));
    assert_eq!(finished(&out, 2), 2);
}
