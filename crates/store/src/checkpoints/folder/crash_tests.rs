//! Saves that are interrupted by a kill or by a disk error.

use std::{
    env,
    error::Error,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{tests::state_at, *};

type TestResult = Result<(), Box<dyn Error>>;

/// The environment variable with the folder that the process below saves to.
const FOLDER: &str = "HEARTH_STORE_CRASH_FOLDER";

/// Remains of an interrupted save are ignored, and removed by pruning.
#[test]
fn leftovers_are_ignored_and_cleared() -> TestResult {
    let folder = tempfile::tempdir()?;
    let checkpoints = Checkpoints::new(folder.path());
    checkpoints.save(1, &state_at(1)?)?;
    // Of this process, as when process numbers are used again; and of another.
    for leftover in [disk::temporary(folder.path(), "step-00000002"), folder.path().join(".tmp-x")]
    {
        fs::create_dir(&leftover)?;
        fs::write(leftover.join("model.safetensors"), "half")?;
    }
    assert_eq!(checkpoints.steps()?, [1]);
    checkpoints.save(2, &state_at(2)?)?;
    assert_eq!(checkpoints.load(2)?, state_at(2)?);
    assert_eq!(disk::names(folder.path())?.len(), 3);
    checkpoints.prune(2, &[])?;
    assert_eq!(disk::names(folder.path())?, ["step-00000001", "step-00000002"]);
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_is_named() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("checkpoints");
    fs::write(&path, "a file where a folder must be")?;
    let error = Checkpoints::new(&path).save(1, &state_at(1)?).expect_err("it is a file");
    assert!(matches!(error, StoreError::Io { path: named, .. } if named.starts_with(&path)));
    assert_eq!(fs::read(&path)?, b"a file where a folder must be");
    Ok(())
}

/// A run that was moved during training does not begin anew at its old path.
#[test]
fn a_folder_whose_parent_is_gone_is_not_made() -> TestResult {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let checkpoints = Checkpoints::new(run.join("checkpoints"));
    let error = checkpoints.save(1, &state_at(1)?).expect_err("there is no run");
    assert!(matches!(error, StoreError::Io { path, .. } if path == checkpoints.folder()));
    assert!(!run.exists());
    Ok(())
}

/// An error between two files of a save: the folder's path is so long that the name of the second
/// file is one character too many for the system. (This stops root too, unlike permissions.)
#[cfg(target_os = "linux")]
#[test]
fn a_save_that_fails_half_way_leaves_what_was_there() -> TestResult {
    const LONGEST_PATH: usize = 4095;

    let folder = tempfile::tempdir()?;
    let short = Checkpoints::new(folder.path().join("short"));
    short.save(1, &state_at(1)?)?;

    let second_file = disk::temporary(Path::new("/"), &name_of(2)).join("optimizer.safetensors");
    let wanted = LONGEST_PATH + 1 - second_file.as_os_str().len();
    let mut long = folder.path().to_owned();
    while long.as_os_str().len() < wanted {
        let left = wanted - long.as_os_str().len() - 1;
        // Never one character left, which would be a slash alone.
        long.push("x".repeat(if left > 202 { 200 } else { left }));
    }
    assert_eq!(long.as_os_str().len(), wanted);
    fs::create_dir_all(disk::parent(&long))?;
    fs::rename(short.folder(), &long)?;

    let checkpoints = Checkpoints::new(&long);
    let error = checkpoints.save(2, &state_at(2)?).expect_err("the second file has no name");
    assert!(
        matches!(&error, StoreError::Io { path, .. } if path.ends_with("optimizer.safetensors")),
        "{error:?}"
    );
    assert_eq!(disk::names(&long)?, ["step-00000001"]);
    assert_eq!(checkpoints.load(1)?, state_at(1)?);
    Ok(())
}

/// The process that the test below kills: it saves and prunes for ever.
#[test]
#[ignore = "only runs as the victim of `a_kill_at_any_instant_costs_nothing`"]
fn victim() -> TestResult {
    let Some(folder) = env::var_os(FOLDER) else { return Ok(()) };
    let checkpoints = Checkpoints::new(folder);
    let mut step = checkpoints.steps()?.last().map_or(0, |last| last + 1);
    loop {
        checkpoints.save(step, &state_at(step)?)?;
        checkpoints.prune(2, &[])?;
        step += 1;
    }
}

/// After a kill in the middle of a save or a removal, every checkpoint is undamaged, and there are as many as before.
#[test]
fn a_kill_at_any_instant_costs_nothing() -> TestResult {
    let folder = tempfile::tempdir()?;
    let checkpoints = Checkpoints::new(folder.path());
    for step in 0..2 {
        checkpoints.save(step, &state_at(step)?)?;
    }
    for round in 0..20 {
        checkpoints.prune(2, &[])?;
        let before = checkpoints.steps()?;
        let mut victim = Command::new(env::current_exe()?)
            .args(["--ignored", "--exact", "checkpoints::folder::crash_tests::victim"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        // Each round kills a save after `files` files or, at 6, a removal.
        let files = round % 7;
        let deadline = Instant::now() + Duration::from_millis(500);
        while Instant::now() < deadline && !is_at_work(folder.path(), files)? {
            std::hint::spin_loop();
        }
        victim.kill()?;
        victim.wait()?;

        let steps = checkpoints.steps()?;
        assert!(steps.len() >= 2, "{before:?} became {steps:?}");
        assert!(steps.last() >= before.last(), "{before:?} became {steps:?}");
        for step in steps {
            assert_eq!(checkpoints.load(step)?, state_at(step)?);
        }
    }
    Ok(())
}

/// True if an unfinished folder holds `files` files; 6 stands for a removal in progress.
fn is_at_work(folder: &Path, files: usize) -> Result<bool, StoreError> {
    for name in disk::names(folder)? {
        let is_saved = disk::is_temporary(&name) && !name.contains("pruned");
        let found = disk::names(&folder.join(&name))?.len();
        let is_instant = if is_saved { found == files } else { files == 6 && found < 5 };
        if is_instant {
            return Ok(true);
        }
    }
    Ok(false)
}
