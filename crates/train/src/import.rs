//! Weights from PyTorch, into one of the networks here.

use std::fs;
use std::path::Path;

use hearth_config::{Config, ModelConfig, reason};
use hearth_model::{Classifier, PictureDims};
use hearth_store::{StateDict, checksum, read_pytorch, read_tensors};

use crate::error::TrainError;
use crate::export::tensors;

/// The weights of a file, as a checkpoint holds them, and where each came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// By their paths in a checkpoint.
    pub state: StateDict,
    /// Each tensor's name in the file, and its path in a checkpoint.
    pub names: Vec<[String; 2]>,
    /// The file's name, and its BLAKE3 checksum.
    pub source: String,
}

/// How such a file is written.
const SAVED_BY: &str = "in Python: torch.save(network.state_dict(), \"network.pt\")";

/// Refuses what can be seen to be wrong before anything is loaded or trained.
pub fn check(file: &Path, config: &Config) -> Result<(), TrainError> {
    let fault = |text: String| TrainError::Foreign(format!("{}: {text}", file.display()));
    if !matches!(config.model, ModelConfig::Classifier { .. }) {
        return Err(not_for(config));
    }
    if !is_pytorch(file) && file.extension().is_some_and(|end| end != "safetensors") {
        return Err(fault(format!("only .safetensors, .pt and .pth files are read; {SAVED_BY}")));
    }
    fs::metadata(file)
        .map(|_| ())
        .map_err(|error| fault(format!("{}; check the path", reason(&error))))
}

/// Whether `torch.save` wrote it, by its name.
fn is_pytorch(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "pt" || end == "pth")
}

fn not_for(config: &Config) -> TrainError {
    TrainError::Settings(format!(
        "only weights of a network that names classes are imported, and that of {} makes pictures",
        config.run.name
    ))
}

/// A module of PyTorch that has tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Module {
    /// The part of its tensors' names before the last dot.
    name: String,
    kind: Kind,
    /// That of its weights, or of a norm's mean.
    shape: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Convolution,
    Linear,
    Norm,
    /// Nothing that a network here has.
    Unknown,
}

impl Kind {
    fn plural(self) -> &'static str {
        match self {
            Self::Convolution => "convolutions",
            Self::Linear => "linear layers",
            Self::Norm => "batch normalisations",
            Self::Unknown => "layers of other kinds",
        }
    }
}

/// Reads a PyTorch `state_dict`, in a safetensors file or as `torch.save` writes it, for the network of a config, which takes pictures
/// of this size and names so many classes.
///
/// Tensors are found by the names of `hearth export`, or else layer by layer: convolutions, linear layers
/// and batch normalisations each by their shape, and those of one shape in the order of their numbers
/// (`conv2` before `conv10`). A tensor that is missing, left over, misshapen or not finite is an error, and
/// so are layers of one shape whose names have no numbers.
pub fn weights(
    file: &Path,
    config: &Config,
    picture: PictureDims,
    classes: usize,
) -> Result<Weights, TrainError> {
    let fault = |text: String| TrainError::Foreign(format!("{}: {text}", file.display()));
    let ModelConfig::Classifier { network, .. } = &config.model else {
        return Err(not_for(config));
    };
    let bytes = fs::read(file).map_err(|error| fault(reason(&error)))?;
    let read = if is_pytorch(file) {
        read_pytorch(file).map_err(|text| format!("{text}; {SAVED_BY}"))
    } else {
        read_tensors(&bytes)
    };
    let mut theirs = read.map_err(&fault)?;
    let layers = Classifier::layers(network, picture, classes).ok_or_else(|| {
        fault("the network of the config has layers that other programs do not know".to_owned())
    })?;
    let wanted = tensors::tensors(&layers);
    // How many batches a norm has seen is of no use here.
    let counters: Vec<String> = theirs.iter().map(|(name, _)| name.to_owned()).collect();
    for name in counters.iter().filter(|name| name.ends_with("num_batches_tracked")) {
        theirs.take(name)?;
    }
    let shapes: Vec<(String, Vec<usize>)> = theirs.iter().map(shape_of).collect();
    let same = wanted.iter().all(|tensor| shapes.iter().any(|(name, _)| *name == tensor.name));
    let pairs = if same {
        Vec::new()
    } else {
        let ours: Vec<_> =
            wanted.iter().map(|tensor| (tensor.name.clone(), tensor.pytorch_shape())).collect();
        let mut found = modules(&shapes);
        found.sort_by_cached_key(|module| natural(&module.name));
        pair(&modules(&ours), &found).map_err(&fault)?
    };
    let mut mapped = StateDict::new();
    let mut names = Vec::new();
    for tensor in &wanted {
        let (module, part) = split(&tensor.name);
        let module = pairs.iter().find(|(ours, _)| *ours == module).map_or(module, |pair| &pair.1);
        let name = format!("{module}.{part}");
        let shape = tensor.pytorch_shape();
        let value = theirs.take_tensor(&name, &shape).map_err(|error| fault(error.to_string()))?;
        let numbers = value.to_vec::<f32>()?;
        let good =
            |number: &f32| number.is_finite() && (*number >= 0.0 || !name.ends_with("running_var"));
        if !numbers.iter().all(good) {
            return Err(fault(format!("`{name}` holds numbers that no trained network has")));
        }
        mapped.insert(tensor.name.clone(), value)?;
        names.push([name, tensor.path.clone()]);
    }
    theirs.finish().map_err(|error| fault(error.to_string()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = format!("{name}, BLAKE3 {}", checksum(&bytes));
    Ok(Weights { state: tensors::from_pytorch(Some(&layers), mapped)?, names, source })
}

fn shape_of((name, value): (&str, &hearth_store::Value)) -> (String, Vec<usize>) {
    let shape = match value {
        hearth_store::Value::Tensor(tensor) => tensor.shape().to_vec(),
        _ => Vec::new(),
    };
    (name.to_owned(), shape)
}

/// A tensor's module, and its name in there.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// The modules of these tensors, in the order in which they first come.
fn modules(tensors: &[(String, Vec<usize>)]) -> Vec<Module> {
    let mut found: Vec<Module> = Vec::new();
    for (name, shape) in tensors {
        let (module, part) = split(name);
        let kind = match (part, shape.len()) {
            ("running_mean", _) => Kind::Norm,
            ("weight", 4) => Kind::Convolution,
            ("weight", 2) => Kind::Linear,
            _ => Kind::Unknown,
        };
        let found_here = Module { name: module.to_owned(), kind, shape: shape.clone() };
        match found.iter_mut().find(|known| known.name == module) {
            Some(known) if known.kind == Kind::Unknown => *known = found_here,
            Some(_) => {}
            None => found.push(found_here),
        }
    }
    found
}

/// Which module of the file is which of ours: those of a kind and shape in the order of their numbers.
fn pair(ours: &[Module], theirs: &[Module]) -> Result<Vec<(String, String)>, String> {
    let mut left: Vec<&Module> = theirs.iter().collect();
    let mut pairs = Vec::new();
    for module in ours {
        let alike = |other: &&Module| (other.kind, &other.shape) == (module.kind, &module.shape);
        let Some(place) = left.iter().position(alike) else {
            let of_kind: Vec<_> = left
                .iter()
                .filter(|other| other.kind == module.kind)
                .map(|other| format!("{} {:?}", other.name, other.shape))
                .collect();
            return Err(format!(
                "the network of the config needs one more of {} of {:?}; the file still has {}",
                module.kind.plural(),
                module.shape,
                if of_kind.is_empty() { "none".to_owned() } else { of_kind.join(", ") },
            ));
        };
        let same: Vec<&str> =
            theirs.iter().filter(|other| alike(other)).map(|other| other.name.as_str()).collect();
        if same.len() > 1 && !same.iter().all(|name| name.contains(|c: char| c.is_ascii_digit())) {
            return Err(format!(
                "{} have one shape, and their names do not say which comes first: number them",
                same.join(", ")
            ));
        }
        pairs.push((module.name.clone(), left.remove(place).name.clone()));
    }
    match left.first() {
        None => Ok(pairs),
        Some(module) => Err(format!(
            "it holds `{}`, {:?}, which has no place in the network of the config",
            module.name, module.shape
        )),
    }
}

/// A name by which 2 comes before 10.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(digits);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        // A number that is too long to be one comes last.
        parts.push((text.to_owned(), behind[..end].parse().unwrap_or(u64::MAX)));
        rest = &behind[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_ordered_as_people_number_them() {
        let mut names = ["fc10", "conv2", "conv10", "fc9", "conv1.0", "conv"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["conv1.0", "conv2", "conv10", "conv", "fc9", "fc10"]);
    }

    #[test]
    fn modules_are_told_apart_by_their_tensors() {
        let tensor = |name: &str, rank: usize| (name.to_owned(), vec![1; rank]);
        let found = modules(&[
            tensor("bn.bias", 1),
            tensor("bn.running_mean", 1),
            tensor("conv.bias", 1),
            tensor("conv.weight", 4),
            tensor("fc.weight", 2),
            tensor("norm.weight", 1),
        ]);
        let kinds: Vec<_> = found.iter().map(|module| module.kind).collect();
        assert_eq!(kinds, [Kind::Norm, Kind::Convolution, Kind::Linear, Kind::Unknown]);
        let error = pair(&modules(&[tensor("0.weight", 4)]), &found).expect_err("more than that");
        assert!(error.contains("`bn`, [1], which has no place"), "{error}");
    }

    #[test]
    fn layers_are_paired_by_shape_and_then_by_number() {
        let linear = |name: &str, sizes: [usize; 2]| (format!("{name}.weight"), sizes.to_vec());
        let paired = |theirs: &[(String, Vec<usize>)]| {
            let ours = modules(&[
                linear("1", [64, 784]),
                linear("3", [64, 64]),
                linear("5", [64, 64]),
                linear("7", [10, 64]),
            ]);
            let mut theirs = modules(theirs);
            theirs.sort_by_cached_key(|module| natural(&module.name));
            pair(&ours, &theirs).map(|pairs| pairs.into_iter().map(|(_, theirs)| theirs).collect())
        };
        let found: Result<Vec<_>, _> = paired(&[
            linear("classifier", [10, 64]),
            linear("h10", [64, 64]),
            linear("h9", [64, 64]),
            linear("stem", [64, 784]),
        ]);
        assert_eq!(found, Ok(["stem", "h9", "h10", "classifier"].map(String::from).to_vec()));
        let unordered = paired(&[
            linear("a", [64, 784]),
            linear("fc_one", [64, 64]),
            linear("fc_two", [64, 64]),
            linear("z", [10, 64]),
        ]);
        assert!(unordered.expect_err("no order").contains("fc_one, fc_two have one shape"));
        let misshapen = paired(&[linear("a", [64, 700])]).expect_err("another shape");
        assert!(
            misshapen.contains("[64, 784]") && misshapen.contains("a [64, 700]"),
            "{misshapen}"
        );
    }
}
