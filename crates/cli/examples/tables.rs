//! Test scores of the tables of `configs/`, over many draws of the test set: `make tables`.
//!
//! `tables NAME KEY=VALUE...` tries settings on one of them, and prints only the validation loss, for the choice of
//! settings.
//!
//! Each seed draws a test set of its own. The baseline of a regression is the linear regression on the same training
//! and validation rows.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hearth_config::{Config, RawConfig, TaskKind};
use hearth_data::tables::{Rows, Table, Targets};
use hearth_data::{Data, Labels};
use hearth_report::{fixed, text_table};
use hearth_tasks::train;
use hearth_train::{Backend, Job, Report, RunTarget};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Configs, and the test score of each.
const TABLES: [(&str, &str); 3] = [("iris", "accuracy"), ("wine", "accuracy"), ("diabetes", "r2")];

/// Seeds of the draws of the test set.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let only = words.next();
    let overrides: Vec<String> = words.collect();
    let mut lines = Vec::new();
    for (name, score) in TABLES {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let (mut valid, mut ours, mut linear) = (Vec::new(), Vec::new(), Vec::new());
        for seed in SEEDS {
            let config = config(name, seed, &overrides)?;
            let outcome = trained(&config)?;
            let find = |report: Option<Report>, score| {
                report.and_then(|report| report.score(score)).ok_or("it has no such score")
            };
            valid.push(find(outcome.valid, "loss")?);
            ours.push(find(outcome.test, score)?);
            linear.extend(least_squares(&config)?);
        }
        if !overrides.is_empty() {
            lines.push(line(name, "validation loss", &valid));
            continue;
        }
        lines.push(line(name, score, &ours));
        if !linear.is_empty() {
            lines.push(line(name, "r2 of least squares", &linear));
            let differences: Vec<f64> = ours.iter().zip(&linear).map(|(a, b)| a - b).collect();
            lines.push(line(name, "difference of r2", &differences));
        }
    }
    let header = ["table", "score", "splits", "mean", "standard error", "sd of one split"];
    println!("{}", text_table(&header, lines));
    Ok(())
}

/// The config of a table for one draw of its test set.
fn config(name: &str, seed: u64, overrides: &[String]) -> Outcome<Config> {
    let raw = RawConfig::read(Path::new(&format!("configs/{name}.toml")))?;
    let seeds = [format!("data.split_seed={seed}"), format!("run.seed={seed}")];
    Ok(raw.with_overrides(overrides)?.with_overrides(&seeds)?.check()?)
}

/// Trains a run in a temporary folder.
fn trained(config: &Config) -> Outcome<hearth_train::run::job::Outcome> {
    let folder = tempfile::tempdir()?;
    let job = Job {
        config,
        backend: Backend::default(),
        datasets: Path::new("datasets"),
        target: RunTarget::Fresh(folder.path().join("run")),
        stop: &AtomicBool::new(false),
        deadline: None,
    };
    Ok(train(&job, &mut |_| ())?.ok_or("nothing was trained")?)
}

fn line(name: &str, score: &str, values: &[f64]) -> Vec<String> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let deviation = variance.sqrt();
    let mut line = vec![name.to_owned(), score.to_owned(), values.len().to_string()];
    line.extend([mean, deviation / count.sqrt(), deviation].map(|number| fixed(number, 4)));
    line
}

/// Test R2 of the linear regression on all other rows; `None` for a classifier.
fn least_squares(config: &Config) -> Outcome<Option<f64>> {
    let data = Data::load(config, Labels::Needed, Path::new("datasets"), &mut |_| ())?;
    let Data::Rows(table) = data else { return Err("it is no table".into()) };
    if table.task != TaskKind::Regress {
        return Ok(None);
    }
    let Table { rows, parts, .. } = &table;
    let known: Vec<u32> = parts.train.iter().chain(&parts.valid).copied().collect();
    let weights = solve(normal_equations(rows, &known));
    let targets: Vec<f64> = parts.test.iter().map(|&place| target(rows, place)).collect();
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let spread: f64 = targets.iter().map(|target| (target - mean).powi(2)).sum();
    let residuals = parts.test.iter().zip(&targets).map(|(&place, target)| {
        let inputs = inputs(rows, place);
        let predicted: f64 = inputs.iter().zip(&weights).map(|(x, weight)| x * weight).sum();
        (target - predicted).powi(2)
    });
    Ok(Some(1.0 - residuals.sum::<f64>() / spread))
}

/// The inputs of a row, and 1 for the intercept.
fn inputs(rows: &Arc<Rows>, place: u32) -> Vec<f64> {
    let width = rows.num_numbers;
    let numbers = &rows.numbers[place as usize * width..][..width];
    numbers.iter().copied().map(f64::from).chain([1.0]).collect()
}

fn target(rows: &Arc<Rows>, place: u32) -> f64 {
    match &rows.targets {
        Targets::Numbers(numbers) => numbers[place as usize].into(),
        Targets::Classes(_) | Targets::Unknown => f64::NAN,
    }
}

/// The normal equations of these rows: `X'X` with `X'y` as the last column.
fn normal_equations(rows: &Arc<Rows>, places: &[u32]) -> Vec<Vec<f64>> {
    let width = rows.num_numbers + 1;
    let mut equations = vec![vec![0.0; width + 1]; width];
    for &place in places {
        let mut row = inputs(rows, place);
        row.push(target(rows, place));
        for (left, equation) in row[..width].iter().zip(&mut equations) {
            equation.iter_mut().zip(&row).for_each(|(sum, right)| *sum += left * right);
        }
    }
    equations
}

/// Solves linear equations, given with their right side as the last column, by Gaussian elimination with pivots.
fn solve(mut equations: Vec<Vec<f64>>) -> Vec<f64> {
    let count = equations.len();
    for column in 0..count {
        let size = |row: &usize| equations[*row][column].abs();
        let pivot = (column..count).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(column);
        equations.swap(column, pivot);
        let row = equations[column].clone();
        let others = equations.iter_mut().enumerate().filter(|(place, _)| *place != column);
        for (_, other) in others {
            let factor = other[column] / row[column];
            other.iter_mut().zip(&row).for_each(|(value, own)| *value -= factor * own);
        }
    }
    equations.iter().enumerate().map(|(place, row)| row[count] / row[place]).collect()
}
