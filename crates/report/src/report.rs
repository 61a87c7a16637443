//! The results of an evaluation, as data: the same code shows, logs, compares and prints the results of every task.

mod html;
mod terminal;

pub use terminal::text_table;

use std::fmt::Write as _;

use hearth_config::{Better, Metric, Standing};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::plot::Series;
use crate::{Alignment, fixed};

/// The results of an evaluation on one split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// `train`, `valid` or `test`.
    pub split: String,
    /// The numbers to log and compare, in the order of their display.
    pub scores: Vec<Score>,
    /// The scores in one line.
    pub headline: String,
    /// Details, by their names in JSON, in its order.
    pub views: Vec<(&'static str, View)>,
    /// The JSON members that `hearth train --json` prints; all of them when none.
    pub brief: Option<&'static [&'static str]>,
    /// Members of a line of `metrics.jsonl`, beside the scores.
    pub logged: Map<String, Value>,
    /// Warnings about these results, in sentences.
    pub warnings: Vec<String>,
}

/// A named result, or a number that explains one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Its name in logs and JSON.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// The direction in which it improves.
    pub better: Better,
}

impl Score {
    /// The value of a metric.
    pub fn of(metric: Metric, value: f64) -> Self {
        Self { name: metric.name(), value, better: metric.better() }
    }
}

/// A detail of the results, by its form of display.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// A JSON value and its text; not displayed if the text is empty.
    Text(Value, String),
    /// A table of named columns.
    Table(ResultTable),
    /// A confusion matrix.
    Matrix(Matrix),
    /// A reliability diagram.
    Reliability(Reliability),
    /// A scatter plot; not in the JSON.
    Scatter(Scatter),
    /// Images with captions; not in the JSON.
    Images(CaptionedImages),
    /// Curves; not in the JSON.
    Curves(Curves),
    /// The weights of attentions.
    Alignments(Vec<Alignment>),
}

/// A table of named columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultTable {
    /// The names of the columns.
    pub header: Vec<&'static str>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<TableCell>>,
    /// The plural noun for the rows, such as `classes`.
    pub unit: &'static str,
    /// The indices of the most important rows, the only ones in a short display, and their common property, such as
    /// `with the lowest recall`.
    pub first: (Vec<usize>, &'static str),
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum TableCell {
    /// A name.
    Text(String),
    /// A number, displayed with four decimal places.
    Number(f64),
    /// A count.
    Count(u64),
}

/// A confusion matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// Counts: rows are true classes, columns are predicted ones.
    pub counts: Vec<Vec<u64>>,
}

/// A reliability diagram (Guo et al. 2017, "On calibration of modern neural networks").
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// The accuracy in each of equally wide bins of confidence from 0 to 1; none for an empty bin.
    pub accuracies: Vec<Option<f64>>,
    /// The expected calibration error.
    pub error: f64,
}

/// A scatter plot with a reference line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    /// The caption below the plot.
    pub caption: String,
    /// The labels of the horizontal and the vertical axis.
    pub axes: [String; 2],
    /// The points `(x, y)`.
    pub points: Vec<(f64, f64)>,
    /// The slope of the reference line `y = slope x`.
    pub slope: f64,
}

/// Curves in one plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// The caption below the plot.
    pub caption: String,
    /// The labels of the horizontal and the vertical axis.
    pub axes: [String; 2],
    /// The curves.
    pub series: Vec<Series>,
}

/// Images of one size with their captions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaptionedImages {
    /// The heading.
    pub title: &'static str,
    /// A sentence on their order.
    pub note: &'static str,
    /// The shape of each image, `[channels, height, width]`.
    pub shape: [usize; 3],
    /// The bytes of all images, `[count, channels, height, width]`.
    pub pixels: Vec<u8>,
    /// The lines of each image's caption.
    pub captions: Vec<Vec<String>>,
}

impl Report {
    /// The value of the score `name`; none if there is no such score.
    pub fn score(&self, name: &str) -> Option<f64> {
        self.scores.iter().find(|score| score.name == name).map(|score| score.value)
    }

    /// The scores, as name and value, in their order.
    pub fn scores(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.scores.iter().map(|score| (score.name, score.value))
    }

    /// The standing of the results after `step` steps, by a metric. The error for a missing metric names the scores.
    pub fn standing(&self, metric: Metric, step: u64) -> Result<Standing, String> {
        if self.score(metric.name()).is_none() {
            let names: Vec<_> = self.scores.iter().map(|score| score.name).collect();
            return Err(format!(
                "train.best_by is \"{}\", and the scores of an evaluation are {}",
                metric.name(),
                names.join(", ")
            ));
        }
        Ok(metric.standing(step, |name| self.score(name)))
    }

    /// The texts to display.
    fn texts(&self) -> Vec<&str> {
        let texts = self.views.iter().filter_map(|(_, view)| match view {
            View::Text(_, text) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The confusion matrix, if there is one.
    pub fn matrix(&self) -> Option<&Matrix> {
        self.views.iter().find_map(|(_, view)| match view {
            View::Matrix(matrix) => Some(matrix),
            _ => None,
        })
    }

    /// All captioned images, by their names.
    pub fn images(&self) -> impl Iterator<Item = (&'static str, &CaptionedImages)> {
        self.views.iter().filter_map(|(name, view)| match view {
            View::Images(images) => Some((*name, images)),
            _ => None,
        })
    }

    /// The JSON members that `hearth train --json` prints.
    pub fn to_brief(&self) -> Map<String, Value> {
        let members =
            self.members(|name| self.brief.is_none_or(|brief| brief.contains(&name))).into_iter();
        members.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The JSON members for which `is_wanted` is true, in order.
    fn members(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(&'static str, Value)> {
        let mut members = vec![("split", json!(self.split))];
        members.extend(self.scores().map(|(name, value)| (name, json!(value))));
        members.retain(|(name, _)| is_wanted(name));
        let views = self.views.iter().filter(|(name, _)| is_wanted(name));
        members.extend(views.filter_map(|(name, view)| Some((*name, view.to_json()?))));
        members
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.members(|_| true) {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl View {
    fn to_json(&self) -> Option<Value> {
        match self {
            Self::Text(value, _) => Some(value.clone()),
            Self::Table(table) => Some(table.to_json()),
            Self::Matrix(matrix) => Some(json!(matrix.counts)),
            Self::Reliability(reliability) => Some(json!(reliability.error)),
            Self::Alignments(alignments) => Some(json!(alignments)),
            Self::Scatter(_) | Self::Images(_) | Self::Curves(_) => None,
        }
    }
}

impl ResultTable {
    /// The rows as a list of JSON objects, whose members are the columns.
    pub fn to_json(&self) -> Value {
        let object = |row: &Vec<TableCell>| {
            let members = self.header.iter().zip(row);
            members.map(|(name, cell)| ((*name).to_owned(), cell.to_json())).collect::<Map<_, _>>()
        };
        self.rows.iter().map(object).collect()
    }
}

impl TableCell {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Count(count) => json!(count),
        }
    }
}

impl std::fmt::Display for TableCell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => formatter.write_str(&fixed(*number, 4)),
            Self::Count(count) => write!(formatter, "{count}"),
        }
    }
}

impl Matrix {
    /// The confused pairs as `(count, true class, predicted class)`, the most frequent first, then in the order of the
    /// classes.
    pub fn confused(&self) -> Vec<(u64, usize, usize)> {
        let mut pairs = Vec::new();
        for (label, row) in self.counts.iter().enumerate() {
            let wrong =
                row.iter().enumerate().filter(|(guess, count)| *guess != label && **count > 0);
            pairs.extend(wrong.map(|(guess, count)| (*count, label, guess)));
        }
        pairs.sort_by_key(|(count, label, guess)| (std::cmp::Reverse(*count), *label, *guess));
        pairs
    }
}

impl CaptionedImages {
    /// The bytes of each image, `[channels, height, width]`.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.shape.iter().product::<usize>().max(1))
    }
}

/// The scores in one line, with four decimal places.
pub fn line(scores: &[Score]) -> String {
    let mut line = String::new();
    for Score { name, value, .. } in scores {
        let gap = if line.is_empty() { "" } else { "  " };
        let _ = write!(line, "{gap}{name} {}", fixed(*value, 4));
    }
    line
}
