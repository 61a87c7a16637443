//! Diagnostics: errors in a config, with their location and a suggestion.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// A text that settings were read from: a file, or an override on the command line.
#[derive(Debug)]
pub struct SourceText {
    /// The file's path, or `command line`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A range of bytes in a source text.
#[derive(Clone, Debug)]
pub struct Location {
    /// The text that contains it.
    pub source: Arc<SourceText>,
    /// The bytes, `start..end`.
    pub span: Range<usize>,
}

/// The first line of a location, and the characters to underline in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineSpan<'a> {
    /// The line's number, from 1.
    pub line: usize,
    /// The line's text, without its end.
    pub text: &'a str,
    /// The first character in the line, from 0, and the number of characters on this line.
    pub columns: (usize, usize),
}

impl Location {
    /// The line that it begins on.
    pub fn line_span(&self) -> LineSpan<'_> {
        let text = self.source.text.as_str();
        // The parser's spans lie on character boundaries of the text; any other span counts as the end.
        let cut = |at: usize| text.get(..at).unwrap_or(text);
        let before = cut(self.span.start);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[begin..].lines().next().unwrap_or_default();
        let first = before[begin..].chars().count();
        let end = cut(self.span.end)
            .len()
            .clamp(before.len(), begin + line.len().max(before.len() - begin));
        let count = text[before.len()..end].chars().count();
        LineSpan { line: before.matches('\n').count() + 1, text: line, columns: (first, count) }
    }

    /// True if it was typed on the command line, and not in a file.
    pub fn is_typed(&self) -> bool {
        self.source.name == COMMAND_LINE
    }
}

impl fmt::Display for Location {
    /// `configs/mlp.toml:12`, or `command line` for an override.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_typed() {
            f.write_str(COMMAND_LINE)
        } else {
            write!(f, "{}:{}", self.source.name, self.line_span().line)
        }
    }
}

/// The source name of overrides.
pub(crate) const COMMAND_LINE: &str = "command line";

/// An error in a config: a message, its location, and help.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    message: String,
    help: Option<String>,
    location: Option<Location>,
}

impl Diagnostic {
    /// A diagnostic without a location, as of a missing file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, location: None }
    }

    /// Sets the location.
    #[must_use]
    pub fn at(mut self, location: Option<&Location>) -> Self {
        self.location = location.cloned();
        self
    }

    /// Sets the help: a suggestion, or the allowed values.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The location, if the error lies in a text.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The help, if there is any.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// All errors in a config; never empty.
#[derive(Clone, Debug)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<_> = self.0.iter().map(Diagnostic::to_string).collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

/// The candidate of the smallest Damerau-Levenshtein distance to `word`; none where all are far from it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One edit in a short word, more in a longer one; two letters swapped are one edit.
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// "did you mean ...?" where a candidate is near, else the list of candidates.
pub(crate) fn suggest(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known here: {}", candidates.join(", ")),
    }
}

/// The reason of an I/O error, worded the same on every operating system; the system's own text for rare kinds.
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
    fn a_location_has_a_line_and_columns() {
        let source =
            Arc::new(SourceText { name: "a.toml".into(), text: "a = 1\r\nü = “x”\n".into() });
        let line_span = |span: Range<usize>| {
            let location = Location { source: source.clone(), span };
            let LineSpan { line, text, columns } = location.line_span();
            (line, text.to_owned(), columns)
        };
        assert_eq!(line_span(4..5), (1, "a = 1".into(), (4, 1)));
        assert_eq!(line_span(12..19), (2, "ü = “x”".into(), (4, 3)));
        // Spans over several lines, at line ends and outside of the text.
        assert_eq!(line_span(0..19), (1, "a = 1".into(), (0, 5)));
        assert_eq!(line_span(20..20), (3, String::new(), (0, 0)));
        assert_eq!(line_span(99..100), (3, String::new(), (0, 0)));
        assert_eq!(line_span(6..7), (1, "a = 1".into(), (6, 0)));
    }
}
