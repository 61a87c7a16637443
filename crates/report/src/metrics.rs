//! The curves and notes in `metrics.jsonl`.

use serde_json::Value;

use crate::downsampled::Downsampled;
use crate::plot::Series;

/// The members of a line that identify it, and are no metrics.
pub const PLACES: [&str; 3] = ["kind", "step", "epoch"];

/// Measurements of training itself, which are no results.
const MEASURES: [&str; 4] = ["seconds", "learning_rate", "gradient_norm", "samples_per_second"];

/// The bounds of a distance, constant over a run.
const BOUNDS: [&str; 2] = ["floor", "ceiling"];

/// The results that a line holds, by name.
pub fn results(line: &Value) -> impl Iterator<Item = (&str, f64)> {
    numbers(line).filter(|(name, _)| !MEASURES.contains(name))
}

fn numbers(line: &Value) -> impl Iterator<Item = (&str, f64)> {
    let members = line.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| !PLACES.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.as_str(), value.as_f64()?)))
}

/// The curves and notes of a run. Curves are downsampled, so that memory does not grow with the run's length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    curves: Vec<Curve>,
    /// Step and text of each.
    notes: Vec<(u64, String)>,
    /// True if lines contain the epoch.
    has_epochs: bool,
}

/// The curve of one metric in the lines of one kind, over epochs; over steps for a task without epochs.
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    kind: String,
    name: String,
    values: Downsampled,
}

impl History {
    /// Appends a line.
    pub fn add(&mut self, line: &Value) {
        let Some(kind) = line["kind"].as_str() else { return };
        if let ("note", Some(step), Some(text)) =
            (kind, line["step"].as_u64(), line["text"].as_str())
        {
            self.notes.push((step, text.to_owned()));
            return;
        }
        for (name, value) in numbers(line) {
            let known =
                self.curves.iter().position(|curve| curve.kind == kind && curve.name == name);
            let place = known.unwrap_or_else(|| {
                let (kind, name) = (kind.to_owned(), name.to_owned());
                self.curves.push(Curve { kind, name, values: Downsampled::default() });
                self.curves.len() - 1
            });
            let epoch = line["epoch"].as_f64();
            self.has_epochs |= epoch.is_some();
            if let Some(at) = epoch.or_else(|| line["step"].as_f64()) {
                self.curves[place].values.add((at, value));
            }
        }
    }

    /// The names of the results in the lines of one kind (`train`, `valid`), in the order of their first appearance.
    /// Constant bounds are left out.
    pub fn result_names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.curves.iter().filter(move |curve| curve.kind == kind);
        let names = names.map(|curve| curve.name.as_str());
        names.filter(|name| !MEASURES.contains(name) && !BOUNDS.contains(name))
    }

    /// The curve of one metric in the lines of one kind, over the [unit](Self::unit); empty if there is none.
    pub fn curve(&self, kind: &str, name: &str) -> Series {
        let curve = self.curves.iter().find(|curve| curve.kind == kind && curve.name == name);
        let points = curve.map_or_else(Vec::new, |curve| curve.values.points().to_vec());
        Series { name: kind.to_owned(), points }
    }

    /// The unit of the curves' horizontal axis: `epoch` or `step`.
    pub fn unit(&self) -> &'static str {
        if self.has_epochs || self.curves.is_empty() { "epoch" } else { "step" }
    }

    /// The notes, each with its step.
    pub fn notes(&self) -> &[(u64, String)] {
        &self.notes
    }
}

impl<'a> FromIterator<&'a Value> for History {
    fn from_iter<I: IntoIterator<Item = &'a Value>>(lines: I) -> Self {
        let mut history = Self::default();
        lines.into_iter().for_each(|line| history.add(line));
        history
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_holds_results_beside_its_place_and_measures() {
        let line = json!({"kind": "valid", "step": 2, "epoch": 1.0, "loss": null, "distance": 3.0,
            "floor": 1, "seconds": 9.0, "learning_rate": 0.1, "text": "a note"});
        assert_eq!(results(&line).collect::<Vec<_>>(), [("distance", 3.0), ("floor", 1.0)]);
        assert_eq!(results(&json!("torn")).count(), 0);
        let lines = [line, json!({"kind": "valid", "loss": 1.0, "distance": 2.0}), json!("torn")];
        let history: History = lines.iter().collect();
        assert_eq!(history.result_names("valid").collect::<Vec<_>>(), ["distance", "loss"]);
        assert_eq!(history.result_names("train").count(), 0);
        assert_eq!(history.curve("valid", "distance").points, [(1.0, 3.0)]);
        assert_eq!(history.curve("valid", "learning_rate").points, [(1.0, 0.1)]);
        assert!(history.curve("train", "distance").points.is_empty() && history.notes().is_empty());
        assert_eq!(history.unit(), "epoch");
    }

    #[test]
    fn a_task_without_epochs_is_shown_by_its_steps() {
        let line =
            |step: u32| json!({"kind": "train", "step": step, "loss": 1.0 / f64::from(step)});
        let history: History = [line(1), line(2)].iter().collect();
        assert_eq!(history.curve("train", "loss").points, [(1.0, 1.0), (2.0, 0.5)]);
        assert_eq!(history.unit(), "step");
    }

    #[test]
    fn a_long_run_takes_no_more_room_than_a_short_one() {
        let line = |step: u32| json!({"kind": "train", "step": step, "epoch": f64::from(step) / 10.0, "loss": 1.0});
        let mut history: History = (0..50_000).map(line).collect::<Vec<_>>().iter().collect();
        history.add(&json!({"kind": "note", "step": 7, "text": "another backend"}));
        let points = history.curve("train", "loss").points;
        assert!((500..=1000).contains(&points.len()), "{}", points.len());
        assert_eq!(points.last(), Some(&(4999.9, 1.0)));
        assert_eq!(history.notes(), [(7, "another backend".to_owned())]);
    }
}
