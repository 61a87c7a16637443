//! Findings of the check of a table.

use super::check::report::report;
use super::*;

fn found(text: &str, config: &CsvConfig) -> Vec<String> {
    report(&table(text, config), config).findings
}

/// Forty rows whose columns hardly predict the class.
fn rows(more: impl Fn(usize) -> String) -> String {
    let row = |row: usize| {
        format!(
            "{},{},{}{}\n",
            row * 7 % 11,
            ["x", "w", "z"][row * 5 % 3],
            more(row),
            ["u", "v"][row / 2 % 2]
        )
    };
    (0..40).map(row).collect()
}

#[test]
fn a_sound_table_has_no_findings_and_its_classes_are_counted() {
    let text = format!("a,c,d,y\n{}", rows(|row| format!("{row},")));
    let report = report(&table(&text, &config("y")), &config("y"));
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.num_rows, report.task), ([32, 8], Some(TaskKind::Classify)));
    assert_eq!(report.classes, [("u".to_owned(), [16, 4]), ("v".to_owned(), [16, 4])]);
}

#[test]
fn columns_that_give_the_target_away_are_named() {
    for (more, name) in [
        // A copy of the class, the class as a number, and a number that increases with the class.
        (
            &(|row: usize| format!("{},", ["p", "q"][row / 2 % 2])) as &dyn Fn(usize) -> String,
            "leak",
        ),
        (&|row: usize| format!("{},", row / 2 % 2), "leak"),
        (&|row: usize| format!("{},", row + row / 2 % 2 * 100), "leak"),
    ] {
        let found = found(&format!("a,c,leak,y\n{}", rows(more)), &config("y"));
        assert!(
            found.iter().any(|line| line.starts_with("column `leak` gives the target")),
            "{name} {found:?}"
        );
    }
    let numbers: Vec<String> =
        (0..40).map(|row| format!("{},{},{}.5\n", row * 7 % 11, row * 3, row)).collect();
    let numbers = numbers.concat();
    let found = found(&format!("a,leak,y\n{numbers}"), &config("y"));
    assert!(found.len() == 1 && found[0].contains("column `leak`"), "{found:?}");
}

#[test]
fn rows_that_stand_twice_are_counted() {
    let unique: Vec<String> =
        (0..30).map(|row| format!("{row},{}\n", ["u", "v"][row % 2])).collect();
    let unique = unique.concat();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().map(str::to_owned)
    };
    let train = write("train.csv", &format!("a,y\n{unique}3,v\n"));
    let test = write("test.csv", "a,y\n3,v\n99,u\n");
    let config = CsvConfig { path: None, train, test, ..config("y") };
    let findings = check(&config, None, 7).unwrap().findings.join("\n");
    assert!(
        findings.contains("1 row of the test part stands in the training part as well"),
        "{findings}"
    );
    assert!(
        findings.contains("as row 1 of ") && findings.contains("does in row 4 of "),
        "{findings}"
    );
    assert!(findings.contains("1 row repeats one of the same part, as row 31 of "), "{findings}");
}
