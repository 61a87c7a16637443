//! `hearth init` for a table.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, Missing, RawConfig, TaskKind, one_line, quoted, toml_string};
use hearth_data::tables::{Survey, TargetHolds};
use hearth_data::{Data, Labels};

use super::super::data::table::{SEED, infer_task, notes, reason};
use super::{path, run_name, stem, write};
use crate::args::InitArgs;
use crate::failure::Failure;
use crate::terminal::{print, say};

/// The test set's share of the rows.
const TEST: f64 = 0.2;

/// The validation set's share of the rows.
const VALID: f64 = 0.15;

/// Approximate number of training steps.
const STEPS: usize = 3000;

/// Writes a config for a CSV file.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    let (survey, task) = infer_task(&args.data, args.target.as_deref())?;
    for note in notes(&survey) {
        say(&note);
    }
    let run = run_name(&stem(&args.data), "table");
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{run}.toml")));
    let text = config(&path(&args.data, &out)?, &run, &out, (&survey, task));
    // `train` must accept the written config.
    let config = RawConfig::parse(&out.display().to_string(), text.clone())?.check()?;
    let data = Data::load(&config, Labels::Unused, Path::new(""), &mut |_| ())?;
    write(&out, &text)?;
    let card = data.card();
    card.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
    let what = if task == TaskKind::Classify { "a classifier" } else { "a regression model" };
    let train = CommandLine::new("train").path(&out);
    print(&format!("{}\ntrain {what} with: {train}", out.display()))
}

fn config(path: &str, run: &str, out: &Path, (survey, task): (&Survey, TaskKind)) -> String {
    let Survey { settings, num_rows, num_columns, .. } = survey;
    let target = one_line(&settings.target);
    let what = match task {
        TaskKind::Classify => format!("{target} is one of {} classes", survey.num_values),
        _ => format!("{target} is a number"),
    };
    let s = if *num_columns == 1 { "" } else { "s" };
    // The file names the program `hearth`, whatever it was called as.
    let train = quoted(out.as_os_str());
    let mut text = format!(
        "# {run}: {num_rows} rows of {num_columns} column{s} to learn from; {what}.\n\
         # train: hearth train {train}\n\
         # check: hearth data check looks for rows that repeat, and columns that give the target away\n\
         # format: hearth schema prints every key\n\
         format = 2\n\n\
         [run]\nname = \"{run}\"\nseed = {SEED}\n\n\
         [data]\nkind = \"csv\"\npath = {}\ntarget = {}\n",
        toml_string(path),
        toml_string(&settings.target)
    );
    for (column, why) in &survey.ignored {
        let _ = writeln!(text, "# {}: {why}.", one_line(column));
    }
    if !settings.ignore.is_empty() {
        let columns: Vec<_> = settings.ignore.iter().map(|name| toml_string(name)).collect();
        let _ = writeln!(text, "ignore = [{}]", columns.join(", "));
    }
    if settings.missing != Missing::Error {
        let columns: Vec<_> = survey.missing.iter().map(|name| one_line(name)).collect();
        let _ = writeln!(text, "# There are cells without a value in {}.", columns.join(", "));
        text += "missing = \"category\"\n";
    }
    let part = |share: f64| (*num_rows as f64 * share).round() as usize;
    let num_train = num_rows.saturating_sub(part(TEST) + part(VALID)).max(1);
    let batch_size = (num_train / 50).next_power_of_two().clamp(16, 256);
    let epochs = (STEPS / num_train.div_ceil(batch_size)).clamp(20, 100);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "test_fraction = {TEST}    # drawn from the file{}\n\
         batch_size = {batch_size}\nvalid_samples = {}    # 15 % of the rows\n\n",
        if task == TaskKind::Classify { ", the same share of each class" } else { "" },
        part(VALID)
    );
    if survey.holds == TargetHolds::WholeNumbers {
        let other = match task {
            TaskKind::Classify => "regress\" predicts a number",
            _ => "classify\" takes each for a class",
        };
        let reason = reason(survey, task);
        let _ = write!(
            text,
            "# {}{}; kind = \"{other}.\n[task]\nkind = \"{}\"\n\n",
            reason[..1].to_uppercase(),
            &reason[1..],
            task.name()
        );
    }
    let _ = write!(
        text,
        "[model]\nkind = \"mlp\"\nhidden = [64]\n\n\
         [optimizer]\nkind = \"adamw\"\nlearning_rate = 0.003\nweight_decay = 0.1\n\n\
         [schedule]\nkind = \"cosine\"\n\n\
         [train]\nepochs = {epochs}\n"
    );
    text
}
