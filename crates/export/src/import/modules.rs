//! The modules of a file and the layers of a network, by what can be compared: kind and shape.

use hearth_model::Layer;
use hearth_store::TensorEntry;

/// The kind of a module that has tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    Convolution,
    Linear,
    Norm,
    /// One that no network here has.
    Unknown,
}

impl ModuleKind {
    /// So many of them, in words.
    pub fn counted(self, count: usize) -> String {
        let one = match self {
            Self::Convolution => "convolution",
            Self::Linear => "linear layer",
            Self::Norm => "batch normalisation",
            Self::Unknown => "layer of another kind",
        };
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    }

    /// The tensors that a module of this kind may have, in PyTorch's order.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Convolution | Self::Linear => &["weight", "bias"],
            Self::Norm => &["weight", "bias", "running_mean", "running_var"],
            Self::Unknown => &[],
        }
    }
}

/// A module of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The part of its tensors' names before the last dot.
    pub name: String,
    pub kind: ModuleKind,
    /// The shape of its weights, or of a norm's mean.
    pub shape: Vec<usize>,
    /// Its tensors, by their places in the file.
    pub tensors: Vec<usize>,
}

impl Module {
    /// The place of its tensor of this name, if it has it.
    pub fn part(&self, part: &str, entries: &[TensorEntry]) -> Option<usize> {
        let mut tensors = self.tensors.iter().copied();
        tensors.find(|tensor| split(&entries[*tensor].name).1 == part)
    }

    /// Its tensors that no module of its kind has.
    pub fn strange<'a>(
        &'a self,
        entries: &'a [TensorEntry],
    ) -> impl Iterator<Item = &'a TensorEntry> {
        let tensors = self.tensors.iter().map(|tensor| &entries[*tensor]);
        tensors.filter(|entry| !self.kind.parts().contains(&split(&entry.name).1))
    }
}

/// A tensor's module, and its name in there.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// The modules of some tensors of a file, in the order in which they first come.
pub fn modules(entries: &[TensorEntry], chosen: &[usize]) -> Vec<Module> {
    let mut places = std::collections::HashMap::new();
    let mut found: Vec<Module> = Vec::new();
    for tensor in chosen {
        let TensorEntry { name, shape, .. } = &entries[*tensor];
        let (module, part) = split(name);
        let place = *places.entry(module).or_insert_with(|| {
            let (name, kind) = (module.to_owned(), ModuleKind::Unknown);
            found.push(Module { name, kind, shape: shape.clone(), tensors: Vec::new() });
            found.len() - 1
        });
        let known = &mut found[place];
        known.tensors.push(*tensor);
        let kind = match (part, shape.len()) {
            ("running_mean", 1) => ModuleKind::Norm,
            ("weight", 4) => ModuleKind::Convolution,
            ("weight", 2) => ModuleKind::Linear,
            _ => continue,
        };
        (known.kind, known.shape) = (kind, shape.clone());
    }
    found
}

/// True if every module has its tensors in PyTorch's order, and something differs from the alphabet's: the
/// order is then that of a `state_dict`, in which a network lists its modules.
pub fn is_listed(modules: &[Module], entries: &[TensorEntry]) -> bool {
    let in_order = |module: &Module| {
        let parts = module.tensors.iter().map(|tensor| split(&entries[*tensor].name).1);
        let known = ["weight", "bias", "running_mean", "running_var"];
        parts.filter_map(|part| known.iter().position(|name| *name == part)).is_sorted()
    };
    let names =
        || modules.iter().flat_map(|module| &module.tensors).map(|place| &entries[*place].name);
    modules.iter().all(in_order) && !names().is_sorted()
}

/// A convolution or a linear layer of a network here, with the norm behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name in an export.
    pub name: String,
    /// Its path in a checkpoint.
    pub path: String,
    pub kind: ModuleKind,
    /// The shape of its weights in PyTorch.
    pub shape: Vec<usize>,
    pub has_bias: bool,
    /// It is on the way around other layers, so that it may be listed before or after them.
    pub is_shortcut: bool,
    /// The name and path of its norm.
    pub norm: Option<[String; 2]>,
}

/// The convolutions and linear layers of a network, in the order of its forward pass.
pub fn units(layers: &[Layer]) -> Vec<Unit> {
    let mut units = Vec::new();
    collect(layers, "", false, &mut units);
    units
}

fn collect(layers: &[Layer], prefix: &str, is_shortcut: bool, units: &mut Vec<Unit>) {
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("{prefix}{index}");
        match layer {
            Layer::Linear { path, features: [inputs, outputs], .. } => units.push(Unit {
                name,
                path: path.clone(),
                kind: ModuleKind::Linear,
                shape: vec![*outputs, *inputs],
                has_bias: true,
                is_shortcut,
                norm: None,
            }),
            Layer::Convolution { path, channels: [inputs, outputs], kernel, bias, .. } => {
                let norm = match layers.get(index + 1) {
                    Some(Layer::Norm { path, .. }) => {
                        Some([format!("{prefix}{}", index + 1), path.clone()])
                    }
                    _ => None,
                };
                units.push(Unit {
                    name,
                    path: path.clone(),
                    kind: ModuleKind::Convolution,
                    shape: vec![*outputs, *inputs, *kernel, *kernel],
                    has_bias: *bias,
                    is_shortcut,
                    norm,
                });
            }
            Layer::Residual { inner, shortcut } => {
                collect(inner, &format!("{name}.inner."), is_shortcut, units);
                collect(shortcut, &format!("{name}.shortcut."), true, units);
            }
            _ => {}
        }
    }
}
