//! `hearth data`.

pub mod table;
pub mod texts;

use std::fmt::Write as _;
use std::path::Path;

use hearth_data::FolderReport;
use hearth_report::text_table;

use self::table::{is_table, no_target};
use self::texts::is_pairs;
use crate::args::DataCommand;
use crate::failure::Failure;
use crate::terminal::{megabytes, print, say};

/// Lists, fetches, verifies or checks data.
pub fn run(args: &DataCommand, datasets: &Path) -> Result<(), Failure> {
    match args {
        DataCommand::List => print(&list(datasets)),
        DataCommand::Fetch { name } => {
            hearth_data::fetch(name, datasets, &mut |text| say(text))?;
            print(&format!("{name} is in {}", datasets.join(name).display()))
        }
        DataCommand::Verify { name } => {
            let rows = hearth_data::verify(name, datasets)?;
            print(&text_table(
                &["file", "sha-256"],
                rows.into_iter().map(|(file, sum)| vec![file, sum]),
            ))?;
            print("all files match their SHA-256")
        }
        DataCommand::Check { data, target } if is_pairs(data, target.as_deref()) => {
            texts::check(data)
        }
        DataCommand::Check { data, target } if is_table(data) => {
            table::check(data, target.as_deref())
        }
        DataCommand::Check { data: folder, target } => {
            no_target(target.as_deref())?;
            let report = hearth_data::check_folder(folder)?;
            print(&text(&report))?;
            if report.is_sound() {
                Ok(())
            } else {
                Err(Failure::Other(format!("{} has faults", folder.display())))
            }
        }
    }
}

fn list(datasets: &Path) -> String {
    let rows = hearth_data::list(datasets).into_iter().map(|info| {
        let present = if info.present { "present" } else { "fetched when needed" };
        vec![info.name, megabytes(info.bytes), present.into(), info.licence, info.description]
    });
    text_table(&["name", "size", "", "licence", "description"], rows)
}

fn text(report: &FolderReport) -> String {
    // An absent part has no column.
    let has = [true, report.layout.valid.is_some(), true];
    let columns = |columns: [String; 3]| {
        columns.into_iter().zip(has).filter_map(|(column, has)| has.then_some(column))
    };
    let rows = report.classes.iter().map(|class| {
        let counts = [class.train, class.valid, class.test].map(|count| count.to_string());
        std::iter::once(class.class.clone()).chain(columns(counts)).collect()
    });
    let header: Vec<String> = columns(["train", "valid", "test"].map(str::to_owned)).collect();
    let header: Vec<&str> =
        std::iter::once("class").chain(header.iter().map(String::as_str)).collect();
    let mut text = format!("{}\n\n{}", report.layout, text_table(&header, rows));
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n\n{title}:\n  {}", lines.join("\n  "));
        }
    };
    let join = |group: &Vec<std::path::PathBuf>| {
        let names: Vec<_> = group.iter().map(|path| path.display().to_string()).collect();
        names.join(" = ")
    };
    list("notes", report.notes.clone());
    list("faults", report.faults.clone());
    list("classes without validation or test images", report.untested.clone());
    list(
        "broken images",
        report
            .broken
            .iter()
            .map(|broken| format!("{}: {}", broken.path.display(), broken.fault))
            .collect(),
    );
    list("the same image in several parts", report.shared.iter().map(join).collect());
    list("duplicate images", report.duplicates.iter().map(join).collect());
    list("classes with few images", report.small.clone());
    list(
        "files outside of class folders",
        report.loose.iter().map(|path| path.display().to_string()).collect(),
    );
    text
}
