//! The trials' results, the best first. They hold no times, so that a killed and resumed sweep has the same table as
//! an uninterrupted one.

use std::path::Path;

use hearth_config::Metric;
use hearth_report::{fixed, text_table};
use serde_json::{Map, Value, json};

use super::record::Record;
use crate::results::{RunResults, columns, optional};
use crate::terminal::csv;

/// The state of a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialState {
    /// Trained and tested.
    Finished(RunResults),
    /// Ended with an error.
    Failed,
    /// Not started, or interrupted.
    Unfinished,
}

/// All trials of a sweep, the best first.
#[derive(Debug)]
pub struct Ranking<'a> {
    record: &'a Record,
    metric: Metric,
    states: &'a [TrialState],
    /// Rank, from 1, and index of each trial; no rank without a result.
    order: Vec<(Option<usize>, usize)>,
}

impl TrialState {
    /// The results of a finished trial.
    pub fn results(&self) -> Option<&RunResults> {
        match self {
            Self::Finished(results) => Some(results),
            Self::Failed | Self::Unfinished => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Finished(_) => "finished",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        }
    }
}

impl<'a> Ranking<'a> {
    /// Ranks by `metric` on the validation set. Of equal trials the earlier one is first; those without a result are
    /// last.
    pub fn new(record: &'a Record, metric: Metric, states: &'a [TrialState]) -> Self {
        let score = |trial: usize| {
            let results = states[trial].results()?;
            results.valid(metric.name()).map(|_| results.standing(metric))
        };
        let mut trials: Vec<usize> = (0..states.len()).collect();
        trials.sort_by(|&a, &b| match (score(a), score(b)) {
            (Some(a), Some(b)) => metric.compare(&a, &b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        let order = trials.into_iter().enumerate();
        let order = order.map(|(at, trial)| (score(trial).map(|_| at + 1), trial)).collect();
        Self { record, metric, states, order }
    }

    /// The table for the terminal: only the metric.
    pub fn table(&self) -> String {
        let metric = self.metric.name();
        let [valid, test] = ["valid", "test"].map(|set| format!("{set} {metric}"));
        let keys = self.record.varied(0).map(|(key, _)| key);
        let header: Vec<&str> = ["rank"]
            .into_iter()
            .chain(keys)
            .chain([valid.as_str(), test.as_str(), "epochs", "run"])
            .collect();
        let rows = self.order.iter().map(|&(rank, trial)| {
            let state = &self.states[trial];
            let results = state.results();
            let short = |value: Option<f64>, without: &str| match value {
                Some(value) => fixed(value, 4),
                None => without.to_owned(),
            };
            let mut row = vec![rank.map_or("-".to_owned(), |rank| rank.to_string())];
            row.extend(self.record.varied(trial).map(|(_, value)| value.to_owned()));
            let without = if results.is_some() { "-" } else { state.name() };
            row.push(short(results.and_then(|results| results.valid(metric)), without));
            row.push(short(results.and_then(|results| results.test(metric)), "-"));
            let epochs = results.map(|results| (100.0 * results.epochs).round() / 100.0);
            row.push(epochs.map_or("-".to_owned(), |epochs| epochs.to_string()));
            row.push(name(trial));
            row
        });
        text_table(&header, rows)
    }

    /// All results of all trials with all digits, as CSV.
    pub fn csv(&self) -> String {
        // The columns are in the order of the trials' numbers.
        let (names, cells) = columns(self.states.iter().map(TrialState::results));
        let keys = self.record.varied(0).map(|(key, _)| key.to_owned());
        let mut header = vec!["rank".to_owned(), "status".to_owned()];
        header.extend(keys.chain(names));
        header.extend(["epochs", "best_step", "run"].map(str::to_owned));
        let rows = self.order.iter().map(|&(rank, trial)| {
            let state = &self.states[trial];
            let mut row = vec![optional(rank), state.name().to_owned()];
            row.extend(self.record.varied(trial).map(|(_, value)| value.to_owned()));
            row.extend(cells[trial].iter().cloned());
            row.push(optional(state.results().map(|results| results.epochs)));
            row.push(optional(state.results().and_then(|results| results.best_step)));
            row.push(name(trial));
            row
        });
        csv(&header, rows)
    }

    /// All results of all trials, as JSON.
    pub fn json(&self, folder: &Path) -> Value {
        let trials = self.order.iter().map(|&(rank, trial)| {
            let state = &self.states[trial];
            let set = |results: &[(String, f64)]| -> Value {
                results.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
            };
            // A TOML value that is valid JSON is written as such, others as strings.
            let value = |value: &str| serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            let settings: Map<String, Value> = self
                .record
                .varied(trial)
                .map(|(key, text)| (key.to_owned(), value(text)))
                .collect();
            json!({
                "rank": rank,
                "run": folder.join(name(trial)).to_string_lossy(),
                "status": state.name(),
                "settings": settings,
                "valid": state.results().map(|results| set(&results.valid)),
                "test": state.results().map(|results| set(&results.test)),
                "epochs": state.results().map(|results| results.epochs),
                "best_step": state.results().and_then(|results| results.best_step),
            })
        });
        let trials: Vec<Value> = trials.collect();
        json!({
            "sweep": folder.to_string_lossy(),
            "best_by": self.metric.name(),
            "trials": trials,
        })
    }
}

/// The name of a trial's run, relative to the sweep's folder, which may be moved.
fn name(trial: usize) -> String {
    format!("trial-{:03}", trial + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::axis::SweepAxis;
    use crate::sweep::trials::grid;

    fn finished(loss: f64, accuracy: f64) -> TrialState {
        let both = |loss, accuracy| vec![("loss".into(), loss), ("accuracy".into(), accuracy)];
        TrialState::Finished(RunResults {
            finished: true,
            best_step: Some(58),
            epochs: 2.0,
            valid: both(loss, accuracy),
            test: both(loss + 0.1, accuracy - 0.1),
        })
    }

    #[test]
    fn the_best_is_first_and_trials_without_a_result_are_last() {
        let axes: Vec<_> = ["model.hidden=[8],[8,9],[7],[6],[5]", "train.epochs=2"]
            .map(|text| SweepAxis::parse(text).unwrap())
            .into();
        let trials = grid(&axes).unwrap();
        let record = Record::new(Path::new("a.toml"), String::new(), axes, None, "flex", trials);
        let states = [
            TrialState::Failed,
            finished(0.75, 0.75),
            finished(0.25, 0.5),
            finished(0.5, 0.75),
            TrialState::Unfinished,
        ];
        let order = |metric| -> Vec<usize> {
            Ranking::new(&record, metric, &states).order.iter().map(|(_, trial)| *trial).collect()
        };
        assert_eq!(order(Metric::Accuracy), [3, 1, 2, 0, 4], "the lower loss breaks the tie");
        assert_eq!(order(Metric::Loss), [2, 3, 1, 0, 4]);

        let ranking = Ranking::new(&record, Metric::Accuracy, &states);
        let csv = ranking.csv();
        let mut lines = csv.lines();
        assert_eq!(
            lines.next().unwrap(),
            "rank,status,model.hidden,valid_loss,valid_accuracy,test_loss,test_accuracy,epochs,\
             best_step,run"
        );
        assert_eq!(lines.next().unwrap(), "1,finished,[6],0.5,0.75,0.6,0.65,2,58,trial-004");
        assert_eq!(lines.nth(2).unwrap(), ",failed,[8],,,,,,,trial-001");
        let table = ranking.table();
        let words: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["1", "[6]", "0.7500", "0.6500", "2", "trial-004"]);
        assert!(table.contains("failed") && table.contains("unfinished"), "{table}");
        let json = ranking.json(Path::new("sweeps/a"));
        assert_eq!(json["trials"][1]["settings"]["model.hidden"], json!([8, 9]));
        assert_eq!(json["trials"][0]["valid"]["accuracy"], 0.75);
        assert_eq!(json["trials"][0]["run"], "sweeps/a/trial-004");
        assert_eq!(json["trials"][4]["rank"], Value::Null);
    }
}
