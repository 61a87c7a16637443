//! Printing: results on standard output, messages on standard error.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use hearth_config::Diagnostic;
use hearth_train::TrainError;
use serde::Serialize;

use super::show::shown;
use crate::failure::Failure;

/// Messages held back while the dashboard is on the terminal. Always locked after standard error.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

/// Maximum number of messages held back.
const MAX_HELD: usize = 10_000;

/// The newest messages held back: a run may take days.
#[derive(Default)]
struct Held {
    texts: VecDeque<String>,
    /// Number of older messages dropped.
    dropped: usize,
}

impl Held {
    fn push(&mut self, text: &str) {
        self.texts.push_back(text.to_owned());
        if self.texts.len() > MAX_HELD {
            self.texts.pop_front();
            self.dropped += 1;
        }
    }

    /// The messages, and a line that counts the dropped ones.
    fn into_messages(self) -> impl Iterator<Item = String> {
        let dropped =
            (self.dropped > 0).then(|| format!("(earlier lines left out: {})", self.dropped));
        dropped.into_iter().chain(self.texts)
    }
}

/// Prints a result on standard output. A closed pipe, as behind `head`, is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::unwritten(Path::new("to standard output"), &error))
        }
        _ => Ok(()),
    }
}

/// Prints a result as one JSON object.
///
/// # Errors
/// Those of [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Other(error.to_string()))?;
    print(&text)
}

/// Prints a message on standard error. Errors are ignored: a closed standard error does not stop the work.
pub fn say(text: &str) {
    let mut err = std::io::stderr().lock();
    match &mut *HELD.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(held) => held.push(text),
        None => drop(writeln!(err, "{text}")),
    }
}

/// Holds messages back from now on.
pub fn hold() {
    let _err = std::io::stderr().lock();
    HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// Prints the messages held back, and holds back no more.
pub fn release() {
    let mut err = std::io::stderr().lock();
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    for text in held.into_messages() {
        let _ = writeln!(err, "{text}");
    }
}

/// Writes an output file.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::unwritten(path, &error))
}

/// A table as comma-separated values, quoted by RFC 4180.
pub fn csv(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header.to_vec()).chain(rows) {
        writer
            .write_record(row)
            .expect("every row is as long as the header, and memory is no disk");
    }
    let bytes = writer.into_inner().expect("memory is no disk");
    String::from_utf8(bytes).expect("text was written")
}

/// A number with separators: `60,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `60,000 steps`, `1 step`.
pub fn several(number: u64, name: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {name}{end}", thousands(number))
}

/// A size in megabytes: `14.0 MB`.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Prints the message of a failure on standard error, and returns its exit code.
pub fn report(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Config(faults) | Failure::Error(TrainError::Config(faults)) => {
            faults.0.iter().for_each(|fault| say(&shown(fault)));
        }
        Failure::Error(_) | Failure::Adapter(_) | Failure::Data(_) | Failure::Other(_) => {
            say(&shown(&Diagnostic::new(failure.text())));
        }
        Failure::Interrupted => {}
    }
    failure.code().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_newest_lines_are_held() {
        let mut held = Held::default();
        (0..MAX_HELD).for_each(|line| held.push(&line.to_string()));
        held.push("last");
        let messages: Vec<_> = held.into_messages().collect();
        assert_eq!(messages.len(), MAX_HELD + 1);
        assert_eq!(messages[..2], ["(earlier lines left out: 1)", "1"]);
        assert_eq!(messages[MAX_HELD], "last");
    }

    #[test]
    fn thousands_are_set_apart() {
        let found: Vec<_> = [0, 999, 1000, 60_000, 1_234_567].map(thousands).into();
        assert_eq!(found, ["0", "999", "1,000", "60,000", "1,234,567"]);
        let found: Vec<_> = [0, 1, 60_000].map(|number| several(number, "step")).into();
        assert_eq!(found, ["0 steps", "1 step", "60,000 steps"]);
    }
}
