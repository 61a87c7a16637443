//! Table of all faults and their outcomes.

use std::fmt::Write as _;
use std::time::Instant;

use super::trial::{Ended, Harm};
use crate::support::root;

/// Counts of faults and their outcomes.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Row>,
    harms: Vec<String>,
    /// Number of faults whose call did not recur.
    missed: usize,
    begun: Instant,
}

/// A fault at a place.
#[derive(Debug)]
struct Row {
    fault: String,
    place: String,
    /// In the order of [`Ended`].
    ended: [usize; 3],
    /// In the order of [`Kind`](super::trial::Kind).
    harmed: [usize; 4],
}

impl Row {
    fn faults(&self) -> usize {
        self.ended.iter().chain(&self.harmed).sum()
    }
}

impl Default for Table {
    fn default() -> Self {
        Self { rows: Vec::new(), harms: Vec::new(), missed: 0, begun: Instant::now() }
    }
}

impl Table {
    /// Counts a fault.
    pub fn count(&mut self, fault: &str, place: &str, came: Result<Ended, Harm>) {
        let found = self
            .rows
            .iter()
            .position(|row| (row.fault.as_str(), row.place.as_str()) == (fault, place));
        let at = found.unwrap_or_else(|| {
            let (fault, place) = (fault.to_owned(), place.to_owned());
            self.rows.push(Row { fault, place, ended: [0; 3], harmed: [0; 4] });
            self.rows.len() - 1
        });
        match came {
            Ok(ended) => self.rows[at].ended[ended as usize] += 1,
            Err(Harm { kind, text }) => {
                self.rows[at].harmed[kind as usize] += 1;
                self.harms.push(format!("{fault} at {place}: {kind:?}: {text}"));
            }
        }
    }

    /// Counts a fault whose call did not recur.
    pub fn miss(&mut self) {
        self.missed += 1;
    }

    /// Adds the rows of another table, started at the same time.
    pub fn add(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.harms.extend(other.harms);
        self.missed += other.missed;
        self
    }

    /// Adds the name of the trained run to each place.
    pub fn of(mut self, subject: &str) -> Self {
        for row in &mut self.rows {
            row.place = format!("{}, of {subject}", row.place);
        }
        self
    }

    /// Asserts that no fault did harm.
    pub fn assert_unharmed(&self) {
        let (made, missed) = (self.faults(), self.missed);
        assert!(made > 0, "no fault was made");
        assert!(missed <= made / 50, "{missed} faults did not come, beside {made} that did");
        let shown = &self.harms[..self.harms.len().min(10)];
        assert!(
            self.harms.is_empty(),
            "{} faults did harm:\n{}",
            self.harms.len(),
            shown.join("\n")
        );
    }

    fn faults(&self) -> usize {
        self.rows.iter().map(Row::faults).sum()
    }

    /// Prints the table, and writes it to docs/torture.md.
    #[expect(clippy::print_stdout, reason = "it is what the test is run for")]
    pub fn write(&self, checked: usize) {
        let text = self.markdown(checked);
        println!("{text}");
        std::fs::write(root().join("docs/torture.md"), text).expect("the folder is there");
    }

    fn markdown(&self, checked: usize) -> String {
        let mut text = HEAD.to_owned();
        let of_checkpoints = |row: &&Row| {
            OF_CHECKPOINTS.contains(&row.place.split(", of").next().unwrap_or_default())
        };
        let of_checkpoints =
            self.rows.iter().filter(of_checkpoints).map(Row::faults).sum::<usize>();
        let line = |text: &mut String, names: [&str; 2], row: [usize; 8]| {
            let cells = row.map(|number| number.to_string()).join(" | ");
            writeln!(text, "| {} | {} | {cells} |", names[0], names[1]).expect("memory takes it");
        };
        for row in &self.rows {
            let ([killed, refused, carried], [lost, wrong, panics, told]) = (row.ended, row.harmed);
            let cells = [row.faults(), killed, refused, carried, lost, wrong, panics, told];
            line(&mut text, [&row.fault, &row.place], cells);
        }
        let ended = [0, 1, 2].map(|at| self.rows.iter().map(|row| row.ended[at]).sum());
        let harmed = [0, 1, 2, 3].map(|at| self.rows.iter().map(|row| row.harmed[at]).sum());
        let ([killed, refused, carried], [lost, wrong, panics, told]) = (ended, harmed);
        let cells = [self.faults(), killed, refused, carried, lost, wrong, panics, told];
        line(&mut text, ["**all**", ""], cells);
        let missed = self.missed;
        let minutes = self.begun.elapsed().as_secs_f64() / 60.0;
        write!(
            text,
            "\n{of_checkpoints} of these faults came while a checkpoint was written, named as the best or \
             removed. In a run that is left alone, {checked} things were given their names, each after all \
             that it counts on was on the disk. Not made were {missed} faults, meant for calls that did not \
             come again: a page is drawn when it is worth its time. All of it took {minutes:.1} minutes.\n"
        )
        .expect("memory takes it");
        text
    }
}

/// The places that are parts of saving a checkpoint.
const OF_CHECKPOINTS: [&str; 3] = ["checkpoint", "retention", "best.json"];

const HEAD: &str = "\
# Diagnostics, and what they cost

Written by `make torture`, which puts real faults into real training runs: a perceptron of 12 steps with 5
checkpoints, an adversarial pair, and a number that is predicted from a table. After each fault the run is looked at
from outside and gone on with by `hearth train --resume`.

- **ended**: the program was killed; ended with an error of at most six lines and exit code 1 or 3; or carried
  on, because the call was repeated, or what it was for is not essential, such as the page. A program that
  carries on must have the result of a run that was left alone.
- **lost**: a checkpoint that had been given its name is gone, the resume did not go on from the newest one, or
  model.safetensors, optimizer.safetensors, best.json, the lines of metrics.jsonl (but for times) or the
  animation are not, in the end, those of a run that was left alone.
- **wrong**: a folder with a checkpoint's name holds anything but what such a run had there.
- **told wrongly**: success without a result, an error without a message, another exit code.

| fault | where | faults | killed | error | carried on | lost | wrong | panics | told wrongly |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
";
