//! The checkpoints of a run: save, load, fall back, prune.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::checkpoint;
use super::manifest::{Manifest, damaged};
use crate::{
    StateDict, StoreError,
    disk::{self, Context},
};

/// The minimum number of checkpoints to keep: damage to the last one may be unnoticed.
const FEWEST: usize = 2;

/// The checkpoints of a run, one folder `step-00002350` each.
///
/// Only the process that holds the run's [lock](crate::RunDir::lock) may change them.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// The newest undamaged checkpoint, from [`Checkpoints::load_newest`].
#[derive(Debug)]
pub struct Recovered {
    /// The step of the checkpoint.
    pub step: u64,
    /// Its state.
    pub state: StateDict,
    /// Newer checkpoints, which are damaged: the new path of each, and the error.
    pub moved_aside: Vec<(PathBuf, String)>,
}

impl Checkpoints {
    /// The checkpoints in `folder`, which the first [`save`](Self::save) creates.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder of all checkpoints.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the checkpoint of a step.
    pub fn path_of(&self, step: u64) -> PathBuf {
        self.folder.join(name_of(step))
    }

    /// Saves a checkpoint, syncs it to the disk and returns its folder.
    ///
    /// A crash at any instant, or a full disk, leaves all earlier checkpoints intact, with or without the new one. An
    /// undamaged checkpoint of this step stays if its content is the same, and is an error otherwise; a damaged one is
    /// moved aside.
    pub fn save(&self, step: u64, state: &StateDict) -> Result<PathBuf, StoreError> {
        let encoded = checkpoint::encode(state)?;
        let path = self.path_of(step);
        if disk::exists(&path)? {
            match checkpoint::verify(&path) {
                Ok(manifest) if manifest == encoded.manifest => return Ok(path),
                Ok(_) => return Err(StoreError::CheckpointExists { path }),
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // Not the folders above: a run that was moved meanwhile must not begin anew at its old path.
        disk::create_in_parent(&self.folder)?;
        let temporary = disk::temporary(&self.folder, &name_of(step));
        disk::remove(&temporary)?;
        let renamed = encoded.write(&temporary).and_then(|()| {
            // Anything still at this path is damaged.
            move_aside(&path)?;
            fs::rename(&temporary, &path).context("name", &path)
        });
        if renamed.is_err() {
            // The first error is the one to report.
            let _ = disk::remove(&temporary);
        }
        renamed.and_then(|()| disk::sync_folder(&self.folder)).map(|()| path)
    }

    /// The steps of all checkpoints, ascending. Damage is found only when one is loaded or verified.
    pub fn steps(&self) -> Result<Vec<u64>, StoreError> {
        let mut steps: Vec<u64> =
            disk::names(&self.folder)?.iter().filter_map(|name| step_of(name)).collect();
        steps.sort_unstable();
        Ok(steps)
    }

    /// Loads a checkpoint and verifies every file by its manifest. The error for a damaged one names the file, the
    /// damage and the other checkpoints.
    pub fn load(&self, step: u64) -> Result<StateDict, StoreError> {
        self.with(step, checkpoint::read)
    }

    /// The BLAKE3 checksum of a checkpoint's model file, in hexadecimal: equal for equal weights.
    pub fn model_checksum(&self, step: u64) -> Result<String, StoreError> {
        let folder = self.path_of(step);
        let checksum = Manifest::read(&folder)?.checksum(checkpoint::MODEL);
        checksum.ok_or_else(|| damaged(&folder, format!("it holds no {}", checkpoint::MODEL)))
    }

    /// Verifies every file of a checkpoint by its manifest.
    pub fn verify(&self, step: u64) -> Result<(), StoreError> {
        self.with(step, checkpoint::verify).map(|_| ())
    }

    /// Loads the newest undamaged checkpoint, to resume from it; none when there is no checkpoint.
    ///
    /// Newer ones, which are damaged, are renamed to `step-00002350.damaged-1`. If all are damaged, nothing is renamed
    /// and an error returned, so that no run starts anew by mistake.
    pub fn load_newest(&self) -> Result<Option<Recovered>, StoreError> {
        let mut faults: Vec<(PathBuf, String)> = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            let path = self.path_of(step);
            match checkpoint::read(&path) {
                Ok(state) => {
                    let mut moved_aside = Vec::new();
                    for (path, fault) in faults {
                        moved_aside.extend(move_aside(&path)?.map(|aside| (aside, fault)));
                    }
                    if !moved_aside.is_empty() {
                        disk::sync_folder(&self.folder)?;
                    }
                    return Ok(Some(Recovered { step, state, moved_aside }));
                }
                Err(StoreError::Damaged { file, fault, .. }) => {
                    faults.push((path, format!("{} is damaged: {fault}", file.display())));
                }
                Err(error) => return Err(error),
            }
        }
        if faults.is_empty() {
            Ok(None)
        } else {
            Err(StoreError::AllDamaged { folder: self.folder.clone(), faults })
        }
    }

    /// Renames the folder of a step, so that it is no checkpoint any more, and returns its new path; none if there is
    /// no such folder.
    pub fn set_aside(&self, step: u64) -> Result<Option<PathBuf>, StoreError> {
        let aside = move_aside(&self.path_of(step))?;
        disk::sync_folder(&self.folder)?;
        Ok(aside)
    }

    /// Removes all checkpoints except the last `keep_last`, at least two, and those of the steps in `keep`. If the
    /// newest one is damaged, all are kept and an error returned. Remains of interrupted saves are removed, too.
    pub fn prune(&self, keep_last: usize, keep: &[u64]) -> Result<(), StoreError> {
        disk::clear_temporary(&self.folder)?;
        let mut steps = self.steps()?;
        let kept = steps.split_off(steps.len().saturating_sub(keep_last.max(FEWEST)));
        steps.retain(|step| !keep.contains(step));
        let (Some(&newest), false) = (kept.last(), steps.is_empty()) else {
            return Ok(());
        };
        self.verify(newest)?;
        // Renamed first, so that a crash meanwhile leaves no half-removed checkpoint under its name.
        let doomed = |step| disk::temporary(&self.folder, &format!("pruned-{}", name_of(step)));
        for &step in &steps {
            let path = self.path_of(step);
            fs::rename(&path, doomed(step)).context("remove", &path)?;
        }
        disk::sync_folder(&self.folder)?;
        steps.into_iter().try_for_each(|step| disk::remove(&doomed(step)))
    }

    /// Applies `read` to the checkpoint of a step; the error names the other checkpoints.
    fn with<T>(
        &self,
        step: u64,
        read: impl FnOnce(&Path) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut others = self.steps()?;
        let there = others.contains(&step);
        others.retain(|&other| other != step);
        if !there {
            return Err(StoreError::NoCheckpoint { folder: self.folder.clone(), step, others });
        }
        read(&self.path_of(step)).map_err(|error| match error {
            StoreError::Damaged { file, fault, .. } => StoreError::Damaged { file, fault, others },
            error => error,
        })
    }
}

fn name_of(step: u64) -> String {
    format!("step-{step:08}")
}

fn step_of(name: &str) -> Option<u64> {
    let step = name.strip_prefix("step-")?.parse().ok()?;
    (name_of(step) == name).then_some(step)
}

/// Renames whatever exists at `path`, so that it is no checkpoint any more; returns the new path.
fn move_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !disk::exists(path)? {
        return Ok(None);
    }
    let mut aside = path.to_owned();
    for number in 1u32.. {
        aside.set_extension(format!("damaged-{number}"));
        if !disk::exists(&aside)? {
            break;
        }
    }
    fs::rename(path, &aside).context("move aside", path)?;
    Ok(Some(aside))
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod tests;
