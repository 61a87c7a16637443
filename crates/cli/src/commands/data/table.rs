//! CSV files without a config: inferred target and task, and `hearth data check`.

use std::fmt::Write as _;
use std::path::Path;

use hearth_config::{CsvConfig, TaskKind, shown};
use hearth_data::tables::{Survey, TableInput, TableReport, TargetHolds, survey, task_of};
use hearth_report::text_table;

use crate::failure::Failure;
use crate::terminal::{print, say};

/// Maximum number of different whole numbers that are taken for classes.
pub const MAX_CLASSES: usize = 20;

/// The seed of written configs.
pub const SEED: u64 = 42;

/// File extensions of tables.
const EXTENSIONS: [&str; 4] = [".csv", ".tsv", ".tab", ".txt"];

/// True for a path of a file, or of a missing file with the extension of a table.
pub fn is_table(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    path.is_file() || !path.exists() && EXTENSIONS.iter().any(|end| name.ends_with(end))
}

/// Checks that `--target` is not given for a folder.
pub fn no_target(target: Option<&str>) -> Result<(), Failure> {
    match target {
        Some(_) => Err(Failure::usage("--target is for a CSV file, and this is a folder")),
        None => Ok(()),
    }
}

/// Surveys a table and infers its task. Prints both the target and the task, with reasons.
///
/// # Errors
/// When the table cannot be read or has no such target.
pub fn infer_task(path: &Path, target: Option<&str>) -> Result<(Survey, TaskKind), Failure> {
    let input = TableInput::file(path);
    let default = "the last column; --target COLUMN names another";
    let survey = survey(&input, target).inspect_err(|_| {
        if target.is_none() {
            say(&format!("target: {default}"));
        }
    })?;
    let column = &survey.settings.target;
    let why = if target.is_some() { "as --target says" } else { default };
    say(&format!("target: column `{column}`, {why}"));
    let task = match survey.holds {
        TargetHolds::WholeNumbers if survey.num_values <= MAX_CLASSES => TaskKind::Classify,
        TargetHolds::WholeNumbers => TaskKind::Regress,
        holds => task_of(&input, column, holds)?,
    };
    say(&format!("task: {}, for {}", task.name(), reason(&survey, task)));
    Ok((survey, task))
}

/// The reason for a table's task.
pub fn reason(survey: &Survey, task: TaskKind) -> String {
    let count = survey.num_values;
    match (survey.holds, task) {
        (TargetHolds::Text, _) => format!("the target has words, {count} different ones"),
        (TargetHolds::Fractions, _) => "the target has numbers, not all of them whole".to_owned(),
        (TargetHolds::WholeNumbers, TaskKind::Classify) => {
            format!(
                "the target has {count} different whole numbers, and up to {MAX_CLASSES} are taken for classes"
            )
        }
        (TargetHolds::WholeNumbers, _) => {
            format!("the target has {count} different whole numbers, more than {MAX_CLASSES}")
        }
    }
}

/// Notes on ignored columns and on missing cells.
pub fn notes(survey: &Survey) -> Vec<String> {
    let ignored = survey.ignored.iter();
    let mut notes: Vec<_> =
        ignored.map(|(column, why)| format!("column `{column}` left out: {why}")).collect();
    if !survey.missing.is_empty() {
        let columns: Vec<_> = survey.missing.iter().map(|name| format!("`{name}`")).collect();
        let s = if columns.len() == 1 { "" } else { "s" };
        notes.push(format!("cells without a value in column{s} {}", columns.join(", ")));
    }
    notes
}

/// Checks a table as `hearth init` would configure it.
///
/// # Errors
/// When the table cannot be read or has faults.
pub fn check(path: &Path, target: Option<&str>) -> Result<(), Failure> {
    let (survey, task) = infer_task(path, target)?;
    let notes = notes(&survey);
    let settings = CsvConfig { path: Some(utf_8(path)?.to_owned()), ..survey.settings };
    let report = hearth_data::tables::check(&settings, Some(task), SEED)?;
    print(&text(&report, notes))?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(Failure::Other(format!("{} has faults", shown(path))))
    }
}

/// The path as text for a config.
pub fn utf_8(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        Failure::usage(format!("the name of {} is not UTF-8; rename it", path.display()))
    })
}

fn text(report: &TableReport, mut notes: Vec<String>) -> String {
    let row = |name: &str, counts: [usize; 2]| {
        let [train, test] = counts.map(|count| count.to_string());
        vec![name.to_owned(), train, test]
    };
    let classes = report.classes.iter().map(|(class, counts)| row(class, *counts));
    let mut text = if report.classes.is_empty() {
        text_table(&["", "train", "test"], [row("rows", report.num_rows)])
    } else {
        text_table(&["class", "train", "test"], classes)
    };
    notes.splice(0..0, report.notes.iter().cloned());
    for (title, lines) in [("notes", notes), ("faults", report.findings.clone())] {
        if !lines.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n\n{title}:\n  {}", lines.join("\n  "));
        }
    }
    text
}
