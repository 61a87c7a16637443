//! `hearth init` for pairs of texts.

use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, RawConfig, quoted, toml_string};
use hearth_data::text::{self, PairReport};

use super::super::data::table::SEED;
use super::super::data::texts::settings;
use super::{path, run_name, stem, write};
use crate::args::InitArgs;
use crate::failure::Failure;
use crate::terminal::{print, say};

/// The validation set's share of the training pairs is one of this many parts, and at most [`MOST_VALID`] pairs.
const VALID_PARTS: usize = 10;
const MOST_VALID: usize = 1000;

/// Approximate number of training steps.
const STEPS: usize = 5000;

/// Writes a config for a file of pairs.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    let settings = settings(&args.data)?;
    let report = text::check(&settings, SEED)?;
    let run = run_name(&stem(&args.data), "texts");
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{run}.toml")));
    let text = config(&path(&args.data, &out)?, &run, &out, (&report, settings.tokenizer.name()));
    // `train` must accept the written config.
    RawConfig::parse(&out.display().to_string(), text.clone())?.check()?;
    write(&out, &text)?;
    report.notes.iter().for_each(|note| say(note));
    report.findings.iter().for_each(|finding| say(&format!("warning: {finding}")));
    let train = CommandLine::new("train").path(&out);
    print(&format!("{}\ntrain a translator with: {train}", out.display()))
}

fn config(path: &str, run: &str, out: &Path, (report, tokenizer): (&PairReport, &str)) -> String {
    let [train, _, test] = report.pairs.card().samples;
    let [source, target] = report.pairs.lengths();
    let valid = (train / VALID_PARTS).min(MOST_VALID);
    let batch_size = (train / 50).next_power_of_two().clamp(8, 64);
    let epochs = (STEPS / (train - valid).div_ceil(batch_size)).clamp(5, 100);
    // The file names the program `hearth`, whatever it was called as.
    let command = quoted(out.as_os_str());
    format!(
        "# {run}: {train} pairs of texts to learn from, {test} for the test; tokens of a source: {source}; of a target: {target}.\n\
         # train: hearth train {command}\n\
         # check: hearth data check looks for pairs that repeat\n\
         # format: hearth schema prints every key\n\
         format = 2\n\n\
         [run]\nname = \"{run}\"\nseed = {SEED}\n\n\
         [data]\nkind = \"text-pairs\"\npath = {}\ntokenizer = \"{tokenizer}\"\n\
         batch_size = {batch_size}\nvalid_samples = {valid}\n\n\
         [model]\nkind = \"seq2seq\"\n\n\
         [optimizer]\nkind = \"adam\"\nlearning_rate = 0.002\n\n\
         [schedule]\nkind = \"cosine\"\n\n\
         [train]\nepochs = {epochs}\nclip_norm = 1.0\nbest_by = \"{}\"\n",
        toml_string(path),
        if valid > 0 { "exact_match" } else { "loss" }
    )
}
