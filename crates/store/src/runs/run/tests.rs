//! Runs are created once, opened, locked and numbered.

use std::{collections::BTreeSet, error::Error, io::Write, thread, time::Duration};

use super::*;

#[test]
fn a_run_is_never_overwritten() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("deep/runs/mine");
    let run = RunDir::create(&path)?;
    // Killed before its config was written, it can be made again.
    drop(run.lock()?);
    fs::write(path.join(".tmp-config.toml-1"), "half")?;
    let run = RunDir::create(&path)?;
    drop(run.lock()?);
    assert_eq!(disk::names(&path)?, [".lock"]);
    RunDir::check(&path)?;
    RunDir::check(&folder.path().join("not/there/yet"))?;
    assert_eq!(disk::names(folder.path())?, ["deep"], "nothing is left of the attempt");

    run.write_text("config.toml", "format = 1\n")?;
    assert!(matches!(RunDir::check(&path), Err(StoreError::RunExists { .. })));
    let error = RunDir::create(&path).expect_err("it holds a run");
    assert!(matches!(&error, StoreError::RunExists { path: found } if *found == path));
    assert!(error.to_string().contains("--resume"));
    assert_eq!(RunDir::open(&path)?, run);
    assert_eq!(run.read_text("config.toml")?, "format = 1\n");

    let other = folder.path().join("other");
    fs::create_dir(&other)?;
    fs::write(other.join("thesis.tex"), "")?;
    assert!(matches!(RunDir::create(&other), Err(StoreError::NotEmpty { .. })));
    for file in ["thesis.tex", "thesis.tex/run"] {
        assert!(matches!(RunDir::create(other.join(file)), Err(StoreError::Io { .. })));
        assert!(matches!(RunDir::check(&other.join(file)), Err(StoreError::Io { .. })));
    }
    assert!(matches!(RunDir::check(&other), Err(StoreError::NotEmpty { .. })));
    assert!(matches!(run.write_text("a/b", ""), Err(StoreError::FileName { .. })));
    Ok(())
}

#[test]
fn what_is_no_run_is_refused_with_the_runs_nearby() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let runs = folder.path().join("runs");
    for _ in 0..2 {
        RunDir::create_numbered(&runs, "mlp")?.write_text("config.toml", "")?;
    }
    fs::create_dir(runs.join("empty"))?;
    let expected = [runs.join("mlp-001"), runs.join("mlp-002")];
    for path in [runs.clone(), runs.join("mlp-003"), runs.join("empty")] {
        let error = RunDir::open(&path).expect_err("it is not a run");
        assert!(matches!(&error, StoreError::NotARun { runs, .. } if *runs == expected));
        assert!(error.to_string().contains("mlp-002"), "{error}");
    }
    let error = RunDir::open(folder.path().join("no/such/folder")).expect_err("not there");
    assert!(matches!(error, StoreError::NotARun { runs, .. } if runs.is_empty()));
    Ok(())
}

#[cfg(unix)]
#[test]
fn what_cannot_be_looked_at_is_not_taken_for_absent() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run");
    fs::create_dir(&path)?;
    // A link to itself, which no call can resolve.
    std::os::unix::fs::symlink("config.toml", path.join("config.toml"))?;
    for opened in [RunDir::open(&path), RunDir::create(&path)] {
        assert!(matches!(opened, Err(StoreError::Io { .. })), "{opened:?}");
    }
    assert_eq!(runs_in(folder.path())?, [RunDir { path }], "opening it gives the reason");
    Ok(())
}

#[test]
fn the_second_is_told_who_holds_the_lock() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let run = RunDir::create(folder.path())?;
    let lock = run.lock()?;
    let StoreError::Locked { holder, .. } = run.lock().expect_err("it is locked") else {
        return Err("another error".into());
    };
    let (who, since) = holder.split_once(" since ").ok_or("no time")?;
    assert!(who.starts_with(&format!("pid {} on ", std::process::id())), "{holder}");
    let age = jiff::Timestamp::now().duration_since(since.parse()?);
    assert!((-1..3600).contains(&age.as_secs()), "{holder}");
    drop(lock);
    run.lock()?;
    Ok(())
}

#[test]
fn the_second_waits_for_the_name_of_a_holder_that_has_just_locked() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let run = RunDir::create(folder.path())?;
    let mut file = fs::File::create(run.path().join(lock::NAME))?;
    file.lock()?;
    let second = thread::spawn(move || run.lock());
    thread::sleep(Duration::from_millis(100));
    file.write_all(b"pid 7 on that machine\n")?;
    match second.join().expect("no panic") {
        Err(StoreError::Locked { holder, .. }) => assert_eq!(holder, "pid 7 on that machine"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[test]
fn numbers_are_taken_once() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let parent = folder.path().join("runs");
    let made: BTreeSet<PathBuf> = thread::scope(|scope| {
        let make = || -> Result<Vec<PathBuf>, StoreError> {
            (0..5).map(|_| Ok(RunDir::create_numbered(&parent, "mlp")?.path)).collect()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("it does not panic").expect("it makes them"))
            .collect()
    });
    let expected = (1..=40).map(|n| parent.join(format!("mlp-{n:03}"))).collect();
    assert_eq!(made, expected);

    // The next number is above all numbers in use; other names do not count.
    fs::create_dir(parent.join("mlp-1200"))?;
    fs::create_dir(parent.join("mlp-next"))?;
    assert!(RunDir::create_numbered(&parent, "mlp")?.path.ends_with("mlp-1201"));
    assert!(RunDir::create_numbered(&parent, "cnn")?.path.ends_with("cnn-001"));
    assert!(matches!(RunDir::create_numbered(&parent, "../cnn"), Err(StoreError::FileName { .. })));
    Ok(())
}
