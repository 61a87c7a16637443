//! The page that compares runs: results, settings and training curves.

use maud::html;

use crate::metrics::History;
use crate::page::{figure, page, table};
use crate::plot::{Axes, curves};

/// A run to compare.
#[derive(Clone, Debug, Default)]
pub struct ComparedRun {
    /// Its name.
    pub name: String,
    /// The curves in its metrics.jsonl.
    pub history: History,
}

/// The page, an HTML file. Rows of `settings` and `results` hold a name, and a value for each run.
pub fn html(runs: &[ComparedRun], settings: &[Vec<String>], results: &[Vec<String>]) -> String {
    let names = runs.iter().map(|run| run.name.as_str());
    let header: Vec<&str> = std::iter::once("").chain(names).collect();
    let mut shown: Vec<(&str, &str)> = Vec::new();
    for kind in ["valid", "train"] {
        for name in runs.iter().flat_map(|run| run.history.result_names(kind)) {
            if !shown.contains(&(kind, name)) {
                shown.push((kind, name));
            }
        }
    }
    let unit = runs.first().map_or("epoch", |run| run.history.unit());
    let body = html! {
        h2 { "Results" }
        (table(&header, results))
        h2 { "Settings that differ" }
        @if settings.is_empty() { p.soft { "none" } } @else { (table(&header, settings)) }
        h2 { "Training curves" }
        div.plots {
            @for (kind, name) in shown {
                @let series: Vec<_> = runs.iter().map(|run| {
                    let mut series = run.history.curve(kind, name);
                    series.name.clone_from(&run.name);
                    series
                }).collect();
                @let words = format!("{} ({kind})", name.replace('_', " "));
                (figure(curves(Axes { x: unit, y: &words, log_x: false }, &series), &words))
            }
        }
    };
    page("Runs compared", &body)
}

#[cfg(test)]
mod tests {
    use plotters::style::RGBColor;
    use serde_json::json;

    use super::*;
    use crate::theme::SERIES;

    #[test]
    fn curves_of_both_lie_in_one_plot() {
        let run = |name: &str, loss: f64| ComparedRun {
            name: name.to_owned(),
            history: [
                json!({"kind": "valid", "step": 1, "epoch": 1.0, "loss": loss}),
                json!({"kind": "valid", "step": 2, "epoch": 2.0, "loss": loss / 2.0}),
            ]
            .iter()
            .collect(),
        };
        let rows = [vec!["model.hidden".to_owned(), "[3]".to_owned(), "-".to_owned()]];
        let html = html(&[run("one", 1.0), run("two", 3.0)], &rows, &[]);
        assert_eq!(html.matches("<svg").count(), 1);
        for color in SERIES.iter().take(2) {
            let RGBColor(red, green, blue) = color;
            let curve = format!("stroke=\"#{red:02X}{green:02X}{blue:02X}\"");
            let lines = html.split("<polyline").skip(1).map(|line| line.split_once('>'));
            let own = lines.flatten().filter(|(line, _)| line.contains(&curve));
            assert_eq!(own.count(), 1, "{html}");
        }
        assert!(html.contains("model.hidden") && html.matches("two").count() >= 3);
    }
}
