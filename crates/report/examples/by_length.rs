//! A score of translators over the length of the source, as SVG:
//! `by_length OUT.svg SCORE NAME=EVAL.json...`, with reports of `hearth eval --json`. Run by `make lengths`.

use std::error::Error;
use std::fs;

use hearth_report::plot::{Axes, Series, curves};
use serde_json::Value;

/// Groups of fewer pairs are left out: their scores are chance.
const FEWEST: u64 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [out, score, reports @ ..] = &words[..] else {
        return Err("by_length OUT.svg SCORE NAME=EVAL.json...".into());
    };
    let series: Vec<Series> =
        reports.iter().map(|report| series(report, score)).collect::<Result<_, _>>()?;
    let label = score.replace('_', " ");
    let axes = Axes { x: "tokens of the source", y: &label, log_x: false };
    let plot = curves(axes, &series).ok_or("no points")?;
    // Readable on dark pages, too.
    let start = plot.find('>').ok_or("an SVG")? + 1;
    let (head, rest) = plot.split_at(start);
    fs::write(out, format!("{head}<rect width=\"100%\" height=\"100%\" fill=\"white\"/>{rest}"))?;
    Ok(())
}

/// The scores of one report, at the middle of each range of lengths.
fn series(report: &str, score: &str) -> Result<Series, Box<dyn Error>> {
    let (name, file) = report.split_once('=').ok_or("NAME=EVAL.json")?;
    let report: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let rows = report["lengths"].as_array().ok_or("no results by length")?;
    let rows = rows.iter().filter(|row| row["pairs"].as_u64() >= Some(FEWEST));
    let point = |row: &Value| {
        let range = row["length"].as_str()?;
        let (low, high) = range.split_once(" to ").unwrap_or((range, range));
        let middle = f64::midpoint(low.parse().ok()?, high.parse().ok()?);
        Some((middle, row[score].as_f64()?))
    };
    let points = rows.map(point).collect::<Option<_>>().ok_or("a range and a score")?;
    Ok(Series { name: name.to_owned(), points })
}
