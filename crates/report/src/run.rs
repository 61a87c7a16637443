//! The page of a run: what was trained and how, how it went, and where it errs.

use maud::{Markup, html};

use crate::metrics::History;
use crate::page::{facts, figure, page, picture, table};
use crate::plot::{Axes, confusion, curves, reliability};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct RunPage {
    /// The run's name.
    pub name: String,
    /// What was trained and on what: a name, and what is so.
    pub facts: Vec<(String, String)>,
    /// The resolved config, TOML.
    pub config: String,
    /// What metrics.jsonl says.
    pub history: History,
    /// The newest evaluation, of a classifier.
    pub evaluation: Option<Evaluation>,
    /// Training pictures as the network is shown them, a PNG.
    pub batch: Vec<u8>,
    /// Pictures of a generator: after how many steps, and a PNG.
    pub samples: Vec<(u64, Vec<u8>)>,
}

/// The evaluation of a classifier.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// Which set, and the step of the weights: `test set, step 2150`.
    pub of: String,
    /// Each class with its precision, recall and number of pictures.
    pub classes: Vec<(String, f64, f64, u64)>,
    /// Rows are true classes, columns predicted ones.
    pub confusion: Vec<Vec<u64>>,
    /// How often the guesses of each bin of confidence were right.
    pub reliability: Vec<Option<f64>>,
    /// The expected calibration error.
    pub calibration_error: f64,
    /// The worst first.
    pub mistakes: Vec<Mistake>,
}

/// A picture that was taken for something else.
#[derive(Clone, Debug, Default)]
pub struct Mistake {
    /// A PNG.
    pub picture: Vec<u8>,
    /// Its class.
    pub class: String,
    /// What the network took it for.
    pub guess: String,
    /// How probable it held that.
    pub confidence: f64,
}

/// The most grids of samples on the page.
const MOST_GRIDS: usize = 12;

impl RunPage {
    /// The page, an HTML file.
    pub fn html(&self) -> String {
        let facts = facts(self.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let body = html! {
            (facts)
            h2 { "How it went" }
            div.plots { (self.curves()) }
            @if let Some(evaluation) = &self.evaluation { (evaluation.markup()) }
            @if !self.samples.is_empty() {
                h2 { "Samples over time, from the same random numbers" }
                div.pictures.grids {
                    @for (step, png) in &self.samples {
                        figure {
                            (picture(png, &format!("samples after {step} steps")))
                            figcaption { "step " (step) }
                        }
                    }
                }
            }
            @if !self.batch.is_empty() {
                h2 { "Training pictures, as the network is shown them" }
                div.batch { (picture(&self.batch, "a training batch")) }
            }
            @let notes = self.history.notes();
            @if !notes.is_empty() {
                h2 { "Notes" }
                ul { @for (step, text) in notes { li { "step " (step) ": " (text) } } }
            }
            h2 { "Config" }
            details { summary { "everything that it was trained with" } pre { (self.config) } }
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
                (figure(curves(Axes { x: "epoch", y: &words, log_x: false }, &series), &words))
            }
        }
    }
}

/// As many of a generator's grids as a page has room for, the first and the last always among them.
pub fn spread<T>(all: &[T]) -> Vec<&T> {
    let count = all.len().min(MOST_GRIDS);
    let last = count.saturating_sub(1).max(1);
    (0..count).map(|place| &all[place * (all.len() - 1) / last]).collect()
}

impl Evaluation {
    fn markup(&self) -> Markup {
        let names: Vec<_> = self.classes.iter().map(|(name, ..)| name.as_str()).collect();
        let rows = self.classes.iter().map(|(name, precision, recall, support)| {
            vec![
                name.clone(),
                format!("{precision:.4}"),
                format!("{recall:.4}"),
                support.to_string(),
            ]
        });
        let rows: Vec<_> = rows.collect();
        let calibration = format!(
            "Reliability: how often guesses of a confidence are right. Expected calibration error {:.4}",
            self.calibration_error
        );
        html! {
            h2 { "Where it errs (" (self.of) ")" }
            div.plots {
                (figure(confusion(&names, &self.confusion), "Confusion matrix"))
                div {
                    (table(&["class", "precision", "recall", "pictures"], &rows))
                }
                (figure(Some(reliability(&self.reliability)), &calibration))
            }
            @if !self.mistakes.is_empty() {
                h2 { "Its worst mistakes" }
                p.soft { "Those in which the true class, named first, had the least probability." }
                div.pictures {
                    @for mistake in &self.mistakes { (mistake.markup()) }
                }
            }
        }
    }
}

impl Mistake {
    fn markup(&self) -> Markup {
        html! {
            figure {
                (picture(&self.picture, &self.class))
                figcaption {
                    (self.class) br;
                    "not " (self.guess) " " (format!("{:.1} %", 100.0 * self.confidence))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            evaluation: Some(Evaluation {
                classes: vec![("bag".into(), 0.5, 0.25, 4)],
                confusion: vec![vec![4]],
                reliability: vec![None, Some(1.0)],
                mistakes: vec![Mistake { guess: "shirt".into(), ..Mistake::default() }],
                ..Evaluation::default()
            }),
            ..RunPage::default()
        };
        let html = page.html();
        assert_eq!(html.matches("<svg").count(), 5, "loss, distance, rate, confusion, reliability");
        for text in ["<figcaption>learning rate", "&lt;odd&gt;", "0.2500", "not shirt 0.0 %"] {
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
