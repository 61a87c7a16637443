//! `hearth runs`.

use std::path::Path;

use hearth_report::{fixed, text_table};
use hearth_store::{RunDir, read_metrics, runs_in};
use hearth_train::TrainError;
use hearth_train::record::info::RunInfo;
use hearth_train::run::loaded::stored_config;
use serde::Serialize;

use crate::args::RunsArgs;
use crate::failure::Failure;
use crate::results::{RunResults, columns, optional};
use crate::terminal::{csv, print, print_json, say};

/// A run as a row of the table.
#[derive(Serialize)]
struct RunRow {
    run: String,
    dataset: String,
    backend: String,
    started: String,
    finished: bool,
    step: u64,
    /// The metric that selects the best checkpoint.
    metric: &'static str,
    /// Its validation result at the best checkpoint.
    valid: Option<f64>,
    test: Option<f64>,
    /// Validation accuracy of the best checkpoint.
    valid_accuracy: Option<f64>,
    test_accuracy: Option<f64>,
    valid_distance: Option<f64>,
    test_distance: Option<f64>,
    /// Bounds of the distances: that of real images, and that of noise.
    floor: Option<f64>,
    ceiling: Option<f64>,
}

impl RunRow {
    /// The text of a result: an accuracy, a distance with its bounds, or the metric with its name.
    fn result(&self, found: [Option<f64>; 3]) -> String {
        match found {
            [Some(accuracy), ..] => fixed(accuracy, 4),
            [None, Some(distance), _] => {
                let [floor, ceiling] =
                    [self.floor, self.ceiling].map(|end| end.unwrap_or(f64::NAN));
                format!(
                    "distance {} of {} to {}",
                    fixed(distance, 2),
                    fixed(floor, 2),
                    fixed(ceiling, 0)
                )
            }
            [None, None, Some(value)] => format!("{} {}", self.metric, fixed(value, 4)),
            [None, None, None] => "-".to_owned(),
        }
    }
}

/// Lists the runs in a folder.
pub fn run(args: &RunsArgs) -> Result<(), Failure> {
    if !args.folder.is_dir() && args.folder != Path::new("runs") {
        let folder = args.folder.display();
        return Err(Failure::usage(format!("{folder} is not a folder; runs are made in runs/")));
    }
    let read = |run: RunDir| skip_unreadable(&run, row(&run)).map(|row| (row, run));
    let rows = runs_in(&args.folder)?.into_iter().filter_map(read);
    let (rows, runs): (Vec<RunRow>, Vec<RunDir>) = rows.unzip();
    if args.csv {
        return print(&as_csv(&rows, &runs));
    }
    if args.json {
        return print_json(&serde_json::json!({ "runs": rows }));
    }
    if rows.is_empty() {
        say(&format!("there is no run in {}", args.folder.display()));
        return Ok(());
    }
    let cells = rows.into_iter().map(|row| {
        let valid = row.result([row.valid_accuracy, row.valid_distance, row.valid]);
        let test = row.result([row.test_accuracy, row.test_distance, row.test]);
        vec![row.run, row.dataset, row.backend, row.started, row.step.to_string(), valid, test]
    });
    let header = ["run", "data", "backend", "started", "step", "best valid", "test"];
    print(&text_table(&header, cells))
}

/// A value read from a run; prints the error of an unreadable one.
fn skip_unreadable<T>(run: &RunDir, read: Result<T, TrainError>) -> Option<T> {
    read.inspect_err(|error| say(&format!("{} is left out: {error}", run.path().display()))).ok()
}

/// CSV with a row for each run and all its results.
fn as_csv(rows: &[RunRow], runs: &[RunDir]) -> String {
    let read = |(row, run)| Some((row, skip_unreadable(run, RunResults::read(run))?));
    let (rows, results): (Vec<&RunRow>, Vec<RunResults>) =
        rows.iter().zip(runs).filter_map(read).unzip();
    let (names, cells) = columns(results.iter().map(Some));
    let first = ["run", "dataset", "backend", "started", "finished", "step", "epochs", "best_step"];
    let header: Vec<String> = first.into_iter().map(str::to_owned).chain(names).collect();
    let rows = rows.iter().zip(&results).zip(cells).map(|((row, results), cells)| {
        let texts = [&row.run, &row.dataset, &row.backend, &row.started].map(Clone::clone);
        let numbers =
            [results.finished.to_string(), row.step.to_string(), results.epochs.to_string()];
        texts.into_iter().chain(numbers).chain([optional(results.best_step)]).chain(cells).collect()
    });
    csv(&header, rows)
}

fn row(run: &RunDir) -> Result<RunRow, TrainError> {
    let info = RunInfo::read(run)?;
    let metrics = read_metrics(run.metrics())?;
    let best = RunResults::read(run)?;
    let metric = stored_config(run)?.train.best_by().name();
    // The last test of a run that was resumed after its end.
    let test = metrics.iter().rfind(|line| line["kind"] == "test");
    let test = |name: &str| test.and_then(|line| line[name].as_f64());
    Ok(RunRow {
        run: run.path().display().to_string(),
        dataset: info.dataset.name,
        backend: info.backend,
        started: info.started.strftime("%Y-%m-%d %H:%M").to_string(),
        finished: metrics.iter().any(|line| line["kind"] == "test"),
        step: metrics.iter().filter_map(|line| line["step"].as_u64()).max().unwrap_or(0),
        metric,
        valid: best.valid(metric),
        test: test(metric),
        valid_accuracy: best.valid("accuracy"),
        test_accuracy: test("accuracy"),
        valid_distance: best.valid("distance"),
        test_distance: test("distance"),
        floor: best.valid("floor"),
        ceiling: best.valid("ceiling"),
    })
}
