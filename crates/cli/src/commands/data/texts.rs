//! Pairs of texts without a config: recognition of the file, and `hearth data check`.

use std::fmt::Write as _;
use std::path::Path;

use hearth_config::{TextPairsConfig, TokenizerKind};
use hearth_data::text::{self, PairReport, TextFile};
use hearth_report::text_table;
use serde_json::json;

use super::table::{SEED, utf_8};
use crate::failure::Failure;
use crate::terminal::{print, say};

/// True for a file of pairs of texts. A target column makes any file a table.
pub fn is_pairs(path: &Path, target: Option<&str>) -> bool {
    target.is_none() && path.is_file() && text::looks_like_pairs(&TextFile::file(path))
}

/// The settings of a file of pairs, with the units that suit its texts. Prints why it is no table.
///
/// # Errors
/// When the pairs cannot be trained on.
pub fn settings(path: &Path) -> Result<TextPairsConfig, Failure> {
    say("pairs of texts: a source, a tab and a target in each line; --target COLUMN reads a table");
    let config = serde_json::from_value(json!({ "path": utf_8(path)? }));
    let mut config: TextPairsConfig = config.expect("the other keys have defaults");
    config.tokenizer = text::suited_tokenizer(&config, SEED)?;
    let why = match config.tokenizer {
        TokenizerKind::Characters => "the texts are short",
        _ => "the texts are long",
    };
    say(&format!("tokenizer: {}, for {why}", config.tokenizer.name()));
    Ok(config)
}

/// Checks pairs as `hearth init` would configure them.
///
/// # Errors
/// When the pairs cannot be trained on or have faults.
pub fn check(path: &Path) -> Result<(), Failure> {
    let report = text::check(&settings(path)?, SEED)?;
    print(&text(&report))?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(Failure::Other(format!("{} has faults", hearth_config::shown(path))))
    }
}

fn text(report: &PairReport) -> String {
    let card = report.pairs.card();
    let [train, _, held_out] = card.samples.map(|count| count.to_string());
    let row = vec!["pairs".to_owned(), train, held_out];
    let mut shown = text_table(&["", "train", "test"], [row]);
    let facts = card.facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let parts =
        [("facts", facts), ("notes", report.notes.clone()), ("faults", report.findings.clone())];
    for (title, lines) in parts {
        let lines: Vec<String> = lines;
        if !lines.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\n\n{title}:\n  {}", lines.join("\n  "));
        }
    }
    shown
}
