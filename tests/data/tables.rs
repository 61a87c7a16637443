//! Users' own tables: `hearth init`, `hearth data check` and training on CSV files.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{fail, hearth, json, root, succeed};

pub(super) fn at(place: &Path, line: &str) -> Command {
    let mut command = hearth(line.split_whitespace());
    command.current_dir(place);
    command
}

/// The text without line breaks.
pub(super) fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts that the written config has these lines.
pub(super) fn has(place: &Path, name: &str, lines: &[&str]) {
    let text = fs::read_to_string(place.join(name)).unwrap();
    for line in lines {
        assert!(text.contains(&format!("\n{line}")), "{line} is not in:\n{text}");
    }
}

/// Writes a header and rows.
fn write(place: &Path, name: &str, header: &str, row: impl Fn(usize) -> String) {
    let rows: Vec<_> = (0..120).map(row).collect();
    fs::write(place.join(name), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
}

#[test]
fn a_table_is_trained_on_in_two_commands() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    fs::copy(root().join("datasets/iris/iris.csv"), place.join("iris.csv")).unwrap();
    let done = succeed(&mut at(place, "init iris.csv"));
    assert!(done.out.starts_with("iris.toml\n"), "{}", done.out);
    let said = flat(&done.err);
    assert!(said.contains("target: column `species`, the last column; --target"), "{said}");
    assert!(said.contains("task: classify, for the target has words, 3 different"), "{said}");
    has(place, "iris.toml", &["valid_samples = 23 ", "batch_size = 16\n", "target = \"species\""]);
    let text = fs::read_to_string(place.join("iris.toml")).unwrap();
    assert!(!text.contains("[task]") && !text.contains("missing ="), "{text}");
    let done = fail(&mut at(place, "init iris.csv"), 2);
    assert!(done.err.contains("iris.toml"), "it is not overwritten: {}", done.err);
    let summary = json(&mut at(place, "train iris.toml train.epochs=1 --json --run run"));
    assert!(summary["test"]["accuracy"].as_f64().is_some(), "{summary}");
    let report = json(&mut at(place, "eval run --json"));
    assert_eq!(report["per_class"].as_array().unwrap().len(), 3);
    // The table is found from another folder too.
    fs::create_dir(place.join("configs")).unwrap();
    succeed(&mut at(place, "init iris.csv --out configs/own.toml"));
    succeed(&mut at(&place.join("configs"), "train own.toml --dry-run"));
}

#[test]
fn another_target_may_be_named() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    fs::copy(root().join("datasets/iris/iris.csv"), place.join("iris.csv")).unwrap();
    let done = succeed(&mut at(place, "init iris.csv --target petal_width"));
    let said = flat(&done.err);
    assert!(said.contains("target: column `petal_width`, as --target says"), "{said}");
    assert!(said.contains("task: regress, for the target has numbers, not all"), "{said}");
    let summary = json(&mut at(place, "train iris.toml train.epochs=1 --json --run run"));
    assert!(summary["test"]["rmse"].as_f64().is_some(), "{summary}");
    let done = fail(&mut at(place, "init iris.csv --target petal_widht --out other.toml"), 3);
    assert!(flat(&done.err).contains("did you mean `petal_width`?"), "{}", done.err);
    fs::create_dir(place.join("shoes")).unwrap();
    for command in ["init shoes --target a", "data check shoes --target a"] {
        let done = fail(&mut at(place, command), 2);
        assert!(flat(&done.err).contains("--target is for a CSV file"), "{}", done.err);
    }
    // An unfit last column is named as the target in the error.
    write(place, "days.csv", "size,day", |row| format!("{row}.5,2024-01-{:02}", row % 28 + 1));
    let done = fail(&mut at(place, "init days.csv"), 3);
    let said = flat(&done.err);
    assert!(said.contains("target: the last column; --target COLUMN names another"), "{said}");
    assert!(said.contains("column `day`: it is the target, and has dates"), "{said}");
    let done = fail(&mut at(place, "init days.csv --target size"), 3);
    assert!(flat(&done.err).contains("no column to learn from"), "{}", done.err);
    write(place, "numbers.csv", "1.5,2,3", |row| format!("{row},2,3"));
    let done = fail(&mut at(place, "init numbers.csv"), 3);
    assert!(flat(&done.err).contains("no names of columns"), "{}", done.err);
    let done = fail(&mut at(place, "init absent.csv"), 3);
    assert!(done.err.contains("absent.csv"), "{}", done.err);
}

#[test]
fn whole_numbers_are_classes_where_they_are_few() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    write(place, "few.csv", "size,rank", |row| format!("{}.5,{}", row % 17, row % 5));
    let done = succeed(&mut at(place, "init few.csv"));
    assert!(
        flat(&done.err).contains("task: classify, for the target has 5 different whole"),
        "{}",
        done.err
    );
    has(
        place,
        "few.toml",
        &["[task]\nkind = \"classify\"", "# The target has 5 different whole numbers"],
    );
    succeed(&mut at(place, "train few.toml train.epochs=1 --run few"));
    write(place, "many.csv", "size,rank", |row| format!("{}.5,{}", row % 17, row % 21));
    let done = succeed(&mut at(place, "init many.csv"));
    assert!(
        flat(&done.err).contains("task: regress, for the target has 21 different whole"),
        "{}",
        done.err
    );
    has(place, "many.toml", &["[task]\nkind = \"regress\""]);
    succeed(&mut at(place, "train many.toml train.epochs=1 --run many"));
}

#[test]
fn unfit_columns_are_ignored_and_missing_cells_are_allowed() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    write(place, "houses.csv", "id,day,\"street, number\",size,colour,price", |row| {
        let size = if row == 100 { "NA".to_owned() } else { format!("{}.5", row % 7) };
        let day = row % 28 + 1;
        format!(
            "{row},2024-01-{day:02},way {row},{size},{},{}.25",
            ["red", "blue"][row % 2],
            row * 3 % 50
        )
    });
    let done = succeed(&mut at(place, "init houses.csv"));
    let said = flat(&done.err);
    for note in [
        "column `day` left out: it has dates or times",
        "column `street, number` left out: it has 120 different values",
        "column `id` left out: its numbers count the rows",
        "cells without a value in column `size`",
    ] {
        assert!(said.contains(note), "{said}");
    }
    let ignore = "ignore = [\"day\", \"street, number\", \"id\"]";
    has(
        place,
        "houses.toml",
        &[ignore, "missing = \"category\"", "# There are cells without a value in size."],
    );
    succeed(&mut at(place, "train houses.toml train.epochs=1 --run run"));
    let info: Value =
        serde_json::from_slice(&fs::read(place.join("run/run.json")).unwrap()).unwrap();
    assert_eq!(info["table"]["columns"].as_array().unwrap().len(), 2, "{info}");
}

#[test]
fn tables_are_checked_as_folders_are() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let row = |row: usize| format!("{},{}", row * row % 1009, ["a", "b"][row / 7 % 2]);
    write(place, "sound.csv", "size,kind", row);
    let done = succeed(&mut at(place, "data check sound.csv"));
    let said = flat(&done.out);
    assert!(said.contains("class train test") && said.contains("notes:"), "{}", done.out);
    assert!(!said.contains("faults:"), "{}", done.out);
    // A column with the target in another unit, and repeated rows.
    write(place, "leak.csv", "size,price", |row| format!("{}.5,{}", row % 60, 2 * (row % 60) + 1));
    let done = fail(&mut at(place, "data check leak.csv"), 1);
    let said = flat(&done.out);
    assert!(said.contains("rows 96 24"), "{}", done.out);
    assert!(said.contains("gives the target `price` away"), "{}", done.out);
    assert!(said.contains("in the training part as well"), "{}", done.out);
    assert!(flat(&done.err).contains("leak.csv has faults"), "{}", done.err);
    let done = fail(&mut at(place, "data check leak.csv --target prise"), 3);
    assert!(flat(&done.err).contains("did you mean `price`?"), "{}", done.err);
}
