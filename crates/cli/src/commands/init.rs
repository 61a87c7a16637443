//! `hearth init`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hearth_config::RawConfig;
use hearth_data::FolderReport;

use crate::args::Init;
use crate::failure::Failure;
use crate::output::{print, say};

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
    if !report.is_sound() {
        say(&format!(
            "some pictures have faults; see: hearth data check {}",
            args.folder.display()
        ));
    }
    print(&format!("{0}\ntrain with: hearth train {0}", out.display()))
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
    let kept = if report.has_parts { num_train } else { num_train * 4 / 5 };
    let classes = report.classes.len();
    let mut text = format!(
        "# {name}: {num_train} training and {num_test} test pictures in {classes} classes.\n\
         # train: hearth train {}\n\
         # format: hearth schema prints every key\n\
         format = 1\n\n\
         [run]\nname = \"{name}\"\nseed = 42\n\n\
         [data]\nkind = \"image-folder\"\npath = {:?}\nsize = 32\ncolor = \"rgb\"\n",
        out.display(),
        folder.display().to_string()
    );
    // Writing to a string cannot fail.
    if !report.has_parts {
        let _ =
            writeln!(text, "test_fraction = 0.2    # there is no test/: it is cut from each class");
    }
    let _ = write!(
        text,
        "batch_size = {}\nvalid_samples = {}\n\n\
         [model]\nkind = \"mlp\"\nhidden = [256]\nactivation = \"relu\"\ndropout = 0.2\n\n\
         [optimizer]\nkind = \"adam\"\nlearning_rate = 0.001\n\n\
         [train]\nepochs = 20\n",
        (kept / 50).next_power_of_two().clamp(8, 256),
        kept / 10,
    );
    text
}
