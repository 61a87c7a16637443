//! Command lines of this program, printed for users to paste into a shell.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

static INVOCATION: OnceLock<Invocation> = OnceLock::new();

/// The invocation of this process, as far as suggested commands must repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program's name, as it was typed.
    pub program: OsString,
    /// Options for the folder of datasets; empty for the default folder.
    pub datasets: Vec<OsString>,
    /// Options for backend and device, as they were typed.
    pub compute: Vec<OsString>,
}

impl Invocation {
    /// Sets the invocation of this process; only the first call counts.
    pub fn remember(self) {
        let _ = INVOCATION.set(self);
    }
}

/// A command line of this program, to paste into a POSIX shell in the same working directory. A text with `$'...'`
/// needs bash or zsh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    command: &'static str,
    words: Vec<String>,
}

impl CommandLine {
    /// One of the program's commands, such as `train`.
    pub fn new(command: &'static str) -> Self {
        Self { command, words: Vec::new() }
    }

    /// Adds a word.
    #[must_use]
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(quoted(word.as_ref()));
        self
    }

    /// Adds words.
    #[must_use]
    pub fn args<W: AsRef<OsStr>>(self, words: impl IntoIterator<Item = W>) -> Self {
        words.into_iter().fold(self, Self::arg)
    }

    /// Adds a path, which is never taken for an option.
    #[must_use]
    pub fn path(self, path: &Path) -> Self {
        if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
            self.arg(Path::new(".").join(path))
        } else {
            self.arg(path)
        }
    }

    /// Adds a placeholder for the user's own words, such as `IMAGE...`.
    #[must_use]
    pub fn placeholder(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    fn text(&self, invocation: Option<&Invocation>) -> String {
        let program = invocation.map_or_else(|| "hearth".to_owned(), |it| quoted(&it.program));
        let mut words = vec![program, self.command.to_owned()];
        words.extend_from_slice(&self.words);
        if let Some(invocation) = invocation {
            let of = |commands: &[&str], options: &[OsString]| {
                let options = options.iter().filter(|_| commands.contains(&self.command));
                options.map(|word| quoted(word)).collect::<Vec<_>>()
            };
            words.extend(of(&COMPUTING, &invocation.compute));
            words.extend(of(&WITH_DATASETS, &invocation.datasets));
        }
        words.join(" ")
    }
}

/// The commands that take options for backend and device.
const COMPUTING: [&str; 10] = [
    "train", "sweep", "eval", "predict", "inspect", "sample", "export", "import", "serve",
    "lr-find",
];

/// The commands that read the folder of datasets.
const WITH_DATASETS: [&str; 8] =
    ["train", "sweep", "eval", "inspect", "export", "import", "lr-find", "data"];

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(INVOCATION.get()))
    }
}

/// A word, quoted for a shell. A word with control characters, backticks or invalid UTF-8 becomes `$'...'`, which bash
/// and zsh read, so that it stays on one line and within its quotation marks.
pub fn quoted(word: &OsStr) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./+=:,@".contains(c);
    let escaped = |c: char| c.is_control() || c == '`' || "\u{2028}\u{2029}".contains(c);
    match word.to_str() {
        Some(text) if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) => {
            text.to_owned()
        }
        Some(text) if !text.chars().any(escaped) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let mut text = "$'".to_owned();
            for chunk in word.as_encoded_bytes().utf8_chunks() {
                for c in chunk.valid().chars() {
                    match c {
                        '\\' | '\'' => text.extend(['\\', c]),
                        '\n' => text.push_str("\\n"),
                        '\t' => text.push_str("\\t"),
                        c if escaped(c) => text.extend(bytes(c.to_string().as_bytes())),
                        c => text.push(c),
                    }
                }
                text.extend(bytes(chunk.invalid()));
            }
            text + "'"
        }
    }
}

/// Bytes as octal escapes, which end after three digits whatever follows.
fn bytes(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.iter().map(|byte| format!("\\{byte:03o}"))
}

#[cfg(all(test, unix))]
#[path = "../../../tests/skip.rs"]
mod skip;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        use std::io::ErrorKind;
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

        let mut words: Vec<OsString> = [
            "plain",
            "",
            "two words",
            "two  spaces ",
            "it's",
            "\"double\"",
            "$HOME",
            "a`b`",
            "~",
            "*",
            "new\nline",
            "tab\there",
            "back\\slash",
            "bell\x07 1",
            "'",
            "cafe\u{301}",
            "🙂",
            "=ls",
            "#",
            "-x",
            "a\u{2028}b",
            "\u{85}7",
            "\r",
            "!!",
            "{a,b}",
        ]
        .map(OsString::from)
        .into();
        words.push(OsString::from_vec(b"caf\xe9 1\xff".to_vec()));
        let mut lacking = Vec::new();
        for word in words {
            let quoted = quoted(&word);
            assert_eq!(quoted.lines().count(), 1, "{quoted}");
            // Dash, which is `sh` on many systems, has no $'...'.
            let shell = if quoted.starts_with('$') { "bash" } else { "sh" };
            let script = format!("printf %s {quoted}");
            let printed = std::process::Command::new(shell).args(["-c", &script]).output();
            let printed = match printed {
                Err(error) if shell == "bash" && error.kind() == ErrorKind::NotFound => {
                    lacking.push(quoted);
                    continue;
                }
                printed => printed.expect("a shell").stdout,
            };
            assert_eq!(OsStr::from_bytes(&printed), word, "{quoted}");
        }
        if !lacking.is_empty() {
            super::skip::skip(&format!("there is no bash to read {}", lacking.join(" ")));
        }
    }

    #[test]
    fn a_command_line_has_the_options_that_it_needs() {
        let path = Path::new("my runs/a");
        let train = CommandLine::new("train").arg("--run").path(path).arg("--resume");
        assert_eq!(train.text(None), "hearth train --run 'my runs/a' --resume");
        let invocation = Invocation {
            program: "./my hearth".into(),
            datasets: vec!["--datasets".into(), "my data".into()],
            compute: vec!["--backend".into(), "ndarray".into()],
        };
        assert_eq!(
            train.text(Some(&invocation)),
            "'./my hearth' train --run 'my runs/a' --resume --backend ndarray --datasets 'my data'"
        );
        let predict = CommandLine::new("predict").path(Path::new("-a")).placeholder("IMAGE...");
        assert_eq!(
            predict.text(Some(&invocation)),
            "'./my hearth' predict ./-a IMAGE... --backend ndarray"
        );
        assert_eq!(CommandLine::new("runs").text(Some(&invocation)), "'./my hearth' runs");
    }
}
