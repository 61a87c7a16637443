//! Kills at any moment, and requests to stop.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hearth_config::seed::{Purpose, Stream};

use super::subject::Subject;
use super::table::Table;
use super::through;
use super::trial::{Ended, Known, look};
use crate::support::{Done, run};

/// Trains or resumes, with a signal after some time unless it has ended.
fn interrupted(subject: &Subject, path: &Path, after: Duration, signal: &str) -> Done {
    let after = after.as_secs_f64().to_string();
    let words = ["timeout", "--foreground", "--preserve-status", "-s", signal, &after];
    let done = run(&mut through(words, &subject.resume(path)));
    // The exit code of `timeout` for a killed command.
    Done { code: done.code.filter(|code| *code != 128 + 9), ..done }
}

/// Random moments within the time of an undisturbed run.
fn moments(subject: &Subject, seed: u64) -> impl FnMut() -> Duration {
    let (path, begun) = (subject.fresh(), Instant::now());
    interrupted(subject, &path, Duration::from_mins(1), "KILL");
    let whole = begun.elapsed();
    fs::remove_dir_all(path).unwrap();
    let mut stream = Stream::new(seed, Purpose::Order, 0, 0);
    move || whole.mul_f64(stream.uniform())
}

/// Kills at any moment of a run.
pub fn at_random_moments(subject: &Subject, count: usize, table: &mut Table) {
    let mut moment = moments(subject, 21);
    for _ in 0..count {
        let path = subject.fresh();
        let done = interrupted(subject, &path, moment(), "KILL");
        // Some kills come after its end.
        if done.code.is_none() {
            table.count("SIGKILL", "any moment", look(subject, &path, &done, &Known::default()));
        }
        let _ = fs::remove_dir_all(path);
    }
}

/// Kills of a run, of its resume, and of the resume of that.
pub fn again_and_again(subject: &Subject, count: usize, table: &mut Table) {
    let mut moment = moments(subject, 22);
    for _ in 0..count {
        let path = subject.fresh();
        let mut killed = 0;
        let done = loop {
            let done = interrupted(subject, &path, moment(), "KILL");
            killed += usize::from(done.code.is_none());
            if done.code.is_some() || killed == 4 {
                break done;
            }
        };
        let came = look(subject, &path, &done, &Known::default());
        let place = "any moment, and again in the resume";
        // If the end is right, the kills before the last one did no harm.
        for _ in 1..killed {
            table.count("SIGKILL", place, Ok(Ended::Killed));
        }
        if killed > 0 {
            table.count("SIGKILL", place, came.map(|_| Ended::Killed));
        }
        let _ = fs::remove_dir_all(path);
    }
}

/// Requests to stop, which end with a checkpoint.
pub fn by_request(subject: &Subject, count: usize, table: &mut Table) {
    let mut moment = moments(subject, 23);
    for round in 0..count {
        let (path, signal) = (subject.fresh(), ["TERM", "INT"][round % 2]);
        let done = interrupted(subject, &path, moment(), signal);
        // A signal before the program handles it kills it.
        let killed = [128 + 15, 128 + 2].contains(&done.code.unwrap_or_default());
        let done = Done { code: done.code.filter(|_| !killed), ..done };
        if done.code != Some(0) {
            let known = Known { asked: true, ..Known::default() };
            table.count(&format!("SIG{signal}"), "any moment", look(subject, &path, &done, &known));
        }
        let _ = fs::remove_dir_all(path);
    }
}
