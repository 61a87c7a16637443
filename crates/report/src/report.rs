//! The results of an evaluation, as data: whatever was evaluated, the same code shows, logs, compares and prints
//! them.

mod html;
mod terminal;

pub use terminal::text_table;

use std::fmt::Write as _;

use hearth_config::{Better, Metric, Standing};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::fixed;

/// Results on one set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// `train`, `valid` or `test`.
    pub split: String,
    /// The numbers that are logged and compared, in the order in which they are shown.
    pub scores: Vec<Score>,
    /// The scores in a line.
    pub headline: String,
    /// Details, by their names in JSON and in its order.
    pub views: Vec<(&'static str, View)>,
    /// The members of its JSON that a finished training prints; all of them where it is none.
    pub brief: Option<&'static [&'static str]>,
    /// Members of a line of `metrics.jsonl` beside the scores.
    pub logged: Map<String, Value>,
    /// Warnings about these results, in sentences.
    pub warnings: Vec<String>,
}

/// A result, or a number that helps to read one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Its name in logs and JSON.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// The better direction.
    pub better: Better,
}

impl Score {
    /// The value of a metric.
    pub fn of(metric: Metric, value: f64) -> Self {
        Self { name: metric.name(), value, better: metric.better() }
    }
}

/// A detail of results, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// A value of the JSON, and a text; without a text it is not shown.
    Text(Value, String),
    /// Rows of named cells.
    Table(Table),
    /// Counts of pairs of classes.
    Matrix(Matrix),
    /// The accuracy at each confidence.
    Reliability(Reliability),
    /// Points beside the line that they would lie on; JSON has none of them.
    Scatter(Scatter),
    /// Images with captions; JSON has none of them.
    Images(Images),
}

/// Rows of named cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The names of the columns.
    pub header: Vec<&'static str>,
    /// Each has a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// The plural noun for the rows, such as `classes`.
    pub unit: &'static str,
    /// The rows that matter most where there is no room for all, and what they have in common, such as `with the
    /// lowest recall`.
    pub first: (Vec<usize>, &'static str),
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A name.
    Text(String),
    /// A number, shown with four digits behind the point.
    Number(f64),
    /// A count.
    Count(u64),
}

/// A confusion matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// The classes.
    pub classes: Vec<String>,
    /// Rows are true classes, columns are predicted ones.
    pub counts: Vec<Vec<u64>>,
}

/// The accuracy of guesses at each confidence (Guo et al. 2017, "On calibration of modern neural networks").
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// The share of right guesses in each of equally wide bins of confidence; none where none fell.
    pub accuracies: Vec<Option<f64>>,
    /// The expected calibration error.
    pub error: f64,
}

/// Points beside the line that they would lie on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    /// The line below the plot.
    pub caption: String,
    /// The quantities to the right and upwards.
    pub axes: [String; 2],
    /// The places on both.
    pub points: Vec<(f64, f64)>,
    /// The line is `y = slope x`.
    pub slope: f64,
}

/// Images of one size with their captions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// The heading.
    pub title: &'static str,
    /// Their order, a sentence.
    pub note: &'static str,
    /// `[channels, height, width]` of each.
    pub shape: [usize; 3],
    /// Their bytes, one image after the other.
    pub pixels: Vec<u8>,
    /// The lines below each.
    pub captions: Vec<Vec<String>>,
}

impl Report {
    /// The score of this name.
    pub fn score(&self, name: &str) -> Option<f64> {
        self.scores.iter().find(|score| score.name == name).map(|score| score.value)
    }

    /// The scores by name, in their order.
    pub fn scores(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.scores.iter().map(|score| (score.name, score.value))
    }

    /// The results after `step` steps as they compare by a metric. The error names the scores that there are.
    pub fn standing(&self, metric: Metric, step: u64) -> Result<Standing, String> {
        if self.score(metric.name()).is_none() {
            let names: Vec<_> = self.scores.iter().map(|score| score.name).collect();
            return Err(format!(
                "train.best_by is \"{}\", and an evaluation has no such score but {}",
                metric.name(),
                names.join(", ")
            ));
        }
        Ok(metric.standing(step, |name| self.score(name)))
    }

    /// The texts that are shown.
    fn texts(&self) -> Vec<&str> {
        let texts = self.views.iter().filter_map(|(_, view)| match view {
            View::Text(_, text) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Its matrix, if it has one.
    pub fn matrix(&self) -> Option<&Matrix> {
        self.views.iter().find_map(|(_, view)| match view {
            View::Matrix(matrix) => Some(matrix),
            _ => None,
        })
    }

    /// All images that it shows, by their names.
    pub fn images(&self) -> impl Iterator<Item = (&'static str, &Images)> {
        self.views.iter().filter_map(|(name, view)| match view {
            View::Images(images) => Some((*name, images)),
            _ => None,
        })
    }

    /// The members that `hearth train --json` prints.
    pub fn to_brief(&self) -> Map<String, Value> {
        let members =
            self.members(|name| self.brief.is_none_or(|brief| brief.contains(&name))).into_iter();
        members.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The members of its JSON that are wanted, in order.
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
            Self::Scatter(_) | Self::Images(_) => None,
        }
    }
}

impl Table {
    /// A list of objects.
    pub fn to_json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let members = self.header.iter().zip(row);
            members.map(|(name, cell)| ((*name).to_owned(), cell.to_json())).collect::<Map<_, _>>()
        };
        self.rows.iter().map(object).collect()
    }
}

impl Cell {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Count(count) => json!(count),
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => formatter.write_str(&fixed(*number, 4)),
            Self::Count(count) => write!(formatter, "{count}"),
        }
    }
}

impl Matrix {
    /// The pairs of a true class and another that was predicted, with their counts, the most frequent first; of equal
    /// counts in the order of the classes.
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

impl Images {
    /// The bytes of each image.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.shape.iter().product::<usize>().max(1))
    }
}

/// Scores in a line, with four digits behind the point.
pub fn line(scores: &[Score]) -> String {
    let mut line = String::new();
    for Score { name, value, .. } in scores {
        let gap = if line.is_empty() { "" } else { "  " };
        let _ = write!(line, "{gap}{name} {}", fixed(*value, 4));
    }
    line
}
