//! `hearth init`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hearth_config::RawConfig;
use hearth_data::FolderReport;

use crate::args::Init;
use crate::failure::Failure;
use crate::output::{print, say};

/// What is trained on several classes.
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

/// What is trained on one: there is nothing to tell apart, and images can be made.
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

/// Writes a config for a folder of pictures.
pub fn run(args: &Init) -> Result<(), Failure> {
    if args.folder.to_str().is_none() {
        return Err(Failure::usage(format!(
            "{} cannot be named in a config: its name is not UTF-8; rename it",
            args.folder.display()
        )));
    }
    let report = hearth_data::check_folder(&args.folder)?;
    if !report.faults.is_empty() {
        return Err(Failure::usage(report.faults.join("; ")));
    }
    let name = name(&args.folder);
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    let text = config(&args.folder, &name, &out, &report);
    // What is written here has to be what `train` takes.
    RawConfig::parse(&out.display().to_string(), text.clone())?.check()?;
    let mut file = std::fs::File::create_new(&out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "{} is there already; name another file with --out",
            out.display()
        )),
        _ => Failure::unwritten(&out, &error),
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|error| Failure::unwritten(&out, &error))?;
    say(&format!("read from {}", report.layout));
    report.notes.iter().for_each(|note| say(note));
    if !report.is_sound() {
        say(&format!(
            "some pictures have faults; see: hearth data check {}",
            args.folder.display()
        ));
    }
    let what = if report.classes.len() == 1 { "a generator" } else { "a classifier" };
    print(&format!("{0}\ntrain {what} with: hearth train {0}", out.display()))
}

/// The folder's name as a run may be called.
fn name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name =
        full.file_name().map_or("pictures".into(), |name| name.to_string_lossy().into_owned());
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let name: String = name.chars().map(plain).take(60).collect();
    match name.trim_matches('-') {
        "" => "pictures".into(),
        name => name.into(),
    }
}

fn config(folder: &Path, name: &str, out: &Path, report: &FolderReport) -> String {
    let num_train: usize = report.classes.iter().map(|class| class.train).sum();
    let num_test: usize = report.classes.iter().map(|class| class.test).sum();
    let num_valid: usize = report.classes.iter().map(|class| class.valid).sum();
    let layout = &report.layout;
    let kept = if layout.test.is_some() { num_train } else { num_train * 4 / 5 };
    let classes = match report.classes.len() {
        1 => "1 class".to_owned(),
        count => format!("{count} classes"),
    };
    let mut text = format!(
        "# {name}: {num_train} training, {num_valid} validation and {num_test} test pictures in {classes}.\n\
         # train: hearth train {}\n\
         # format: hearth schema prints every key\n\
         format = 1\n\n\
         [run]\nname = \"{name}\"\nseed = 42\n\n\
         [data]\nkind = \"image-folder\"\npath = {:?}\nsize = 32\ncolor = \"rgb\"\n",
        out.display(),
        folder.display().to_string()
    );
    // Writing to a string cannot fail.
    if layout.test.is_none() {
        let _ =
            writeln!(text, "test_fraction = 0.2    # there is no test/: it is cut from each class");
    }
    let batch_size = (kept / 50).next_power_of_two();
    let _ = if report.classes.len() == 1 {
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
