//! The numbers of paired modules, as the network here holds them. What PyTorch has and the network here has not,
//! or the other way round, is made good where that is exact.

use hearth_store::{StateDict, TensorEntry, TensorValue};

use super::listed;
use super::modules::{Module, Unit};
use super::pair::Pairs;
use crate::tensors::Tensor;

/// A network's tensors under the names of an export.
#[derive(Debug)]
pub struct Filled {
    pub state: StateDict,
    /// Each tensor's name in the file, and its path in a checkpoint.
    pub names: Vec<[String; 2]>,
    /// Notes on tensors that were filled in or folded.
    pub notes: Vec<String>,
}

/// Reads the tensors of the modules that were paired with a network's layers.
pub fn fill(
    entries: &[TensorEntry],
    modules: &[Module],
    (units, pairs): (&[Unit], &Pairs),
    wanted: &[Tensor],
) -> Result<Filled, String> {
    let mut filling = Filling { entries, modules, wanted, filled: Vec::new(), names: Vec::new() };
    let (mut folded, mut unbiased, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for (place, unit) in units.iter().enumerate() {
        let own = pairs.of_units[place];
        let outputs = unit.shape[0];
        filling.put(&unit.name, "weight", own)?.ok_or_else(|| filling.lacks(own, "weight"))?;
        let mut shift = None;
        if unit.has_bias {
            if filling.put(&unit.name, "bias", own)?.is_none() {
                unbiased.push(own);
                filling.insert(format!("{}.bias", unit.name), vec![0.0; outputs]);
            }
        } else if let Some(bias) = modules[own].part("bias", entries) {
            shift = Some(bias);
        }
        let (Some([name, _]), Some(norm)) = (&unit.norm, pairs.of_norms[place]) else {
            match shift {
                None => continue,
                Some(bias) => {
                    let name = &entries[bias].name;
                    return Err(format!("`{name}` is a bias, and the layer here has none"));
                }
            }
        };
        for (part, default) in [("weight", 1.0), ("bias", 0.0)] {
            if filling.put(name, part, norm)?.is_none() {
                plain.push(norm);
                filling.insert(format!("{name}.{part}"), vec![default; outputs]);
            }
        }
        for part in ["running_mean", "running_var"] {
            filling.put(name, part, norm)?.ok_or_else(|| filling.lacks(norm, part))?;
        }
        if let Some(bias) = shift {
            filling.fold(bias, &format!("{name}.running_mean"), outputs)?;
            folded.push(own);
        }
    }
    plain.dedup();
    let names = |places: &[usize]| listed(places.iter().map(|place| &modules[*place].name), 6);
    let notes = [
        (&folded, "biases before a batch normalisation, taken into its running mean"),
        (&unbiased, "without a bias, which is 0 here"),
        (&plain, "without a scale or a shift of its own, which are 1 and 0 here"),
    ];
    let notes = notes.into_iter().filter(|(places, _)| !places.is_empty());
    let notes = notes.map(|(places, what)| format!("{what}: {}", names(places))).collect();
    filling.finish(notes)
}

struct Filling<'a> {
    entries: &'a [TensorEntry],
    modules: &'a [Module],
    wanted: &'a [Tensor],
    /// By their names in an export.
    filled: Vec<(String, Vec<f32>)>,
    names: Vec<[String; 2]>,
}

impl Filling<'_> {
    /// Reads a module's tensor for a layer of this name, and says whether it has it.
    fn put(&mut self, layer: &str, part: &str, module: usize) -> Result<Option<()>, String> {
        let Some(place) = self.modules[module].part(part, self.entries) else { return Ok(None) };
        let name = format!("{layer}.{part}");
        let tensor = self.tensor(&name);
        let (path, shape) = (tensor.path.clone(), tensor.pytorch_shape());
        let values = self.read(place, &shape)?;
        self.names.push([self.entries[place].name.clone(), path]);
        self.insert(name, values);
        Ok(Some(()))
    }

    fn tensor(&self, name: &str) -> &Tensor {
        self.wanted
            .iter()
            .find(|tensor| tensor.name == name)
            .expect("every unit's tensors are listed")
    }

    fn insert(&mut self, name: String, values: Vec<f32>) {
        self.filled.push((name, values));
    }

    fn read(&self, place: usize, shape: &[usize]) -> Result<Vec<f32>, String> {
        let entry = &self.entries[place];
        let name = &entry.name;
        if entry.shape != shape {
            return Err(format!("`{name}` is {:?}, and must be {shape:?}", entry.shape));
        }
        if entry.is_integer {
            return Err(format!(
                "`{name}` holds whole numbers, as of a quantised network: import the one that it was made of"
            ));
        }
        let values = entry.read()?.to_vec::<f32>().map_err(|error| error.to_string())?;
        let is_variance = name.ends_with("running_var");
        let good = |value: &f32| value.is_finite() && (*value >= 0.0 || !is_variance);
        if values.iter().all(good) {
            Ok(values)
        } else {
            Err(format!("`{name}` holds numbers that no trained network has"))
        }
    }

    fn lacks(&self, module: usize, part: &str) -> String {
        format!("`{}` has no `{part}`", self.modules[module].name)
    }

    /// Takes a bias into the running mean behind it: `x + bias - mean` is `x - (mean - bias)`.
    fn fold(&mut self, bias: usize, mean: &str, outputs: usize) -> Result<(), String> {
        let values = self.read(bias, &[outputs])?;
        let path = self.tensor(mean).path.clone();
        let filled = self.filled.iter_mut().find(|(name, _)| name == mean);
        let (_, means) = filled.expect("it was just read");
        for (mean, bias) in means.iter_mut().zip(values) {
            *mean = (f64::from(*mean) - f64::from(bias)) as f32;
        }
        self.names.push([self.entries[bias].name.clone(), path]);
        Ok(())
    }

    fn finish(self, notes: Vec<String>) -> Result<Filled, String> {
        let mut state = StateDict::new();
        for (name, values) in &self.filled {
            let shape = self.tensor(name).pytorch_shape();
            let value = TensorValue::new(shape, values).map_err(|error| error.to_string())?;
            state.insert(name.clone(), value).map_err(|error| error.to_string())?;
        }
        Ok(Filled { state, names: self.names, notes })
    }
}
