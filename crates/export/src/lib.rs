//! Export of a trained network: the artefact, its preprocessing, a model card, and a comparison of the artefact's
//! outputs with those of the run's network.

#![forbid(unsafe_code)]

pub mod built;
pub mod card;
mod check;
mod format;
pub mod import;
pub mod network;
pub mod onnx;
pub mod opened;
mod outline;
mod parameters;
mod place;
pub mod pytorch;
pub mod signature;
pub mod tensors;
mod translator;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Backend, CheckpointSelector, TrainError};

pub use built::{Built, Forward};
pub use format::{Format, Part};
pub use network::Network;
pub use opened::{OpenedExport, is_export};
pub use outline::Outline;
pub use signature::Signature;
pub use translator::TranslatorOutline;

use place::Place;

/// The most samples that an export is checked on.
pub const SAMPLES: usize = 256;

/// The largest difference allowed: of probabilities, of pixels from -1 to 1, or of numbers in standard deviations.
const TOLERANCE: f64 = 1e-4;

/// The largest difference allowed of an artefact in 16 bits.
const HALF_TOLERANCE: f64 = 1e-2;

/// An export of a network.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: CheckpointSelector,
    /// Which network of a pair: the generator when absent.
    pub part: Option<Part>,
    /// The format of the artefact.
    pub format: Format,
    /// True if a safetensors file has 16-bit values.
    pub half: bool,
    /// The folder to create, or a file with the format's extension.
    pub out: &'a Path,
    /// The backend of the run's network.
    pub backend: Backend,
    /// The folder of datasets, whose test samples the check uses.
    pub datasets: &'a Path,
    /// Interrupts the export before its next part when true; no files are left.
    pub stop: &'a AtomicBool,
}

/// Takes a network out of a run; of a pair, this part.
pub type NetworkOf = fn(&mut LoadedRun, Part, &Device) -> Result<Network, TrainError>;

/// A finished export.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The checkpoint's step.
    pub step: u64,
    /// The artefact.
    pub file: PathBuf,
    /// The largest difference between its outputs and the run's own: of probabilities, of pixels from -1 to 1, or of
    /// numbers in standard deviations of the target.
    pub difference: f64,
    /// The number of samples compared.
    pub samples: usize,
}

/// Writes an artefact, reads it back, and compares its outputs. A difference above the tolerance is an error, and leaves
/// no files.
pub fn export(
    job: &Export<'_>,
    network_of: NetworkOf,
    notice: &mut dyn FnMut(&str),
) -> Result<Exported, TrainError> {
    let Export { format, half, out, .. } = *job;
    if half && format != Format::Safetensors {
        return Err(TrainError::Settings(format!(
            "--half writes a safetensors file in 16 bits, and not {}",
            format.name()
        )));
    }
    let mut place = Place::new(out, format)?;
    let mut trained = LoadedRun::open(job.run, job.which)?;
    if job.part.is_some() && matches!(trained.config.model, ModelConfig::Classifier { .. }) {
        let run = job.run.display();
        return Err(TrainError::Settings(format!(
            "--network names one of an adversarial pair, and {run} has one network"
        )));
    }
    let device = job.backend.device()?;
    let network = network_of(&mut trained, job.part.unwrap_or_default(), &device)?;
    if format == Format::Onnx && matches!(network.outline, Outline::Translator(_)) {
        place.hold_two_graphs()?;
    }
    let samples = network.signature.samples(&trained, job.datasets, &device, notice)?;

    // Written beside its place and moved there whole.
    let parent = place.parent();
    let failed = |action: &str, path: &Path| {
        let path = path.display().to_string();
        let action = action.to_owned();
        move |error: std::io::Error| TrainError::Export(format!("cannot {action} {path}: {error}"))
    };
    fs::create_dir_all(parent).map_err(failed("make", parent))?;
    let folder = parent.join(format!(".{}.{}", name_of(out), std::process::id()));
    let _removed = Removed(&folder);
    fs::create_dir(&folder).map_err(failed("make", &folder))?;
    let file = folder.join(format.file());
    let go_on = || {
        if job.stop.load(Ordering::Relaxed) {
            return Err(TrainError::Interrupted("nothing was exported"));
        }
        Ok(())
    };
    network.write(format, half, &file)?;
    go_on()?;

    let ours = network.compared(&samples);
    go_on()?;
    let theirs = network.read_back(format, &file, &samples)?;
    go_on()?;
    let count = samples.count;
    let difference = largest_difference(&ours, &theirs);
    let help = network.signature.help(format);
    check_difference(difference, if half { HALF_TOLERANCE } else { TOLERANCE }, count, help)?;
    let settings = network.settings(&trained, format, half);
    let text = serde_json::to_string_pretty(&settings).expect("strings, numbers and lists");
    let path = folder.join(&place.settings);
    fs::write(&path, text + "\n").map_err(failed("write", &path))?;
    if let Some(tokenizer) = network.signature.tokenizer() {
        let path = folder.join(&place.tokenizer);
        fs::write(&path, tokenizer.to_json()).map_err(failed("write", &path))?;
    }
    let path = folder.join(&place.card);
    let card = card::text(&trained, &network, (job, &place), (difference, count))?;
    fs::write(&path, card).map_err(failed("write", &path))?;
    let named = folder.join(&place.network);
    fs::rename(&file, &named).map_err(failed("make", &named))?;
    place.take(&folder).map_err(|(path, error)| failed("make", &path)(error))?;
    Ok(Exported { step: trained.step, file: place.network_file(), difference, samples: count })
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "export".into(), |name| name.to_string_lossy().into_owned())
}

/// A folder that is removed on drop, unless it was moved.
struct Removed<'a>(&'a Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        // It is not there any more when all went well.
        let _ = fs::remove_dir_all(self.0);
    }
}

/// The largest absolute difference; NaN if any value is NaN or the lengths differ.
fn largest_difference(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::NAN;
    }
    let differences = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs());
    differences.fold(
        0.0,
        |largest: f64, one| {
            if largest.is_nan() || one <= largest { largest } else { one }
        },
    )
}

/// An error for a difference above the tolerance, or NaN.
fn check_difference(
    difference: f64,
    tolerance: f64,
    samples: usize,
    help: Option<String>,
) -> Result<(), TrainError> {
    if difference <= tolerance {
        return Ok(());
    }
    let help = help.map_or_else(String::new, |help| format!(". Probably {help}"));
    Err(TrainError::Export(format!(
        "the exported network is not the run's: its outputs differ by {difference:.1e} on {samples} samples, \
         and {tolerance:.0e} is allowed; nothing was kept{help}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_network_is_refused() {
        assert!(check_difference(1e-4, TOLERANCE, 256, None).is_ok());
        for difference in [1.1e-4, f64::NAN, f64::INFINITY] {
            let refused =
                check_difference(difference, TOLERANCE, 256, None).unwrap_err().to_string();
            assert!(refused.contains("on 256 samples, and 1e-4 is allowed"), "{refused}");
        }
        assert!(check_difference(1.1e-4, HALF_TOLERANCE, 256, None).is_ok());
    }

    #[test]
    fn a_difference_does_not_hide_nan() {
        assert!((largest_difference(&[1.0, 2.0], &[1.5, 2.0]) - 0.5).abs() < 1e-12);
        for theirs in [&[f64::NAN, 2.0][..], &[1.0, f64::NAN], &[1.0]] {
            assert!(largest_difference(&[1.0, 2.0], theirs).is_nan());
        }
    }
}
