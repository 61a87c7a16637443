//! Syntax errors of TOML, reworded for users who write configs.

use crate::syntax::diagnostic::{Diagnostic, Location};

/// The form of a config's lines.
const LINES: &str = "a config has lines KEY = VALUE under sections [NAME], as configs/mlp.toml has";

/// The diagnostic for the parser's message `said` at a location.
pub(crate) fn diagnostic(said: &str, location: &Location) -> Diagnostic {
    let (message, help) = words(said, location);
    Diagnostic::new(message).help(help)
}

/// A number in TOML's notation, from that of other programs: `.1`, `1.`, `+.5`, `007`.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let begins = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    if !text.starts_with(begins) {
        return None;
    }
    // An integer beyond 64 bits is refused, and not rounded.
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.to_string()),
        Err(_) if !text.contains(['.', 'e', 'E']) => None,
        Err(_) => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| format!("{n:?}")),
    }
}

/// A typed value in TOML's notation, if it is a number or a boolean; any other value unchanged.
pub fn typed(value: &str) -> String {
    let is_toml = || format!("a = {value}").parse::<toml::Table>().is_ok();
    let meant = number(value).or_else(|| boolean(value).map(str::to_owned));
    meant.filter(|_| !is_toml()).unwrap_or_else(|| value.to_owned())
}

/// `true` or `false`, from the notations of other programs.
fn boolean(text: &str) -> Option<&'static str> {
    match text.trim() {
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        _ => None,
    }
}

fn words(said: &str, location: &Location) -> (String, String) {
    let line_span = location.line_span();
    let line = line_span.text.trim();
    let found = location.source.text.get(location.span.clone()).unwrap_or_default().trim();
    let is = |start: &str| said.starts_with(start);
    let told = |message: &str, help: &str| (message.to_owned(), help.to_owned());
    if let Some((word, number)) = number_at(line_span.text, line_span.columns.0) {
        let message = format!("`{word}` is not a number in TOML");
        return (message, format!("write {number}"));
    }
    if is("string values must be quoted") {
        return not_a_value(found, line);
    }
    if is("duplicate key") {
        let key = line.trim_matches(['[', ']']).split('=').next().unwrap_or(line).trim();
        let what = if line.starts_with('[') { "the section" } else { "the key" };
        return (format!("{what} `{key}` is given twice"), "leave one of the two out".into());
    }
    if is("key with no value") || is("invalid key-value pair") {
        let help = match line.split_once(':') {
            Some((key, value))
                if !line.contains(['{', '"', '=']) || value.trim().starts_with('"') =>
            {
                let value = if value.trim().is_empty() { "VALUE" } else { value.trim() };
                format!(
                    "write {} = {value}, with = instead of :, and sections as [NAME]",
                    key.trim()
                )
            }
            _ if line.starts_with('{') => format!("this looks like JSON, and {LINES}"),
            _ => LINES.to_owned(),
        };
        return ("this line is not a setting".into(), help);
    }
    if is("invalid boolean") {
        return (format!("`{found}` is neither true nor false"), "write it in lower case".into());
    }
    if is("unexpected key or value") {
        return told(
            "unexpected text after the value",
            "write one setting per line, a decimal point as in 0.5, and a list in [ ]",
        );
    }
    if is("unclosed array") {
        return told("the list is not closed", "end it with ]");
    }
    if line.contains('"') && line.contains('\\') {
        let help = "write a path with \\ in single quotation marks: 'C:\\images'";
        return ("a string has an invalid escape with \\".into(), help.into());
    }
    if is("invalid basic string") || is("invalid literal string") {
        return told(
            "the string is not closed",
            "end it with the quotation mark that it begins with",
        );
    }
    (format!("this is not TOML: {said}"), LINES.to_owned())
}

/// The number around a character of a line, as written and in TOML's notation, if the two differ.
fn number_at(line: &str, column: usize) -> Option<(String, String)> {
    let letters: Vec<char> = line.chars().collect();
    let is_part = |c: &char| c.is_ascii_alphanumeric() || "+-._".contains(*c);
    let column = column.min(letters.len());
    let before = letters[..column].iter().rev().take_while(|c| is_part(c)).count();
    let behind = letters[column..].iter().take_while(|c| is_part(c)).count();
    let word: String = letters[column - before..column + behind].iter().collect();
    let is_toml = format!("a = {word}").parse::<toml::Table>().is_ok();
    number(&word).filter(|_| !is_toml).map(|number| (word, number))
}

/// Message and help for a text in place of a value.
fn not_a_value(found: &str, line: &str) -> (String, String) {
    if found.is_empty() {
        let key = line.trim_end_matches('=').trim();
        return (
            format!("`{key}` has no value"),
            "write one after the =, or remove the line".into(),
        );
    }
    let bare = found.trim_matches(['“', '”', '„', '‘', '’', '«', '»']);
    let share = found.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let help = match share {
        Some(percent) => format!("write {}", percent / 100.0),
        None if bare != found => format!("use plain quotation marks: \"{bare}\""),
        None => format!("write a string in quotation marks: \"{bare}\""),
    };
    let message = format!("`{found}` is neither a number nor a string");
    (message, help)
}
