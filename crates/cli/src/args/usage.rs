//! What is wrong with a command line, in our own words: what was typed, and what would be right.

use std::num::{ParseFloatError, ParseIntError};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use hearth_config::{Fault, nearest, setting_like};

use crate::failure::Failure;

/// Prints what clap says: help and versions as they are, and faults as ours.
pub fn answer(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody may be listening any more.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => {
            let words: Vec<String> =
                std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
            Failure::from(hearth_config::Faults::from(fault(error, &words))).report()
        }
    }
}

/// The fault that clap found in these words.
fn fault(error: &clap::Error, words: &[String]) -> Fault {
    let said = Said(error);
    let command = said.command();
    let argument = said.text(ContextKind::InvalidArg);
    let value = said.text(ContextKind::InvalidValue);
    let listed = format!("`{command} --help` lists what there is");
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = said.text(ContextKind::InvalidSubcommand);
            let help = match said.first(ContextKind::SuggestedSubcommand) {
                Some(near) => format!("did you mean `{near}`? {listed}"),
                None => listed,
            };
            Fault::new(format!("`{command}` has no command {typed}")).help(help)
        }
        ErrorKind::UnknownArgument => {
            let help = match said.first(ContextKind::SuggestedArg) {
                Some(near) => format!("did you mean `{near}`?"),
                None => meant(&argument, &command, words).unwrap_or(listed),
            };
            Fault::new(format!("`{command}` has no option {argument}")).help(help)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = said.all(ContextKind::InvalidArg).join(" and ");
            let resumes = command.ends_with("train") && missing == "--run";
            let help = if resumes {
                "name the run: hearth train --run <DIR> --resume; `hearth runs` lists them"
                    .to_owned()
            } else {
                said.usage()
            };
            Fault::new(format!("`{command}` lacks {missing}")).help(help)
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            Fault::new(format!("{argument} has no value")).help(listed)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let known = said.all(ContextKind::ValidValue);
            let help = match nearest(&value, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if !known.is_empty() => format!("known here: {}", known.join(", ")),
                None => allowed(error),
            };
            Fault::new(format!("{argument} cannot be `{value}`")).help(help)
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooManyValues => {
            let given = said.text(ContextKind::ActualNumValues);
            let least = said.text(ContextKind::MinValues);
            let wanted = if least.is_empty() { "another number".to_owned() } else { least };
            let argument = argument.split_whitespace().next().unwrap_or_default();
            let message = format!("`{command}` needs {wanted} of {argument}, and has {given}");
            Fault::new(message).help(said.usage())
        }
        ErrorKind::ArgumentConflict => {
            let other = said.all(ContextKind::PriorArg).join(" and ");
            let message = match other.as_str() {
                "" => format!("{argument} does not go together with the other options"),
                other if *other == argument => format!("{argument} is given twice"),
                other => format!("{argument} does not go together with {other}"),
            };
            Fault::new(message).help("leave one of them out")
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Fault::new(line.trim_start_matches("error: ")).help(listed)
        }
    }
}

/// What an option was meant for that there is not: a setting, the config, or a number below zero.
fn meant(argument: &str, command: &str, words: &[String]) -> Option<String> {
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

/// What a value may be, where a type of the standard library refused it.
fn allowed(error: &clap::Error) -> String {
    let Some(source) = std::error::Error::source(error) else {
        return "see --help for what it takes".to_owned();
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
        // Ours, which says what is allowed.
        None => text,
    }
}

/// What clap knows of a fault.
struct Said<'a>(&'a clap::Error);

impl Said<'_> {
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

    /// How the command is used, on one line.
    fn usage(&self) -> String {
        let text = self.text(ContextKind::Usage);
        let line = text.lines().next().unwrap_or_default();
        // Clap takes an option that the environment sets for one that must be given.
        let usage = line.trim_start_matches("Usage: ").replace(" --datasets <DATASETS>", "");
        let usage = usage.trim();
        if usage.is_empty() {
            "`hearth help` lists the commands".to_owned()
        } else {
            usage.to_owned()
        }
    }

    /// The command that was called, as far as it was understood.
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

/// `--split` of `--split <SPLIT>`; what stands alone is left as it is.
fn name(text: &str) -> String {
    match text.split_once(" <") {
        Some((option, _)) if option.starts_with('-') => option.to_owned(),
        _ => text.to_owned(),
    }
}
