//! Weights from PyTorch, into one of the networks here.
//!
//! | file | subject |
//! | --- | --- |
//! | `select` | the tensors of a file that are the network |
//! | `modules` | its modules, and the layers here, by kind and shape |
//! | `pair`, `decide`, `numbers`, `norms` | which module is which layer, and the evidence for it |
//! | `fill` | their numbers, as a checkpoint holds them |

mod decide;
mod fill;
mod modules;
mod norms;
mod numbers;
mod pair;
mod select;

use std::fs;
use std::path::Path;

use hearth_config::{Config, ModelConfig, reason};
use hearth_model::{Classifier, ImageDims, Layer};
use hearth_store::{FileKind, TensorEntry, checksum, open_tensors};
use hearth_train::WeightsFile;
use hearth_train::error::TrainError;
use hearth_train::run::initial_weights::Start;

use crate::tensors;
use decide::{FileOrder, Question};
use modules::{Module, Unit, is_listed, modules, units};
use pair::{Pairs, pair};

/// Refuses what can be seen to be wrong before anything is loaded or trained.
pub fn check(file: &Path, config: &Config) -> Result<(), TrainError> {
    if !matches!(config.model, ModelConfig::Classifier { .. }) {
        return Err(not_for(config));
    }
    fs::File::open(file)
        .map_err(|error| fault(file, &format!("{}; check the path", reason(&error))))?;
    FileKind::of(file).map(|_| ()).map_err(|text| fault(file, &text))
}

fn fault(file: &Path, text: &str) -> TrainError {
    TrainError::Foreign(format!("{}: {text}", file.display()))
}

/// The error of a config whose network takes no weights of another program.
pub fn not_for(config: &Config) -> TrainError {
    TrainError::Settings(format!(
        "only weights of a network that names classes are imported, and that of {} makes pictures",
        config.run.name
    ))
}

/// Reads weights of PyTorch, in a safetensors file or as `torch.save` writes it, for the network of a config,
/// which takes images of this size and predicts this number of classes.
///
/// Modules are found by the names of `hearth export`, or else by their kinds and shapes; those of one shape by
/// the order of the `state_dict` and the numbers in their names. A tensor that is missing, left over, misshapen
/// or not finite is an error, and so is everything that could be read in two ways.
pub fn weights(
    file: &WeightsFile,
    config: &Config,
    picture: ImageDims,
    classes: usize,
) -> Result<Start, TrainError> {
    let ModelConfig::Classifier { network, .. } = &config.model else {
        return Err(not_for(config));
    };
    let path = &file.path;
    let layers = Classifier::layers(network, picture, classes).ok_or_else(|| {
        fault(path, "the network of the config has layers that other programs do not know")
    })?;
    let bytes = fs::read(path).map_err(|error| fault(path, &reason(&error)))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let source = format!("{name}, BLAKE3 {}", checksum(&bytes));
    drop(bytes);
    let (filled, notes) = read(file, &layers, picture).map_err(|fault| match fault {
        Fault::Usage(text) => TrainError::Settings(format!("{}: {text}", path.display())),
        Fault::File(text) => self::fault(path, &text),
    })?;
    let state = tensors::from_pytorch(&layers, filled.state)?;
    Ok(Start { state, source, names: filled.names, notes, warnings: Vec::new() })
}

/// The deepest nesting of modules that is read.
const DEEPEST: usize = 64;

/// Why nothing is imported.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// An option is wrong.
    Usage(String),
    /// The file is not what it should be, or does not decide.
    File(String),
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::File(text)
    }
}

/// The tensors for these layers under the names of an export, and all that is to be said.
fn read(
    file: &WeightsFile,
    layers: &[Layer],
    picture: ImageDims,
) -> Result<(fill::Filled, Vec<String>), Fault> {
    let opened = open_tensors(&file.path)?;
    let entries = &opened.entries;
    let is_deep = |entry: &&TensorEntry| entry.name.split('.').count() > DEEPEST;
    if let Some(TensorEntry { name, .. }) = entries.iter().find(is_deep) {
        return Err(format!("`{name:.80}...` lies in more than {DEEPEST} modules").into());
    }
    let (units, wanted) = (units(layers), tensors::tensors(layers));
    if wanted.iter().all(|tensor| entries.iter().any(|entry| entry.name == tensor.path)) {
        let what = "it is a checkpoint of this program: `model.init = \"RUN\"` starts from one, and what `hearth \
                    export` writes can be imported";
        return Err(what.to_owned().into());
    }
    let choice = select::Choice { key: file.key.as_deref(), ignore: &file.ignore };
    let select::Chosen { tensors, mut notes } = select::choose(entries, choice, &units)?;
    let modules = modules(entries, &tensors);
    let order = match opened.is_ordered {
        true if is_listed(&modules, entries) => FileOrder::Listed,
        true => FileOrder::Changed,
        false if matches!(FileKind::of(&file.path), Ok(FileKind::Pytorch)) => FileOrder::Unread,
        false => FileOrder::Absent,
    };
    let sizes = sizes(&units, picture);
    let question = Question { units: &units, modules: &modules, order, sizes: &sizes };
    let pairs = pair(question, &file.map)?;
    check_rest(entries, &modules, &pairs)?;
    notes.extend(pairs.notes.iter().cloned());
    let filled = fill::fill(entries, &modules, (&units, &pairs), &wanted)?;
    notes.extend(filled.notes.iter().cloned());
    Ok((filled, notes))
}

/// The widths of layers, and the sides of images and of their feature maps.
fn sizes(units: &[Unit], [_, height, width]: ImageDims) -> Vec<usize> {
    let halved =
        |side: usize| std::iter::successors(Some(side), |side| Some(side / 2).filter(|it| *it > 3));
    let shapes = units.iter().flat_map(|unit| unit.shape.iter().copied());
    shapes.filter(|size| *size > 3).chain(halved(height)).chain(halved(width)).collect()
}

/// Refuses tensors that belong to no layer.
fn check_rest(entries: &[TensorEntry], modules: &[Module], pairs: &Pairs) -> Result<(), String> {
    let is_taken = |place: usize| {
        pairs.of_units.contains(&place)
            || pairs.of_norms.iter().flatten().any(|norm| *norm == place)
    };
    let mut rest: Vec<&TensorEntry> = Vec::new();
    for (place, module) in modules.iter().enumerate() {
        if is_taken(place) {
            rest.extend(module.strange(entries));
        } else {
            rest.extend(module.tensors.iter().map(|tensor| &entries[*tensor]));
        }
    }
    let Some(first) = rest.first() else { return Ok(()) };
    let tensors = rest.iter().map(|TensorEntry { name, shape, .. }| format!("`{name}`, {shape:?}"));
    Err(format!(
        "it holds {}, which no layer of the config's network has. `--ignore {}` leaves one out, and --key names the \
         entry of the network",
        listed(tensors, 4),
        first.name,
    ))
}

/// Suffixes of weights that PyTorch recomputes in each forward pass, and the functions that make them permanent.
const REMADE: [(&str, &str); 4] = [
    (".weight_orig", "torch.nn.utils.prune.remove"),
    (".weight_g", "torch.nn.utils.remove_weight_norm"),
    (".weight_u", "torch.nn.utils.remove_spectral_norm"),
    (".original0", "torch.nn.utils.parametrize.remove_parametrizations"),
];

/// Refuses weights that are made of others.
fn check_remade<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    for name in names {
        if let Some((_, remedy)) = REMADE.iter().find(|(end, _)| name.ends_with(end)) {
            return Err(format!(
                "`{name}` is a part of which a weight is made in each forward pass: make it for good by {remedy}, and \
                 save anew"
            ));
        }
    }
    Ok(())
}

/// The first names of many, and how many more there are.
fn listed(names: impl Iterator<Item = impl std::fmt::Display>, most: usize) -> String {
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    let shown = names[..names.len().min(most)].join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
