//! The page of a run: facts, training curves, newest evaluation, images and config.

use maud::{Markup, html};

use crate::metrics::History;
use crate::page::{facts, figure, image, page};
use crate::plot::{Axes, curves};
use crate::report::Report;

/// The content of the page.
#[derive(Clone, Debug, Default)]
pub struct RunPage {
    /// The run's name.
    pub name: String,
    /// Facts of the run, as name and value: model, data set, device, ...
    pub facts: Vec<(String, String)>,
    /// The resolved config, TOML.
    pub config: String,
    /// The curves and notes in metrics.jsonl.
    pub history: History,
    /// The newest evaluation, and the step of its weights.
    pub report: Option<(Report, u64)>,
    /// A batch of augmented training images, a PNG; empty without one.
    pub batch: Vec<u8>,
    /// Grids of images from training.
    pub grids: Vec<Grids>,
}

/// The grids of images in a folder of the run.
#[derive(Clone, Debug, Default)]
pub struct Grids {
    /// The folder's name.
    pub folder: &'static str,
    /// Step and PNG of each grid.
    pub images: Vec<(u64, Vec<u8>)>,
}

/// The maximum number of grids of a folder on the page.
const MOST_GRIDS: usize = 12;

impl RunPage {
    /// The page, an HTML file.
    pub fn html(&self) -> String {
        let facts = facts(self.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let body = html! {
            (facts)
            h2 { "Training curves" }
            div.plots { (self.curves()) }
            @if let Some((report, step)) = &self.report { (report.to_html(*step)) }
            @for Grids { folder, images } in self.grids.iter().filter(|grids| !grids.images.is_empty()) {
                h2 { (capitalised(folder)) " over time" }
                div.pictures.grids {
                    @for (step, png) in images {
                        figure {
                            (image(png, &format!("{folder} after {step} steps")))
                            figcaption { "step " (step) }
                        }
                    }
                }
            }
            @if !self.batch.is_empty() {
                h2 { "Training batch" }
                div.batch { (image(&self.batch, "augmented training images")) }
            }
            @let notes = self.history.notes();
            @if !notes.is_empty() {
                h2 { "Notes" }
                ul { @for (step, text) in notes { li { "step " (step) ": " (text) } } }
            }
            h2 { "Config" }
            details { summary { "all settings" } pre { (self.config) } }
        };
        page(&self.name, &body)
    }

    fn curves(&self) -> Markup {
        let mut names: Vec<&str> = Vec::new();
        for name in ["train", "valid"].iter().flat_map(|kind| self.history.result_names(kind)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        html! {
            @for name in names.into_iter().chain(["learning_rate", "gradient_norm"]) {
                @let series = ["train", "valid"].map(|kind| self.history.curve(kind, name));
                @let words = name.replace('_', " ");
                @let axes = Axes { x: self.history.unit(), y: &words, log_x: false };
                (figure(curves(axes, &series), &words))
            }
        }
    }
}

/// A word with its first letter in upper case.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Evenly spread items, at most as many as a page has grids, with the first and the last.
pub fn spread<T>(all: &[T]) -> Vec<&T> {
    let count = all.len().min(MOST_GRIDS);
    let last = count.saturating_sub(1).max(1);
    (0..count).map(|place| &all[place * (all.len() - 1) / last]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::{CaptionedImages, Matrix, Reliability, ResultTable, TableCell, View};

    fn report() -> Report {
        let row = vec![TableCell::Text("bag".into()), TableCell::Number(0.25), TableCell::Count(4)];
        let views = [
            View::Text(json!(4), "4 images".into()),
            View::Table(ResultTable {
                header: vec!["class", "recall", "support"],
                rows: vec![row],
                ..ResultTable::default()
            }),
            View::Matrix(Matrix { classes: vec!["bag".into()], counts: vec![vec![4]] }),
            View::Reliability(Reliability { accuracies: vec![None, Some(1.0)], error: 0.5 }),
            View::Images(CaptionedImages {
                title: "Worst errors",
                shape: [1, 1, 1],
                pixels: vec![7],
                captions: vec![vec!["bag".into(), "not shirt 0.0 %".into()]],
                ..CaptionedImages::default()
            }),
        ];
        Report {
            split: "test".into(),
            views: views.map(|view| ("view", view)).into(),
            ..Report::default()
        }
    }

    #[test]
    fn a_page_shows_each_result_once_and_only_results() {
        let lines = [
            json!({"kind": "train", "step": 1, "epoch": 0.5, "loss": 1.0, "learning_rate": 0.1,
                   "samples_per_second": 5.0, "seconds": 1.0}),
            json!({"kind": "valid", "step": 2, "epoch": 1.0, "loss": null, "distance": 3.0, "floor": 1.0}),
            json!({"kind": "note", "step": 2, "text": "<odd>"}),
        ];
        let page = RunPage {
            name: "mlp-001".into(),
            history: lines.iter().collect(),
            report: Some((report(), 7)),
            grids: vec![
                Grids { folder: "samples", images: vec![(3, vec![1])] },
                Grids { folder: "empty", ..Grids::default() },
            ],
            ..RunPage::default()
        };
        let html = page.html();
        assert!(!html.contains("Empty"), "a folder without grids has no heading");
        assert_eq!(html.matches("<svg").count(), 5, "loss, distance, rate, confusion, reliability");
        for text in [
            "<figcaption>learning rate",
            "&lt;odd&gt;",
            "0.2500",
            "not shirt 0.0 %",
            "Results (test set, step 7)",
            "4 images",
            "Worst errors",
            "data:image/png",
            "Samples over time",
            "step 3",
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(
            !html.contains("http://") || !html.replace("http://www.w3.org", "").contains("http")
        );
    }

    #[test]
    fn few_grids_of_many_keep_both_ends() {
        let all: Vec<usize> = (0..100).collect();
        let few = spread(&all);
        assert_eq!((few.len(), *few[0], *few[11]), (12, 0, 99));
        assert_eq!(spread(&all[..1]), [&0]);
        assert!(spread::<usize>(&[]).is_empty());
    }
}
