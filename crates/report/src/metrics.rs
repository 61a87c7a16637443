//! What the lines of `metrics.jsonl` say.

use serde_json::Value;

use crate::plot::Series;

/// Where a line stands: no curve is drawn of these.
pub const PLACES: [&str; 3] = ["kind", "step", "epoch"];

/// How the work went, and not how good it is.
const MEASURES: [&str; 4] = ["seconds", "learning_rate", "gradient_norm", "samples_per_second"];

/// What a distance stands between: the same at each step.
const BOUNDS: [&str; 2] = ["floor", "ceiling"];

/// The results that a line holds, by name.
pub fn results(line: &Value) -> impl Iterator<Item = (&str, f64)> {
    let members = line.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| (name.as_str(), value));
    members
        .filter(|(name, _)| !PLACES.contains(name) && !MEASURES.contains(name))
        .filter_map(|(name, value)| Some((name, value.as_f64()?)))
}

/// The names of results that are worth a curve in the lines of one kind, in the order in which they come
/// up.
pub fn result_names<'a>(metrics: &'a [Value], kind: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let lines = metrics.iter().filter(|line| line["kind"] == kind);
    for (name, _) in lines.flat_map(results) {
        if !BOUNDS.contains(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What the lines of one kind say of one number, against the epoch.
pub fn curve(metrics: &[Value], kind: &str, name: &str) -> Series {
    let lines = metrics.iter().filter(|line| line["kind"] == kind);
    let points = lines.filter_map(|line| Some((line["epoch"].as_f64()?, line[name].as_f64()?)));
    Series { name: kind.to_owned(), points: points.collect() }
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
        let lines = [line, json!({"kind": "valid", "loss": 1.0, "distance": 2.0})];
        assert_eq!(result_names(&lines, "valid"), ["distance", "loss"]);
        assert!(result_names(&lines, "train").is_empty());
        assert_eq!(curve(&lines, "valid", "distance").points, [(1.0, 3.0)]);
    }
}
