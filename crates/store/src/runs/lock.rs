//! The lock of a run: one process at a time may change it.

use std::{
    env,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    process, thread,
    time::Duration,
};

use crate::{StoreError, disk::Context};

/// The locked file. It stays after the lock is released: removing it would let two processes lock two files of the same
/// name.
pub(crate) const NAME: &str = ".lock";

/// The exclusive right to change a run. Dropping it, or any end of the process, releases it.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Locks the run in `folder`; the error names the process that holds the lock.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .context("open", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: folder.to_owned(), holder: holder(&file) });
            }
            Err(TryLockError::Error(error)) => return Err(error).context("lock", &path),
        }
        let now = jiff::Timestamp::now();
        let holder = format!("pid {} on {} since {now:.0}\n", process::id(), host());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .context("write", &path)?;
        Ok(Self { _file: file })
    }
}

/// The line that the lock's holder wrote, for messages; `another process` where it cannot be read. A new holder
/// first overwrites the line of the last one, so this waits for it, a second at most.
fn holder(mut file: &File) -> String {
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(10));
        let mut bytes = Vec::new();
        let _ = file.rewind().and_then(|()| file.take(200).read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        if let Some((line, _)) = text.split_once('\n')
            && line.starts_with("pid ")
        {
            return line.to_owned();
        }
    }
    "another process".to_owned()
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| env::var("HOSTNAME"))
        .or_else(|_| env::var("COMPUTERNAME"))
        .map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}
