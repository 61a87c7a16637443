//! TensorBoard's event files: records of `tensorflow.Event` messages, which TensorBoard reads while they are written.
//!
//! Format: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto>
//! in TFRecord framing, <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

mod histogram;
mod proto;
mod record;

use proto::{
    EventMessage, HistogramProto, Image, Message, Payload, Status, StringTensorProto, SummaryValue,
};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the format. Since version 2, readers rely on [`EventFile::restarted`] in place of guessing restarts
/// from the order of steps.
const FILE_VERSION: &str = "brain.Event:2";

/// An event file, open for writing.
///
/// Events are buffered until [`EventFile::flush`] or a drop. Each event reaches the system in one write, so that a
/// killed run leaves at most its last one incomplete.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventFile {
    /// Creates a new file in a folder, which is created if it is missing.
    ///
    /// Its name is `events.out.tfevents.<unix seconds>.<host>.<pid>.<n>`: readers recognise the prefix and read the
    /// files of a folder in the order of their names. An existing file is never opened.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let seconds = since_epoch().as_secs();
        let name = format!("events.out.tfevents.{seconds:010}.{}.{}", host_name(), process::id());
        let mut n = 0;
        let (path, file) = loop {
            let path = folder.join(format!("{name}.{n}"));
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
                opened => break (path, opened?),
            }
        };
        let mut events = Self { path, file: BufWriter::new(file) };
        events.write(0, Payload::FileVersion(FILE_VERSION.to_owned()))?;
        // From now on, readers recognise the file.
        events.flush()?;
        Ok(events)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a number, rounded to f32; infinities and NaN are kept.
    pub fn scalar(&mut self, step: u64, tag: &str, value: f64) -> io::Result<()> {
        self.value(step, tag, SummaryValue::Simple(value as f32))
    }

    /// Adds a histogram of the finite values; an empty one if there are none.
    pub fn histogram(&mut self, step: u64, tag: &str, values: &[f32]) -> io::Result<()> {
        self.value(step, tag, SummaryValue::Histogram(HistogramProto::of(values)))
    }

    /// Adds an image, encoded as PNG, with its width and height in pixels and its number of channels: 1 for grey, 3 for
    /// RGB, and one more for an alpha channel. A size above `i32::MAX` is an error.
    pub fn png(
        &mut self,
        step: u64,
        tag: &str,
        png: &[u8],
        [width, height]: [usize; 2],
        channels: usize,
    ) -> io::Result<()> {
        let number = |size: usize| {
            i32::try_from(size).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
        };
        let image = Image {
            height: number(height)?,
            width: number(width)?,
            colorspace: number(channels)?,
            encoded_image_string: png.to_vec(),
        };
        self.value(step, tag, SummaryValue::Image(image))
    }

    /// Adds a text, which TensorBoard shows as Markdown.
    pub fn text(&mut self, step: u64, tag: &str, markdown: &str) -> io::Result<()> {
        self.value(
            step,
            tag,
            SummaryValue::Text(StringTensorProto { string_val: markdown.to_owned() }),
        )
    }

    /// Marks a resume after `step`: TensorBoard drops the values of later steps in earlier files of the folder. Must
    /// precede the first value.
    ///
    /// TensorBoard's fast loader ignores restarts. For each tag, it drops the values of the step of the next value and
    /// of later steps.
    pub fn restarted(&mut self, step: u64) -> io::Result<()> {
        // Readers drop the step of this event as well, so it names the first step that is logged
        // anew. Twice, because TensorBoard's pages treat the first such event as a start, while
        // its EventAccumulator treats any as a restart (`_CheckForRestartAndMaybePurge` in
        // plugin_event_accumulator.py and event_accumulator.py).
        for _ in 0..2 {
            self.write(step.saturating_add(1), Payload::SessionLog(Status::Start))?;
        }
        Ok(())
    }

    /// Writes all buffered events.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn value(&mut self, step: u64, tag: &str, value: SummaryValue) -> io::Result<()> {
        self.write(step, Payload::Summary { tag: tag.to_owned(), value })
    }

    fn write(&mut self, step: u64, payload: Payload) -> io::Result<()> {
        let event = EventMessage {
            wall_time: since_epoch().as_secs_f64(),
            step: i64::try_from(step).unwrap_or(i64::MAX),
            payload,
        };
        self.file.write_all(&record::framed(&event.encoded()))
    }
}

/// The time since 1970; zero for a clock that is set before.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// This machine's name on Linux, else `localhost`, with `_` for characters that are not letters, digits or `-`.
fn host_name() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .map(|name| name.trim().replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_"))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests;
