//! `hearth compare`.

use std::collections::BTreeMap;
use std::path::Path;

use hearth_config::Config;
use hearth_report::compare::{self, ComparedRun};
use hearth_report::metrics::History;
use hearth_report::{fixed, text_table};
use hearth_store::{RunDir, read_metrics};
use hearth_train::record::info::RunInfo;
use hearth_train::run::loaded::stored_config;
use serde_json::{Value, json};

use crate::args::CompareArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say, write_file};

/// A run in the comparison.
struct Run {
    name: String,
    config: Config,
    info: RunInfo,
    metrics: Vec<Value>,
    history: History,
}

/// Rows of the comparison: a name, and a value for each run that has one.
type ComparisonRows = Vec<(String, Vec<Option<String>>)>;

/// Compares runs.
pub fn run(args: &CompareArgs) -> Result<(), Failure> {
    let runs: Vec<Run> = args.runs.iter().map(|path| open(path)).collect::<Result<_, _>>()?;
    let configs: Vec<&Config> = runs.iter().map(|run| &run.config).collect();
    let settings: ComparisonRows = Config::differences(&configs).into_iter().collect();
    let results = results(&runs);
    let compared =
        runs.iter().map(|run| ComparedRun { name: run.name.clone(), history: run.history.clone() });
    let compared: Vec<_> = compared.collect();
    let (setting_rows, result_rows) = (rows(&settings), rows(&results));
    let page = compare::html(&compared, &setting_rows, &result_rows);
    write_file(&args.out, page.as_bytes())?;
    if args.json {
        let [settings, results]: [BTreeMap<_, _>; 2] =
            [settings, results].map(|rows| rows.into_iter().collect());
        let names: Vec<_> = runs.iter().map(|run| &run.name).collect();
        return print_json(
            &json!({ "runs": names, "settings": settings, "results": results, "page": args.out }),
        );
    }
    let header: Vec<&str> =
        std::iter::once("").chain(runs.iter().map(|run| run.name.as_str())).collect();
    say(&format!("curves: {}", args.out.display()));
    print(&text_table(&header, result_rows.into_iter().chain(setting_rows)))
}

fn open(path: &Path) -> Result<Run, Failure> {
    let run = RunDir::open(path)?;
    let name = path.display().to_string().trim_end_matches('/').to_owned();
    let (config, info) = (stored_config(&run)?, RunInfo::read(&run)?);
    let metrics = read_metrics(run.metrics())?;
    let history = metrics.iter().collect();
    Ok(Run { name, config, info, metrics, history })
}

/// Rows with `-` for missing values.
fn rows(things: &ComparisonRows) -> Vec<Vec<String>> {
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let row = |(name, values): &(String, Vec<_>)| {
        std::iter::once(name.clone()).chain(values.iter().map(cell)).collect()
    };
    things.iter().map(row).collect()
}

/// Results of each run: test, last validation, steps and speed.
fn results(runs: &[Run]) -> ComparisonRows {
    let mut found = Vec::new();
    let mut row = |name: String, value: &dyn Fn(&Run) -> Option<String>| {
        let values: Vec<_> = runs.iter().map(value).collect();
        if values.iter().any(Option::is_some) {
            found.push((name, values));
        }
    };
    for (kind, words) in [("test", "test"), ("valid", "last valid")] {
        let mut names: Vec<&str> = Vec::new();
        for name in runs.iter().flat_map(|run| run.history.result_names(kind)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            row(format!("{words} {name}"), &|run| {
                let last = lines(run, kind).last()?;
                Some(fixed(last[name].as_f64()?, 4))
            });
        }
    }
    row("steps".into(), &|run| Some(lines(run, "train").last()?["step"].to_string()));
    row("samples/s, median".into(), &|run| {
        let mut speeds: Vec<_> =
            lines(run, "train").filter_map(|line| line["samples_per_second"].as_f64()).collect();
        speeds.sort_by(f64::total_cmp);
        Some(format!("{:.0}", speeds.get(speeds.len() / 2)?))
    });
    row("backend".into(), &|run| {
        Some(format!("{}, {} threads", run.info.backend, run.info.threads))
    });
    found
}

fn lines<'a>(run: &'a Run, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
    run.metrics.iter().filter(move |line| line["kind"] == kind)
}
