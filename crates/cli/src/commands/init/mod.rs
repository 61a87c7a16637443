//! `hearth init`.

mod table;
mod texts;

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use hearth_config::{CommandLine, RawConfig, plain_name, quoted, toml_string};
use hearth_data::FolderReport;

use super::data::table::{is_table, no_target};
use super::data::texts::is_pairs;
use crate::args::InitArgs;
use crate::failure::Failure;
use crate::terminal::{print, say};

/// The config for several classes.
const CLASSIFIER: &str = r#"[model]
kind = "mlp"
hidden = [256]
activation = "relu"
dropout = 0.2

[optimizer]
kind = "adam"
learning_rate = 0.001

[train]
epochs = 20
"#;

/// The config for one class, or for parts with different classes: no classifier can be trained, but a generator
/// can.
const GENERATOR: &str = r#"[model]
kind = "dcgan"
latent = 64
widths = [32, 64]

[optimizer]
kind = "adam"
learning_rate = 0.0005
beta_1 = 0.5

[train]
epochs = 100
"#;

/// Writes a config for a folder of images, for a table, or for pairs of texts.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    if is_pairs(&args.data, args.target.as_deref()) {
        return texts::run(args);
    }
    if is_table(&args.data) {
        return table::run(args);
    }
    no_target(args.target.as_deref())?;
    let report = hearth_data::check_folder(&args.data)?;
    if !report.faults.is_empty() {
        return Err(Failure::usage(report.faults.join("; ")));
    }
    let name = name(&args.data);
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    let text = config(&path(&args.data, &out)?, &name, &out, &report);
    // `train` must accept the written config.
    RawConfig::parse(&out.display().to_string(), text.clone())?.check()?;
    write(&out, &text)?;
    say(&format!("read from {}", report.layout));
    report.notes.iter().for_each(|note| say(note));
    if !report.is_sound() {
        let check = CommandLine::new("data").arg("check").path(&args.data);
        say(&format!("some images have faults; see: {check}"));
    }
    let what = if report.generates_only { "a generator" } else { "a classifier" };
    let train = CommandLine::new("train").path(&out);
    print(&format!("{}\ntrain {what} with: {train}", out.display()))
}

/// Writes a new config.
///
/// # Errors
/// When the file exists or cannot be written.
fn write(out: &Path, text: &str) -> Result<(), Failure> {
    let mut file = std::fs::File::create_new(out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "{} is there already; name another file with --out",
            out.display()
        )),
        _ => Failure::unwritten(out, &error),
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|error| Failure::unwritten(out, &error))
}

/// The path of the data for the config: as typed if it is valid from the config's folder, else absolute.
///
/// # Errors
/// When the path is not UTF-8.
fn path(data: &Path, out: &Path) -> Result<String, Failure> {
    let is_beside = out.parent().is_none_or(|parent| parent.as_os_str().is_empty());
    let is_named = data.components().any(|part| matches!(part, Component::Normal(_)));
    let path = if is_beside && is_named {
        data.to_owned()
    } else {
        data.canonicalize().unwrap_or_else(|_| data.to_owned())
    };
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::usage(format!(
            "{} cannot be named in a config: its name is not UTF-8; rename it",
            path.display()
        ))
    })
}

/// The folder's name as the name of a run.
fn name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().unwrap_or_default().to_string_lossy();
    run_name(&name, "pictures")
}

/// The name of a file without its extensions.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// A name as the name of a run, or `otherwise` if nothing of it is left.
fn run_name(name: &str, otherwise: &str) -> String {
    let name: String = plain_name(name).chars().take(60).collect();
    match name.trim_matches('-') {
        "" => otherwise.into(),
        name => name.into(),
    }
}

fn config(path: &str, name: &str, out: &Path, report: &FolderReport) -> String {
    let num_train: usize = report.classes.iter().map(|class| class.train).sum();
    let num_test: usize = report.classes.iter().map(|class| class.test).sum();
    let num_valid: usize = report.classes.iter().map(|class| class.valid).sum();
    let layout = &report.layout;
    let kept = if layout.test.is_some() { num_train } else { num_train * 4 / 5 };
    let classes = match report.classes.len() {
        1 => "1 class".to_owned(),
        count => format!("{count} classes"),
    };
    // The file names the program `hearth`, whatever it was called as.
    let train = quoted(out.as_os_str());
    let mut text = format!(
        "# {name}: {num_train} training, {num_valid} validation and {num_test} test images in {classes}.\n\
         # train: hearth train {train}\n\
         # format: hearth schema prints every key\n\
         format = 2\n\n\
         [run]\nname = \"{name}\"\nseed = 42\n\n\
         [data]\nkind = \"image-folder\"\npath = {}\nsize = 32\ncolor = \"rgb\"\n",
        toml_string(path)
    );
    // Writing to a string cannot fail.
    if layout.test.is_none() {
        let _ = writeln!(text, "test_fraction = 0.2    # no test/: cut from each class");
    }
    let batch_size = (kept / 50).next_power_of_two();
    let _ = if report.generates_only {
        write!(text, "batch_size = {}\nvalid_samples = 0\n\n{GENERATOR}", batch_size.clamp(8, 64))
    } else {
        let valid = match layout.valid {
            Some(_) => String::new(),
            None => format!("valid_samples = {}\n", kept / 10),
        };
        write!(text, "batch_size = {}\n{valid}\n{CLASSIFIER}", batch_size.clamp(8, 256))
    };
    text
}
