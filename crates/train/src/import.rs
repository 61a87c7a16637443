//! Weights from PyTorch, into one of the networks here.

use std::fs;
use std::path::Path;

use hearth_config::{Config, ModelConfig};
use hearth_model::PictureDims;
use hearth_store::{StateDict, read_tensors};

use crate::error::TrainError;
use crate::export::{layers, tensors};

/// The weights of a file, as a checkpoint holds them, and where each came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// By their paths in a checkpoint.
    pub state: StateDict,
    /// Each tensor's name in the file, and its path in a checkpoint.
    pub names: Vec<[String; 2]>,
}

/// A module of PyTorch that has tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Module {
    /// The part of its tensors' names before the last dot.
    name: String,
    kind: Kind,
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

/// Reads a safetensors file of a PyTorch `state_dict` for the network of a config, which takes pictures
/// of this size and names so many classes.
///
/// Tensors are found by the names of `hearth export`, or else layer by layer: the first convolution of
/// the file, in the order of its names (`conv2` before `conv10`), is the network's first, and so on for
/// linear layers and batch normalisations. A tensor that is missing, left over or misshapen is an error.
pub fn weights(
    file: &Path,
    config: &Config,
    picture: PictureDims,
    classes: usize,
) -> Result<Weights, TrainError> {
    let fault = |text: String| TrainError::Export(format!("{}: {text}", file.display()));
    let ModelConfig::Classifier(network) = &config.model else {
        return Err(TrainError::Settings(
            "only weights of a network that names classes are imported, and the config's makes pictures"
                .into(),
        ));
    };
    if file.extension().is_some_and(|end| end != "safetensors") {
        return Err(fault(
            "only safetensors files are read; in Python: safetensors.torch.save_file(\
             network.state_dict(), \"network.safetensors\")"
                .to_owned(),
        ));
    }
    let bytes = fs::read(file).map_err(|error| fault(error.to_string()))?;
    let mut theirs = read_tensors(&bytes).map_err(&fault)?;
    let layers = layers::classifier(network, picture, classes);
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
        mapped.insert(tensor.name.clone(), value)?;
        names.push([name, tensor.path.clone()]);
    }
    theirs.finish().map_err(|error| fault(error.to_string()))?;
    Ok(Weights { state: tensors::from_pytorch(&layers, mapped)?, names })
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
        match found.iter_mut().find(|known| known.name == module) {
            Some(known) if known.kind == Kind::Unknown => known.kind = kind,
            Some(_) => {}
            None => found.push(Module { name: module.to_owned(), kind }),
        }
    }
    found
}

/// Which module of the file is which of ours: those of a kind in their order.
fn pair(ours: &[Module], theirs: &[Module]) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for kind in [Kind::Convolution, Kind::Linear, Kind::Norm, Kind::Unknown] {
        let of = |modules: &[Module]| -> Vec<String> {
            let modules = modules.iter().filter(|module| module.kind == kind);
            modules.map(|module| module.name.clone()).collect()
        };
        let (ours, theirs) = (of(ours), of(theirs));
        if ours.len() != theirs.len() {
            let listed = if theirs.is_empty() { "none".to_owned() } else { theirs.join(", ") };
            return Err(format!(
                "the network of the config has {} {}, and the file {}: {listed}",
                ours.len(),
                kind.plural(),
                theirs.len(),
            ));
        }
        pairs.extend(ours.into_iter().zip(theirs));
    }
    Ok(pairs)
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
        let ours = modules(&[tensor("0.weight", 4)]);
        let error = pair(&ours, &found).expect_err("more than the network has");
        assert!(error.contains("0 linear layers, and the file 1: fc"), "{error}");
    }
}
