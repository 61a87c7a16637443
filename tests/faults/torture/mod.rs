//! Real faults, put into a program that trains: kills between any two calls of the system, calls that fail,
//! full disks, jumping clocks, moved folders, neighbours. Checkpoints stay intact, and the resumed run equals an
//! undisturbed one, bit for bit.
//!
//! The ordinary tests make a few faults of each kind. `make torture` makes them all, and writes
//! docs/torture.md.

mod beside;
mod calls;
mod clock;
mod folder;
mod kills;
mod limits;
mod order;
mod strace;
mod subject;
mod table;
mod trial;

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use self::subject::{PAIR, PERCEPTRON, ROWS, Subject, TEXTS};
use self::table::Table;
use crate::skip::skip;

/// The command started by another one, whose words come first.
fn through(words: impl IntoIterator<Item = impl AsRef<OsStr>>, command: &Command) -> Command {
    let mut words = words.into_iter();
    let mut outer = Command::new(words.next().expect("a program"));
    outer.args(words).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer.stdin(Stdio::null());
    outer
}

/// True if a command that a test needs works here; else the test skips.
fn works(command: &str) -> bool {
    let mut tried = through(command.split(' '), &Command::new("true"));
    let works = tried.output().is_ok_and(|output| output.status.success());
    if !works {
        skip(&format!("`{command}` does not work here"));
    }
    works
}

/// A command that works if strace can inject faults.
const STRACE: &str = "strace -f -o /dev/null";

#[test]
#[ignore = "takes minutes: `make torture`"]
fn every_real_fault_costs_nothing() {
    let checked = order::check(&Subject::new(PERCEPTRON));
    // The programs wait more than they compute.
    let faults =
        [faults_of_a_run, faults_of_resumes, faults_of_a_table, faults_of_texts, faults_of_places];
    let tables = std::thread::scope(|scope| {
        faults
            .map(|faults| scope.spawn(faults))
            .map(|thread| thread.join().expect("every fault comes"))
    });
    let table = tables.into_iter().reduce(Table::add).expect("there are some");
    table.write(checked);
    table.assert_unharmed();
}

fn faults_of_a_run() -> Table {
    let (mut table, subject) = (Table::default(), Subject::new(PERCEPTRON));
    calls::kill_at_each(&subject, &mut table);
    calls::fail_each(&subject, &mut table);
    calls::lie_at_each_write(&subject, &mut table);
    kills::at_random_moments(&subject, 200, &mut table);
    kills::again_and_again(&subject, 60, &mut table);
    kills::by_request(&subject, 40, &mut table);
    limits::full_disks(&subject, 24 * 1024, &mut table);
    limits::files_that_may_not_grow(&subject, 3 * 1024, &mut table);
    limits::few_open_files(&subject, &mut table);
    limits::short_writes(&subject, 20, &mut table);
    table
}

fn faults_of_resumes() -> Table {
    let (mut table, subject) = (Table::default(), Subject::new(PERCEPTRON));
    calls::resume_at_each(&subject, &mut table);
    let pair = Subject::new(PAIR);
    calls::end_of_a_pair(&pair, &mut table);
    for subject in [&subject, &pair] {
        folder::left_over(subject, &mut table);
    }
    table
}

fn faults_of_other_samples(settings: &[&str], samples: &str) -> Table {
    let (mut table, subject) = (Table::default(), Subject::new(settings));
    kills::at_random_moments(&subject, 40, &mut table);
    calls::kill_before_the_record(&subject, &mut table);
    calls::some(&subject, &mut table);
    folder::left_over(&subject, &mut table);
    table.of(samples)
}

fn faults_of_a_table() -> Table {
    faults_of_other_samples(&ROWS, "a table")
}

fn faults_of_texts() -> Table {
    faults_of_other_samples(&TEXTS, "texts")
}

fn faults_of_places() -> Table {
    let (mut table, subject) = (Table::default(), Subject::new(PERCEPTRON));
    clock::jumps(&subject, 10, &mut table);
    beside::two_programs(&subject, usize::MAX, &mut table);
    beside::two_at_once(&subject, 100, &mut table);
    beside::evaluations(&subject, 60, &mut table);
    folder::moved_while_it_trains(&subject, usize::MAX, &mut table);
    folder::copied(&subject, &mut table);
    folder::read_only(&subject, &mut table);
    folder::half_deleted(&subject, &mut table);
    folder::other_data(&mut table);
    table
}

#[test]
fn faults_in_the_calls_of_a_checkpoint_cost_nothing() {
    if !works(STRACE) {
        return;
    }
    let mut table = Table::default();
    calls::some(&Subject::new(PERCEPTRON), &mut table);
    table.assert_unharmed();
}

#[test]
fn a_kill_while_a_run_is_created_costs_nothing() {
    if !works(STRACE) {
        return;
    }
    let mut table = Table::default();
    calls::kill_before_the_record(&Subject::new(TEXTS), &mut table);
    table.assert_unharmed();
}

#[test]
fn what_counts_on_something_else_comes_to_the_disk_after_it() {
    if works(STRACE) {
        order::check(&Subject::new(PERCEPTRON));
    }
}

#[test]
fn a_full_disk_costs_nothing() {
    if !limits::can_mount() {
        return;
    }
    let mut table = Table::default();
    limits::full_disks(&Subject::new(PERCEPTRON), 150 * 1024, &mut table);
    table.assert_unharmed();
}

#[test]
fn files_that_may_not_grow_cost_nothing() {
    if !works("prlimit --fsize=1000") {
        return;
    }
    let mut table = Table::default();
    limits::files_that_may_not_grow(&Subject::new(PERCEPTRON), 30 * 1024, &mut table);
    table.assert_unharmed();
}

#[test]
fn a_clock_that_jumps_changes_nothing() {
    if !works("faketime -m -f +0") {
        return;
    }
    let mut table = Table::default();
    clock::jumps(&Subject::new(PERCEPTRON), 1, &mut table);
    table.assert_unharmed();
}

#[test]
fn a_second_program_is_told_who_is_at_work() {
    if !works(STRACE) {
        return;
    }
    let mut table = Table::default();
    beside::two_programs(&Subject::new(PERCEPTRON), 3, &mut table);
    table.assert_unharmed();
}

#[test]
fn two_programs_that_begin_at_once_make_one_run() {
    let mut table = Table::default();
    beside::two_at_once(&Subject::new(PERCEPTRON), 10, &mut table);
    table.assert_unharmed();
}

#[test]
fn an_evaluation_finds_a_checkpoint_while_others_are_removed() {
    if !works(STRACE) {
        return;
    }
    let mut table = Table::default();
    beside::evaluations(&Subject::new(PERCEPTRON), 10, &mut table);
    table.assert_unharmed();
}

#[test]
fn a_run_that_is_moved_while_it_trains_goes_on_in_its_new_place() {
    if !works(STRACE) {
        return;
    }
    let mut table = Table::default();
    folder::moved_while_it_trains(&Subject::new(PERCEPTRON), 2, &mut table);
    table.assert_unharmed();
}

#[test]
fn a_run_that_cannot_be_written_is_left_as_it_is() {
    if !limits::can_mount() {
        return;
    }
    let mut table = Table::default();
    folder::read_only(&Subject::new(PERCEPTRON), &mut table);
    table.assert_unharmed();
}

#[test]
fn a_run_that_is_half_deleted_is_gone_on_with_or_refused() {
    let mut table = Table::default();
    let subject = Subject::new(PERCEPTRON);
    folder::copied(&subject, &mut table);
    folder::half_deleted(&subject, &mut table);
    table.assert_unharmed();
}

#[test]
fn a_resume_does_what_a_kill_has_left_undone() {
    let mut table = Table::default();
    for settings in [&PERCEPTRON[..], &PAIR[..], &ROWS[..], &TEXTS[..]] {
        folder::left_over(&Subject::new(settings), &mut table);
    }
    table.assert_unharmed();
}

#[test]
fn data_that_changed_is_not_gone_on_with() {
    let mut table = Table::default();
    folder::other_data(&mut table);
    table.assert_unharmed();
}
