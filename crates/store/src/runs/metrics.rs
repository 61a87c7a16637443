//! `metrics.jsonl`: a log of JSON objects, one per line.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    StoreError,
    disk::{self, Context},
};

/// The log of a run, open for appending.
///
/// A checkpoint stores the log's [`length`](Self::length): call [`sync`](Self::sync) before saving it, and
/// [`open`](Self::open) with that length when resuming.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    length: u64,
}

impl MetricsLog {
    /// Opens or creates a log and truncates it to `length` bytes: lines after the checkpoint will be logged again. A
    /// shorter log is an error.
    pub fn open(path: impl Into<PathBuf>, length: u64) -> Result<Self, StoreError> {
        let path = path.into();
        let is_new = !disk::exists(&path)?;
        if is_new && length > 0 {
            return Err(StoreError::MetricsShort { path, wanted: length, found: 0 });
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .context("open", &path)?;
        if is_new {
            disk::sync_folder(disk::parent(&path))?;
        }
        let found = file.metadata().context("look at", &path)?.len();
        if found < length {
            return Err(StoreError::MetricsShort { path, wanted: length, found });
        }
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(length - 1))
                .and_then(|_| file.read_exact(&mut last))
                .context("read", &path)?;
            if last != *b"\n" {
                let fault = format!(
                    "no line ends at byte {length}, where one did when the checkpoint was saved: \
                     put the file back, or resume from an earlier checkpoint"
                );
                return Err(StoreError::Unreadable { file: path, fault });
            }
        }
        file.set_len(length).context("cut back", &path)?;
        Ok(Self { path, file, length })
    }

    /// Appends an object as one line. NaN and infinities, which JSON lacks, become `null`.
    pub fn append(&mut self, object: &impl Serialize) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(object).map_err(|error| StoreError::Encode {
            what: "a line of metrics",
            fault: error.to_string(),
        })?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // Removes a partial line, which the next one must not continue. If this fails too, the first error
            // is still the one to report.
            let _ = self.file.set_len(self.length);
            return Err(error).context("write", &self.path);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// The length of the log, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Syncs the log to the disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_all().context("write", &self.path)
    }
}

/// Reads a log; a missing file is an empty log. A last line without its end, as a crash leaves it, is skipped.
pub fn read_metrics(path: impl AsRef<Path>) -> Result<Vec<serde_json::Value>, StoreError> {
    let mut lines = Vec::new();
    for_each_metric(path, |line| lines.push(line))?;
    Ok(lines)
}

/// Passes each line of a log to `on_line`, in constant memory; otherwise as [`read_metrics`].
pub fn for_each_metric(
    path: impl AsRef<Path>,
    mut on_line: impl FnMut(serde_json::Value),
) -> Result<(), StoreError> {
    let path = path.as_ref();
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => BufReader::new(file.context("read", path)?),
    };
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        file.read_until(b'\n', &mut line).context("read", path)?;
        if !line.ends_with(b"\n") {
            break;
        }
        on_line(serde_json::from_slice(&line).map_err(|error| StoreError::Unreadable {
            file: path.to_owned(),
            fault: format!("line {number} is not JSON ({error}); remove it to go on"),
        })?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{error::Error, fs};

    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_is_cut_back_and_continued() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metrics.jsonl");
        let mut log = MetricsLog::open(&path, 0)?;
        log.append(&json!({"step": 1, "loss": 0.1}))?;
        let saved = log.length();
        log.append(&json!({"step": 2, "note": "two\nlines"}))?;
        log.sync()?;
        assert_eq!(log.length(), fs::metadata(&path)?.len());
        assert_eq!(read_metrics(&path)?.len(), 2);
        drop(log);

        let mut log = MetricsLog::open(&path, saved)?;
        log.append(&json!({"step": 2, "loss": f64::NAN}))?;
        let expected = "{\"step\":1,\"loss\":0.1}\n{\"step\":2,\"loss\":null}\n";
        assert_eq!(fs::read_to_string(&path)?, expected);
        let length = log.length();
        drop(log);

        let error = MetricsLog::open(&path, length + 1).expect_err("it is shorter");
        assert!(matches!(error, StoreError::MetricsShort { found, .. } if found == length));
        let error = MetricsLog::open(&path, saved + 1).expect_err("no line ends there");
        assert!(matches!(error, StoreError::Unreadable { .. }));
        assert_eq!(fs::read_to_string(&path)?, expected, "an error changes nothing");
        MetricsLog::open(&path, 0)?;
        assert_eq!(fs::metadata(&path)?.len(), 0);
        Ok(())
    }

    #[test]
    fn only_the_last_line_may_be_torn() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metrics.jsonl");
        assert!(read_metrics(&path)?.is_empty());
        fs::write(&path, "{\"step\":1}\n{\"step\":2}\n{\"st")?;
        assert_eq!(read_metrics(&path)?, [json!({"step": 1}), json!({"step": 2})]);
        fs::write(&path, "{\"step\":1}\n{\"st\n{\"step\":3}\n")?;
        let error = read_metrics(&path).expect_err("line 2 is torn");
        assert!(error.to_string().contains("line 2"), "{error}");
        fs::write(&path, b"\xff\xfe\n")?;
        assert!(read_metrics(&path).is_err());
        Ok(())
    }
}
