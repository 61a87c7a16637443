//! TensorBoard's event files: what a run measures, as records of `tensorflow.Event` messages that
//! TensorBoard reads while they are written.
//!
//! Format: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto>
//! in TFRecord framing, <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

mod histogram;
mod proto;
mod record;

use proto::{Event, HistogramProto, Image, Proto, Status, TensorProto, Value, What};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the format. From 2 on readers go by [`EventFile::restarted`], and no longer guess
/// restarts from the order of steps.
const FILE_VERSION: &str = "brain.Event:2";

/// One event file, open for writing.
///
/// Events are buffered; [`EventFile::flush`] or dropping the file hands them to the system. An
/// event reaches the system in one piece, so that a killed run leaves at most its last one torn.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventFile {
    /// Opens a new file in a folder, which is made if it is missing.
    ///
    /// The name is `events.out.tfevents.<unix seconds>.<host>.<pid>.<n>`: readers know such a file
    /// by its beginning and take those of a folder in the order of their names. An existing file is
    /// never opened.
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
        events.write(0, What::FileVersion(FILE_VERSION.to_owned()))?;
        // A reader that finds the file now takes it for what it is.
        events.flush()?;
        Ok(events)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a number, rounded to f32; infinities and NaN are kept.
    pub fn scalar(&mut self, step: u64, tag: &str, value: f64) -> io::Result<()> {
        self.value(step, tag, Value::Simple(value as f32))
    }

    /// Adds the distribution of values. Those that are not finite are left out; of none at all,
    /// the histogram is empty.
    pub fn histogram(&mut self, step: u64, tag: &str, values: &[f32]) -> io::Result<()> {
        self.value(step, tag, Value::Histogram(HistogramProto::of(values)))
    }

    /// Adds a picture, encoded as PNG, with its sides in pixels and its number of channels: 1 for
    /// grey, 3 for RGB, and one more with transparency.
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
        self.value(step, tag, Value::Image(image))
    }

    /// Adds a text, which TensorBoard shows as Markdown.
    pub fn text(&mut self, step: u64, tag: &str, markdown: &str) -> io::Result<()> {
        self.value(step, tag, Value::Text(TensorProto { string_val: markdown.to_owned() }))
    }

    /// Says that a killed run goes on after `step`: what earlier files of the folder hold of later
    /// steps is not shown; what they hold of `step` itself stays. Comes before the first value.
    ///
    /// TensorBoard's fast loader knows nothing of restarts, and drops from a tag what it holds of
    /// the step of its next value and later ones.
    pub fn restarted(&mut self, step: u64) -> io::Result<()> {
        // Readers drop the step of this event as well, so it names the first one that is logged
        // anew. Twice, for TensorBoard's pages take the first one that they see for a start, while
        // its EventAccumulator takes any for a restart (`_CheckForRestartAndMaybePurge` in
        // plugin_event_accumulator.py and event_accumulator.py).
        for _ in 0..2 {
            self.write(step.saturating_add(1), What::SessionLog(Status::Start))?;
        }
        Ok(())
    }

    /// Hands all events to the system, where a reader finds them.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn value(&mut self, step: u64, tag: &str, value: Value) -> io::Result<()> {
        self.write(step, What::Summary { tag: tag.to_owned(), value })
    }

    fn write(&mut self, step: u64, what: What) -> io::Result<()> {
        let event = Event {
            wall_time: since_epoch().as_secs_f64(),
            step: i64::try_from(step).unwrap_or(i64::MAX),
            what,
        };
        self.file.write_all(&record::framed(&event.encoded()))
    }
}

/// The time, of a clock that is not set before 1970.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// This machine's name, as Linux tells it, or `localhost`; only with what may stand in a file name.
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
