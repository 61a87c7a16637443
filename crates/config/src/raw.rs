//! Settings as typed: from a text and overrides to a checked config.

use std::path::{Path, PathBuf};

use toml::Value;

use crate::checks::Checks;
use crate::command::CommandLine;
use crate::config::{Config, FORMAT};
use crate::read::reader::Reader;
use crate::read::section_reader::Sections;
use crate::syntax::diagnostic::{Diagnostic, Diagnostics, Location, SourceText, nearest, reason};
use crate::syntax::tree::Node;

/// The settings as typed, each with its location.
#[derive(Clone, Debug)]
pub struct RawConfig(pub(crate) Node);

impl RawConfig {
    /// Reads a file. The error for a missing one suggests the config of the nearest name.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| not_text(path, error.as_bytes()))?;
        Self::parse(&path.display().to_string(), text)
    }

    /// Parses a text; diagnostics call it `name`.
    pub fn parse(name: &str, text: String) -> Result<Self, Diagnostics> {
        Ok(Self(Node::parse(SourceText { name: name.into(), text })?))
    }

    /// Merges overrides `key=value` into the settings; later ones win.
    pub fn with_overrides<S: AsRef<str>>(mut self, overrides: &[S]) -> Result<Self, Diagnostics> {
        for (index, text) in overrides.iter().enumerate() {
            let node = Node::parse_override(text.as_ref()).map_err(|diagnostic| {
                let next = overrides[index + 1..].iter().map(AsRef::as_ref);
                match in_one_word(text.as_ref(), next) {
                    Some(word) => diagnostic.help(format!("write it without spaces: {word}")),
                    None => diagnostic,
                }
            })?;
            self.0.merge(node);
        }
        Ok(self)
    }

    /// Checks every section, key, type, range and contradiction, and returns all errors at once.
    pub fn check(&self) -> Result<Config, Diagnostics> {
        self.checked(true)
    }

    /// Checks the settings of a finished run. Contradictions that earlier versions allowed, and that concern only
    /// training, are accepted.
    pub fn check_stored(&self) -> Result<Config, Diagnostics> {
        self.checked(false)
    }

    fn checked(&self, trains: bool) -> Result<Config, Diagnostics> {
        let mut reader = Reader::new(&self.0);
        let sections = Sections::read(&mut reader);
        let mut checks = Checks::new(&self.0, trains);
        checks.all(&sections);
        let diagnostics: Vec<_> =
            reader.into_diagnostics().into_iter().chain(checks.diagnostics).collect();
        match sections.into_config() {
            Some(config) if diagnostics.is_empty() => Ok(config),
            _ => Err(Diagnostics(diagnostics)),
        }
    }

    /// The location of a setting, by its dotted path.
    pub(crate) fn location_of(&self, key: &str) -> Location {
        self.0.location_of(key)
    }

    /// The resolved settings as TOML, each with a comment on the origin of its value: `file:line`, `command line` or
    /// `default`.
    pub fn explain(&self, config: &Config) -> String {
        config.to_text(|path| {
            // Class names may contain dots.
            let class = path.strip_prefix("train.class_weights.");
            if path == "format"
                && self
                    .0
                    .find(path)
                    .is_some_and(|node| node.to_value() != Value::from(i64::from(FORMAT)))
            {
                return Some("of this version; the file has an earlier one".into());
            }
            match (class, self.0.find(path)) {
                (Some(class), _) => {
                    Some(self.0.location_of_member("train.class_weights", class).to_string())
                }
                (None, Some(node)) => Some(node.location.to_string()),
                (None, None) => Some("default".into()),
            }
        })
    }
}

/// The diagnostic for a file that cannot be read, with a suggestion.
fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let name = path.display();
    if path.join("config.toml").is_file() {
        let resume = CommandLine::new("train").arg("--run").path(path).arg("--resume");
        let help = format!("`{resume}` resumes it");
        return Diagnostic::new(format!("{name} is the folder of a run, not a config")).help(help);
    }
    if path.is_dir() {
        let help = "name a TOML file; for a folder of images, `hearth init FOLDER` writes one";
        return Diagnostic::new(format!("{name} is a folder, not a config")).help(help);
    }
    let near = neighbour(path).filter(|_| error.kind() == std::io::ErrorKind::NotFound);
    let help = match near {
        Some(near) => format!("did you mean `{}`?", near.display()),
        None => "a config is a TOML file, such as configs/mlp.toml".to_owned(),
    };
    Diagnostic::new(format!("cannot read {name}: {}", reason(error))).help(help)
}

/// The diagnostic for a file that is not UTF-8.
fn not_text(path: &Path, bytes: &[u8]) -> Diagnostic {
    let (what, help) = match bytes {
        // The byte order mark, which editors of Windows write.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("is written in UTF-16", "save it as UTF-8"),
        bytes if bytes.contains(&0) => {
            ("is not text", "a config is a TOML file, such as configs/mlp.toml")
        }
        _ => ("is not UTF-8", "save it as UTF-8"),
    };
    Diagnostic::new(format!("{} {what}", path.display())).help(help)
}

/// The override `train.epochs=3` for the words `train.epochs = 3` or `train.epochs 3`.
fn in_one_word<'a>(text: &str, mut next: impl Iterator<Item = &'a str>) -> Option<String> {
    let value = match (text.split_once('='), next.next()?) {
        (None, "=") => next.next()?,
        (None, word) => word.strip_prefix('=').unwrap_or(word),
        (Some((_, "")), word) => word,
        (Some(_), _) => return None,
    };
    let is_key = text.contains('.') && !text.contains(['/', '\\']);
    (is_key && !value.contains('=')).then(|| format!("{}={value}", text.trim_end_matches('=')))
}

/// The config of the name nearest to that of `path`, with or without its extension, in the same folder or in
/// `configs/`.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let is_whole = path.extension().is_some_and(|end| end == "toml");
    let whole = if is_whole { wanted.to_owned() } else { format!("{wanted}.toml") };
    [path.parent()?, Path::new("configs")].into_iter().find_map(|folder| {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let names: Vec<String> = std::fs::read_dir(here)
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "toml"))
            .collect();
        nearest(&whole, names.iter().map(String::as_str)).map(|name| folder.join(name))
    })
}

#[cfg(test)]
mod tests;
