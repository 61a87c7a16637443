//! Wrong and jumping clocks.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::subject::Subject;
use super::table::Table;
use super::trial::{Ended, Harm, Known, look};
use super::{through, works};
use crate::support::{Done, run};

/// Clocks with another time or another speed.
const WRONG: [&str; 6] =
    ["1970-01-02 00:00:00", "2200-01-01 00:00:00", "-400d", "+4000d", "+0 x1000", "+0 x0.01"];

/// Clocks wrong from the start, and `count` times clocks that jump there and back during training: the wall clock
/// alone, and the monotonic clock as well.
pub fn jumps(subject: &Subject, count: usize, table: &mut Table) {
    if !works("faketime -m -f +0") {
        return;
    }
    for time in WRONG {
        let path = subject.fresh();
        let done = run(&mut through(["faketime", "-m", "-f", time], &subject.train(&path)));
        table.count(
            "a clock that is wrong",
            "a run",
            look(subject, &path, &done, &Known::default()),
        );
        fs::remove_dir_all(path).unwrap();
    }
    for round in 0..2 * count {
        let place = ["the clock of the day", "every clock"][round % 2];
        table.count("a clock that jumps", place, jump(subject, round % 2 == 1));
    }
}

/// A run while the clock jumps by years, there and back.
fn jump(subject: &Subject, every_clock: bool) -> Result<Ended, Harm> {
    let (path, log) = (subject.fresh(), subject.log());
    let library =
        run(Command::new("faketime").args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"])).out;
    let set = |time: &str| {
        // The library may read it at any time, and must find all of it.
        let next = log.with_extension("next");
        fs::write(&next, time).unwrap();
        fs::rename(&next, &log).unwrap();
    };
    set("+3000d");
    let mut train = subject.train(&path);
    train
        .env("LD_PRELOAD", library.trim())
        .env("FAKETIME_TIMESTAMP_FILE", &log)
        .env("FAKETIME_NO_CACHE", "1");
    train.env("FAKETIME_DONT_FAKE_MONOTONIC", if every_clock { "0" } else { "1" });
    let ended = AtomicBool::new(false);
    let (done, jumps): (Done, usize) = std::thread::scope(|scope| {
        let setter = scope.spawn(|| {
            let mut jumps = 0;
            while !ended.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(3));
                set(["-3000d", "+3000d"][jumps % 2]);
                jumps += 1;
            }
            jumps
        });
        let done = run(&mut train);
        ended.store(true, Ordering::Relaxed);
        (done, setter.join().expect("it sets the time"))
    });
    let came = look(subject, &path, &done, &Known::default());
    let info = fs::read_to_string(path.join("run.json")).unwrap();
    let begun_now = format!("\"started\": \"{}", &jiff::Timestamp::now().to_string()[..4]);
    assert!(jumps > 2 && !info.contains(&begun_now), "the clock did not jump: {info}");
    fs::remove_dir_all(path).unwrap();
    came
}
