//! Results of a run of any task, from metrics.jsonl.

use hearth_config::{Metric, Standing};
use hearth_report::metrics;
use hearth_store::{RunDir, read_metrics};
use hearth_train::TrainError;
use hearth_train::record::info::RunInfo;
use hearth_train::run::loaded::stored_config;
use serde_json::Value;

/// Results of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResults {
    /// True if it was trained to its end and tested.
    pub finished: bool,
    /// The step of its best checkpoint.
    pub best_step: Option<u64>,
    /// Number of epochs trained.
    pub epochs: f64,
    /// The best checkpoint's validation results, by name.
    pub valid: Vec<(String, f64)>,
    /// The test results, by name.
    pub test: Vec<(String, f64)>,
}

impl RunResults {
    /// Reads the results of a run.
    ///
    /// # Errors
    /// When its files are missing or damaged.
    pub fn read(run: &RunDir) -> Result<Self, TrainError> {
        let lines = read_metrics(run.metrics())?;
        // A run logs its test last and then writes that it has ended; a resume withdraws that at once.
        let test = lines.last().filter(|line| line["kind"] == "test");
        let finished = test.is_some() && RunInfo::read(run)?.ended.is_some();
        let best_step = match test {
            Some(line) => line["step"].as_u64(),
            None => run.read_best()?.map(|best| best.step).or_else(|| best_of(run, &lines)),
        };
        let of_best = |line: &&Value| line["kind"] == "valid" && line["step"].as_u64() == best_step;
        let valid = lines.iter().rfind(of_best);
        Ok(Self {
            finished,
            best_step,
            epochs: lines.iter().filter_map(|line| line["epoch"].as_f64()).fold(0.0, f64::max),
            valid: results(valid),
            test: results(test),
        })
    }

    /// A validation result.
    pub fn valid(&self, name: &str) -> Option<f64> {
        find(&self.valid, name)
    }

    /// Its standing by the validation results.
    pub fn standing(&self, metric: Metric) -> Standing {
        metric.standing(self.best_step.unwrap_or(u64::MAX), |name| self.valid(name))
    }

    /// A test result.
    pub fn test(&self, name: &str) -> Option<f64> {
        find(&self.test, name)
    }
}

/// The validation or the test results of a run.
type ResultsOf = fn(&RunResults) -> &[(String, f64)];

/// The names of all results, such as `valid_loss` and `test_loss`, and for each row its values in this order.
pub fn columns<'a>(
    rows: impl IntoIterator<Item = Option<&'a RunResults>>,
) -> (Vec<String>, Vec<Vec<String>>) {
    let rows: Vec<Option<&RunResults>> = rows.into_iter().collect();
    let sides: [(&str, ResultsOf); 2] = [("valid", |row| &row.valid), ("test", |row| &row.test)];
    let (mut header, mut cells) = (Vec::new(), vec![Vec::new(); rows.len()]);
    for (side, of) in sides {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in rows.iter().flatten().flat_map(|row| of(row)) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        header.extend(names.iter().map(|name| format!("{side}_{name}")));
        for (row, cells) in rows.iter().zip(&mut cells) {
            let value = |name: &&str| row.and_then(|row| find(of(row), name));
            // Without the sign of a zero.
            cells.extend(names.iter().map(|name| optional(value(name).map(|value| value + 0.0))));
        }
    }
    (header, cells)
}

/// The step of the best evaluation in the log, for a run without `best.json`.
fn best_of(run: &RunDir, lines: &[Value]) -> Option<u64> {
    let metric = stored_config(run).ok()?.train.best_by();
    let scores = lines.iter().filter(|line| line["kind"] == "valid").filter_map(|line| {
        Some(metric.standing(line["step"].as_u64()?, |name| line[name].as_f64()))
    });
    scores.min_by(|left, right| metric.compare(left, right)).map(|score| score.step)
}

/// A number with all digits; an empty text for `None`.
pub fn optional(number: Option<impl ToString>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

fn find(results: &[(String, f64)], name: &str) -> Option<f64> {
    results.iter().find(|(found, _)| found == name).map(|(_, value)| *value)
}

fn results(line: Option<&Value>) -> Vec<(String, f64)> {
    let members = line.into_iter().flat_map(metrics::results);
    members.map(|(name, value)| (name.to_owned(), value)).collect()
}
