//! Child processes with a time limit.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Paths of the programs that fetch datasets.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    pub apt_get: OsString,
    pub dpkg_deb: OsString,
    pub npm: OsString,
}

impl Default for Tools {
    fn default() -> Self {
        Self { apt_get: "apt-get".into(), dpkg_deb: "dpkg-deb".into(), npm: "npm".into() }
    }
}

/// Interval at which a child process is polled.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs `command` silently until `deadline`; the error holds the last line of its output.
pub(crate) fn run(command: &mut Command, deadline: Instant) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("{program} cannot be run: {error}");
    // A file instead of a pipe, which somebody would have to drain while the program runs.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let copy = |file: &File| file.try_clone().map(Stdio::from);
    let spawned = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(copy(&said).map_err(failed)?)
        .stderr(copy(&said).map_err(failed)?)
        .spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{program} is not installed"),
        _ => failed(error),
    })?;
    loop {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                return Err(format!("{program} failed ({status}): {}", last_line(&mut said)));
            }
            None if Instant::now() >= deadline => {
                // It may have ended by itself in the meantime.
                let _ = child.kill();
                child.wait().map_err(failed)?;
                return Err(format!("{program} took too long and was stopped"));
            }
            None => thread::sleep(PAUSE),
        }
    }
}

fn last_line(said: &mut File) -> String {
    let mut bytes = Vec::new();
    if said.rewind().and_then(|()| said.read_to_end(&mut bytes)).is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<(), String> {
        run(Command::new("sh").args(["-c", script]), Instant::now() + limit)
    }

    #[test]
    fn success_failure_absence_and_timeout_differ() {
        let minute = Duration::from_mins(1);
        assert_eq!(shell("echo fine", minute), Ok(()));
        let error =
            shell("echo first; echo 'E: no such package' >&2; exit 100", minute).unwrap_err();
        assert!(error.contains("100") && error.ends_with("E: no such package"), "{error}");
        let error = run(&mut Command::new("no-such-program"), Instant::now() + minute).unwrap_err();
        assert_eq!(error, "no-such-program is not installed");
        let started = Instant::now();
        let error = shell("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(
            error.contains("too long") && started.elapsed() < Duration::from_secs(10),
            "{error}"
        );
    }
}
