//! Errors of the command line, in the program's own words: the wrong argument, and the right one.

use std::num::{ParseFloatError, ParseIntError};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use hearth_config::{Diagnostic, nearest, setting_like};

use crate::failure::Failure;

/// Prints a result of clap: help and version unchanged, and gives their exit code. Errors become failures.
pub fn report(error: &clap::Error) -> Result<ExitCode, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Standard output may be closed.
            let _ = error.print();
            Ok(ExitCode::SUCCESS)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Ok(ExitCode::from(2))
        }
        _ => {
            let words: Vec<String> =
                std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
            Err(hearth_config::Diagnostics::from(fault(error, &words)).into())
        }
    }
}

/// Clap's error as a fault; `words` is the command line.
fn fault(error: &clap::Error, words: &[String]) -> Diagnostic {
    let context = ClapContext(error);
    let command = context.command();
    let argument = context.text(ContextKind::InvalidArg);
    let value = context.text(ContextKind::InvalidValue);
    let listed = format!("see `{command} --help`");
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = context.text(ContextKind::InvalidSubcommand);
            let help = match context.first(ContextKind::SuggestedSubcommand) {
                Some(near) => format!("did you mean `{near}`? {listed}"),
                None => listed,
            };
            Diagnostic::new(format!("`{command}` has no command {typed}")).help(help)
        }
        ErrorKind::UnknownArgument => {
            let help = match context.first(ContextKind::SuggestedArg) {
                Some(near) => format!("did you mean `{near}`?"),
                None => intended(&argument, &command, words).unwrap_or(listed),
            };
            Diagnostic::new(format!("`{command}` has no option {argument}")).help(help)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = context.all(ContextKind::InvalidArg).join(" and ");
            let resumes = command.ends_with("train") && missing == "--run";
            let help = if resumes {
                "name the run: hearth train --run <DIR> --resume; `hearth runs` lists them"
                    .to_owned()
            } else {
                context.usage()
            };
            Diagnostic::new(format!("`{command}` lacks {missing}")).help(help)
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            Diagnostic::new(format!("{argument} has no value")).help(listed)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let known = context.all(ContextKind::ValidValue);
            let help = match nearest(&value, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if !known.is_empty() => format!("known here: {}", known.join(", ")),
                None => allowed(error),
            };
            Diagnostic::new(format!("{argument} cannot be `{value}`")).help(help)
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooManyValues => {
            let given = context.text(ContextKind::ActualNumValues);
            let least = context.text(ContextKind::MinValues);
            let wanted = if least.is_empty() { "another number".to_owned() } else { least };
            let argument = argument.split_whitespace().next().unwrap_or_default();
            let message = format!("`{command}` needs {wanted} of {argument}, and has {given}");
            Diagnostic::new(message).help(context.usage())
        }
        ErrorKind::ArgumentConflict => {
            let other = context.all(ContextKind::PriorArg).join(" and ");
            let message = match other.as_str() {
                "" => format!("{argument} does not go together with the other options"),
                other if *other == argument => format!("{argument} is given twice"),
                other => format!("{argument} does not go together with {other}"),
            };
            Diagnostic::new(message).help("leave one of them out")
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Diagnostic::new(line.trim_start_matches("error: ")).help(listed)
        }
    }
}

/// The remedy for an unknown option that was meant as a setting or as the config.
fn intended(argument: &str, command: &str, words: &[String]) -> Option<String> {
    let name = argument.split('=').next().unwrap_or_default();
    let place = words.iter().position(|word| word.split('=').next() == Some(name));
    let typed = place.and_then(|place| words[place].split_once('=').map(|(_, value)| value));
    let next = place.and_then(|place| words.get(place + 1)).filter(|word| !word.starts_with('-'));
    let value = typed.or(next.map(String::as_str));
    if !["train", "sweep", "config", "lr-find", "import"].iter().any(|name| command.ends_with(name))
    {
        return None;
    }
    if ["--config", "-c", "--cfg"].contains(&name) {
        return Some(format!(
            "the config is the first word: {command} {}",
            value.unwrap_or("CONFIG")
        ));
    }
    let setting = setting_like(name)?;
    let value = value.unwrap_or("VALUE");
    Some(format!("a setting is typed without dashes: {setting}={value}"))
}

/// The allowed values, from the error of a value's parser.
fn allowed(error: &clap::Error) -> String {
    let Some(source) = std::error::Error::source(error) else {
        return "see --help for the allowed values".to_owned();
    };
    if source.is::<ParseIntError>() {
        return "it is a whole number, 0 or more".to_owned();
    }
    if source.is::<ParseFloatError>() {
        return "it is a number, such as 0.1".to_owned();
    }
    let text = source.to_string();
    let range = text.split_once(" is not in ").and_then(|(_, range)| range.split_once(".."));
    match range {
        Some((low, high)) => format!("allowed: {low} to {}", high.trim_start_matches('=')),
        // The error of a parser of this program names the allowed values.
        None => text,
    }
}

/// The context of a clap error.
struct ClapContext<'a>(&'a clap::Error);

impl ClapContext<'_> {
    fn all(&self, kind: ContextKind) -> Vec<String> {
        match self.0.get(kind) {
            Some(ContextValue::String(text)) => vec![name(text)],
            Some(ContextValue::Strings(texts)) => texts.iter().map(|text| name(text)).collect(),
            Some(ContextValue::Number(number)) => vec![number.to_string()],
            Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
            _ => Vec::new(),
        }
    }

    fn first(&self, kind: ContextKind) -> Option<String> {
        self.all(kind).into_iter().next()
    }

    fn text(&self, kind: ContextKind) -> String {
        self.first(kind).unwrap_or_default()
    }

    /// The usage of the command, on one line.
    fn usage(&self) -> String {
        let text = self.text(ContextKind::Usage);
        let line = text.lines().next().unwrap_or_default();
        // Clap lists an option from the environment as required.
        let usage = line.trim_start_matches("Usage: ").replace(" --datasets <DATASETS>", "");
        let usage = usage.trim();
        if usage.is_empty() {
            "`hearth help` lists the commands".to_owned()
        } else {
            usage.to_owned()
        }
    }

    /// The called command, as far as clap recognised it.
    fn command(&self) -> String {
        let usage = self.usage();
        let words = usage.split_whitespace();
        let words: Vec<&str> =
            words.take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
        match words.first() {
            Some(&"hearth") => words.join(" "),
            _ => "hearth".to_owned(),
        }
    }
}

/// `--split` of `--split <SPLIT>`; other texts unchanged.
fn name(text: &str) -> String {
    match text.split_once(" <") {
        Some((option, _)) if option.starts_with('-') => option.to_owned(),
        _ => text.to_owned(),
    }
}
