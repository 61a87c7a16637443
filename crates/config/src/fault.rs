//! What is wrong with a config, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// A text that settings were read from: a file, or an override on the command line.
#[derive(Debug)]
pub struct Source {
    /// The file's path, or `command line`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A range of bytes of a source.
#[derive(Clone, Debug)]
pub struct Place {
    /// The text that it lies in.
    pub source: Arc<Source>,
    /// The bytes.
    pub span: Range<usize>,
}

/// Where a place begins, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The number of the line, from 1.
    pub line: usize,
    /// The line as it was written.
    pub text: &'a str,
    /// The letter of the line at which it begins, from 0, and how many there are on this line.
    pub letters: (usize, usize),
}

impl Place {
    /// Where it begins.
    pub fn spot(&self) -> Spot<'_> {
        let text = self.source.text.as_str();
        // A span is the parser's, and lies in the text between two letters; one that does not is the end.
        let cut = |at: usize| text.get(..at).unwrap_or(text);
        let before = cut(self.span.start);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[begin..].lines().next().unwrap_or_default();
        let first = before[begin..].chars().count();
        let end = cut(self.span.end)
            .len()
            .clamp(before.len(), begin + line.len().max(before.len() - begin));
        let count = text[before.len()..end].chars().count();
        Spot { line: before.matches('\n').count() + 1, text: line, letters: (first, count) }
    }

    /// Whether it was typed on the command line, and not in a file.
    pub fn is_typed(&self) -> bool {
        self.source.name == COMMAND_LINE
    }
}

impl fmt::Display for Place {
    /// `configs/mlp.toml:12`, or `command line` for an override.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_typed() {
            f.write_str(COMMAND_LINE)
        } else {
            write!(f, "{}:{}", self.source.name, self.spot().line)
        }
    }
}

/// The name of the source of an override.
pub(crate) const COMMAND_LINE: &str = "command line";

/// One fault: what is wrong, where, and what would be right.
#[derive(Clone, Debug)]
pub struct Fault {
    message: String,
    help: Option<String>,
    place: Option<Place>,
}

impl Fault {
    /// A fault that has no place in a text, such as a missing file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place: None }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Option<&Place>) -> Self {
        self.place = place.cloned();
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where it is, if it is in a text.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// What would be right.
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Everything that is wrong with a config; never empty.
#[derive(Clone, Debug)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<_> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for Faults {}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// The candidate that was most likely meant, if any is close.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip in a short word, more in a longer one; two letters swapped are one slip.
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(slips, _)| *slips <= allowed)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// "did you mean ...?", or else the list of what is allowed.
pub(crate) fn suggest(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known here: {}", candidates.join(", ")),
    }
}

/// Why the system refused, in words that are the same on every system, where they are known.
pub fn reason(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let known = match error.kind() {
        Kind::NotFound => "there is no such file or folder",
        Kind::PermissionDenied => "this user may not",
        Kind::AlreadyExists => "a file of this name is in the way",
        Kind::NotADirectory => "a part of the path is a file and no folder",
        Kind::IsADirectory => "it is a folder",
        Kind::StorageFull | Kind::QuotaExceeded => "the disk is full",
        Kind::ReadOnlyFilesystem => "the disk is read-only",
        Kind::InvalidData => "it is not text in UTF-8",
        Kind::AddrInUse => "another program listens there",
        Kind::AddrNotAvailable => "this machine has no such address",
        Kind::OutOfMemory => "there is not enough memory",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_line_and_letters() {
        let source =
            Arc::new(Source { name: "a.toml".into(), text: "a = 1\r\nü = “x”\n".into() });
        let spot = |span: Range<usize>| {
            let place = Place { source: source.clone(), span };
            let Spot { line, text, letters } = place.spot();
            (line, text.to_owned(), letters)
        };
        assert_eq!(spot(4..5), (1, "a = 1".into(), (4, 1)));
        assert_eq!(spot(12..19), (2, "ü = “x”".into(), (4, 3)));
        // Spans over several lines, at line ends and outside of the text.
        assert_eq!(spot(0..19), (1, "a = 1".into(), (0, 5)));
        assert_eq!(spot(20..20), (3, String::new(), (0, 0)));
        assert_eq!(spot(99..100), (3, String::new(), (0, 0)));
        assert_eq!(spot(6..7), (1, "a = 1".into(), (6, 0)));
    }
}
