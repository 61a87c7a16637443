//! Users' own pairs of texts: `hearth init`, `hearth data check` and training on them.

use std::fs;
use std::path::Path;

use super::tables::{at, flat, has};
use crate::support::{fail, json, succeed};

/// Writes pairs of a text and its reverse; those of `repeated` stand there twice.
fn write(place: &Path, name: &str, repeated: usize) {
    let pair = |number: usize| {
        let text = format!("item {number}");
        format!("{text}\t{}\n", text.chars().rev().collect::<String>())
    };
    let text: String = (0..120).chain(0..repeated).map(pair).collect();
    fs::write(place.join(name), text).unwrap();
}

#[test]
fn pairs_are_trained_on_in_two_commands() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    write(place, "pairs.tsv", 0);
    let done = succeed(&mut at(place, "init pairs.tsv"));
    assert!(done.out.starts_with("pairs.toml\ntrain a translator with: "), "{}", done.out);
    let said = flat(&done.err);
    assert!(said.contains("pairs of texts: a source, a tab and a target in each line"), "{said}");
    assert!(said.contains("tokenizer: characters, for the texts are short"), "{said}");
    let data = "kind = \"text-pairs\"\npath = \"pairs.tsv\"\ntokenizer = \"characters\"\n";
    has(place, "pairs.toml", &[data, "batch_size = 8\n", "valid_samples = 10\n"]);
    let settings = "train.epochs=1 model.hidden=8 model.embedding=8 --json --run run";
    let summary = json(&mut at(place, &format!("train pairs.toml {settings}")));
    assert!(summary["test"]["exact_match"].as_f64().is_some(), "{summary}");
    let done = fail(&mut at(place, "init pairs.tsv"), 2);
    assert!(done.err.contains("pairs.toml"), "it is not overwritten: {}", done.err);
}

#[test]
fn pairs_are_checked() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    write(place, "pairs.tsv", 0);
    let done = succeed(&mut at(place, "data check pairs.tsv"));
    let said = flat(&done.out);
    assert!(said.contains("train test pairs 108 12 facts: vocabulary: "), "{said}");
    assert!(!said.contains("faults:"), "{said}");

    write(place, "twice.tsv", 120);
    let done = fail(&mut at(place, "data check twice.tsv"), 1);
    let said = flat(&done.out);
    assert!(said.contains("120 pairs repeat an earlier one, as that of `item 0`"), "{said}");
    assert!(said.contains("test pairs are training pairs as well"), "{said}");

    fs::write(place.join("other.tsv"), "a b\tone\nb c\ttwo\na b\tthree\nc\tfour\nd\tfive\n")
        .unwrap();
    let done = succeed(&mut at(place, "data check other.tsv"));
    let said = flat(&done.out);
    assert!(said.contains("1 pair has another target than an earlier one"), "{said}");
}

#[test]
fn a_table_of_two_columns_is_no_file_of_pairs() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let row = |row: usize| format!("{}\t{}", row % 7, ["a", "b"][row % 2]);
    let rows: Vec<_> = (0..120).map(row).collect();
    fs::write(place.join("table.tsv"), format!("size\tkind\n{}\n", rows.join("\n"))).unwrap();
    let done = succeed(&mut at(place, "init table.tsv"));
    assert!(flat(&done.err).contains("target: column `kind`"), "{}", done.err);
    // A target column makes pairs a table.
    write(place, "pairs.tsv", 0);
    let done = fail(&mut at(place, "data check pairs.tsv --target nothing"), 3);
    assert!(done.err.contains("nothing"), "{}", done.err);
}
