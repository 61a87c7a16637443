//! Which module of a file is which layer of a network.

use super::decide::{FileOrder, Group, Pair, Question};
use super::modules::{ModuleKind, Unit};
use super::norms::{self, Undecided};
use super::{Fault, listed};

/// The answer: places among the modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs {
    /// The module of each unit.
    pub of_units: Vec<usize>,
    /// The module of each unit's norm.
    pub of_norms: Vec<Option<usize>>,
    /// Notes on how modules of one shape were distinguished.
    pub notes: Vec<String>,
}

/// Pairs what `given` says, and then all that is decided by the rest. Everything that is not decided, missing or
/// left over is an error.
pub fn pair(question: Question<'_>, given: &[[String; 2]]) -> Result<Pairs, Fault> {
    let mut pairing = Pairing::new(question);
    for [theirs, ours] in given {
        pairing.give(theirs, ours).map_err(Fault::Usage)?;
    }
    if !given.is_empty() || !pairing.by_names() {
        pairing.weights()?;
        pairing.norms()?;
    }
    Ok(pairing.finish())
}

struct Pairing<'a> {
    question: Question<'a>,
    of_units: Vec<Option<usize>>,
    of_norms: Vec<Option<usize>>,
    is_taken: Vec<bool>,
    notes: Vec<String>,
}

impl<'a> Pairing<'a> {
    fn new(question: Question<'a>) -> Self {
        let Question { units, modules, .. } = question;
        Self {
            question,
            of_units: vec![None; units.len()],
            of_norms: vec![None; units.len()],
            is_taken: vec![false; modules.len()],
            notes: Vec::new(),
        }
    }

    /// Pairs a module and a layer by their names.
    fn give(&mut self, theirs: &str, ours: &str) -> Result<(), String> {
        let Question { units, modules, .. } = self.question;
        let [theirs, ours] =
            [theirs, ours].map(|name| name.strip_suffix(".weight").unwrap_or(name));
        let Some(place) = modules.iter().position(|module| module.name == theirs) else {
            let names = listed(modules.iter().map(|module| &module.name), 8);
            return Err(format!("--map names `{theirs}`, and the file has {names}"));
        };
        let module = &modules[place];
        let is_norm = |unit: &Unit| {
            unit.norm.as_ref().is_some_and(|[name, path]| name == ours || path == ours)
        };
        let unit = units.iter().position(|unit| unit.name == ours || unit.path == ours);
        let (slot, kind, shape) = if let Some(unit) = unit {
            (&mut self.of_units[unit], units[unit].kind, units[unit].shape.clone())
        } else if let Some(unit) = units.iter().position(is_norm) {
            (&mut self.of_norms[unit], ModuleKind::Norm, units[unit].shape[..1].to_vec())
        } else {
            let norms = units.iter().filter_map(|unit| unit.norm.as_ref()).map(|[_, path]| path);
            let own = units.iter().map(|unit| &unit.path);
            let names = match module.kind {
                ModuleKind::Norm => listed(norms.chain(own), 12),
                _ => listed(own.chain(norms), 12),
            };
            return Err(format!("--map names `{ours}`, and the network of the config has {names}"));
        };
        if (module.kind, &module.shape) != (kind, &shape) {
            return Err(format!(
                "--map {theirs}={ours} does not fit: `{theirs}` is {:?}, and `{ours}` must be {shape:?}",
                module.shape,
            ));
        }
        if slot.is_some() || self.is_taken[place] {
            return Err(format!("--map {theirs}={ours} names one of the two a second time"));
        }
        (*slot, self.is_taken[place]) = (Some(place), true);
        Ok(())
    }

    /// Pairs all by the names of an export, with anything before them; or nothing.
    fn by_names(&mut self) -> bool {
        let Question { units, modules, .. } = self.question;
        let place = |name: &str, kind: ModuleKind, shape: &[usize]| {
            modules.iter().position(|module| {
                module.name == name && module.kind == kind && module.shape == shape
            })
        };
        let Some(first) = units.first() else { return false };
        let prefixes = modules.iter().filter_map(|module| {
            let prefix = module.name.strip_suffix(&first.name)?;
            (prefix.is_empty() || prefix.ends_with('.')).then_some(prefix)
        });
        for prefix in prefixes {
            let found = units.iter().map(|unit| {
                let name = format!("{prefix}{}", unit.name);
                let own = place(&name, unit.kind, &unit.shape)?;
                let norm = match &unit.norm {
                    Some([name, _]) => {
                        Some(place(&format!("{prefix}{name}"), ModuleKind::Norm, &unit.shape[..1])?)
                    }
                    None => None,
                };
                Some((own, norm))
            });
            if let Some(found) = found.collect::<Option<Vec<_>>>() {
                for (unit, (own, norm)) in found.into_iter().enumerate() {
                    self.take(unit, own);
                    self.take_norm(unit, norm);
                }
                return true;
            }
        }
        false
    }

    fn take(&mut self, unit: usize, module: usize) {
        (self.of_units[unit], self.is_taken[module]) = (Some(module), true);
    }

    fn take_norm(&mut self, unit: usize, module: Option<usize>) {
        if let Some(module) = module {
            (self.of_norms[unit], self.is_taken[module]) = (Some(module), true);
        }
    }

    /// Pairs convolutions and linear layers.
    fn weights(&mut self) -> Result<(), String> {
        let groups = self.groups()?;
        let given: Vec<Pair> = self
            .of_units
            .iter()
            .enumerate()
            .filter_map(|(unit, module)| Some((unit, (*module)?)))
            .collect();
        let numbered: Vec<Option<Group>> = groups
            .iter()
            .map(|group| self.question.by_numbers(&group.modules).map(|it| group.ordered(it)))
            .collect();
        // What is beside a group, where all groups are ordered in one way.
        let listed: Vec<Pair> =
            given.iter().copied().chain(groups.iter().flat_map(Group::pairs)).collect();
        let counted: Vec<Pair> =
            given.iter().copied().chain(numbered.iter().flatten().flat_map(Group::pairs)).collect();
        let (mut by_order, mut by_numbers) = (Vec::new(), Vec::new());
        for (group, numbered) in groups.iter().zip(&numbered) {
            let modules = self.question.decide(group, numbered.as_ref(), &listed, &counted)?;
            if modules.len() > 1 {
                let names = modules.iter().map(|module| self.question.name(*module));
                let names = names.collect::<Vec<_>>().join(", ");
                let is_numbered = numbered.as_ref().is_some_and(|group| group.modules == modules);
                if is_numbered { &mut by_numbers } else { &mut by_order }.push(names);
            }
            for (unit, module) in group.ordered(modules).pairs() {
                self.take(unit, module);
            }
        }
        for (names, evidence) in
            [(by_numbers, "the numbers in their names"), (by_order, "their order in the file")]
        {
            if !names.is_empty() {
                self.notes.push(format!(
                    "layers of one shape, told apart by {evidence}: {}",
                    names.join("; ")
                ));
            }
        }
        Ok(())
    }

    /// Unpaired units and modules, grouped by kind and shape, in the order of the file.
    fn groups(&self) -> Result<Vec<Group>, String> {
        let Question { units, modules, .. } = self.question;
        let mut groups: Vec<(ModuleKind, &[usize], Group)> = Vec::new();
        for (place, unit) in units.iter().enumerate() {
            if self.of_units[place].is_some() {
                continue;
            }
            let known = groups
                .iter_mut()
                .find(|(kind, shape, _)| (*kind, *shape) == (unit.kind, &unit.shape[..]));
            if let Some((.., group)) = known {
                group.units.push(place);
            } else {
                let group = Group { units: vec![place], modules: Vec::new() };
                groups.push((unit.kind, &unit.shape, group));
            }
        }
        for (kind, shape, group) in &mut groups {
            let alike = |place: &usize| {
                !self.is_taken[*place]
                    && (modules[*place].kind, &modules[*place].shape[..]) == (*kind, *shape)
            };
            group.modules = (0..modules.len()).filter(alike).collect();
            if group.modules.len() < group.units.len() {
                let left = (0..modules.len())
                    .filter(|place| !self.is_taken[*place] && modules[*place].kind == *kind)
                    .map(|place| format!("{} {:?}", modules[place].name, modules[place].shape));
                let left = listed(left, 6);
                return Err(format!(
                    "the network of the config has {} of {shape:?}, and the file {}; make [model] what was trained: the \
                     file has {}",
                    kind.counted(group.units.len()),
                    group.modules.len(),
                    if left.is_empty() { "none" } else { &left },
                ));
            }
            if group.modules.len() > group.units.len() {
                return Err(format!(
                    "the file has {} of {shape:?} ({}), and the network of the config {}; `--ignore NAME` leaves \
                     one out",
                    kind.counted(group.modules.len()),
                    listed(group.modules.iter().map(|place| self.question.name(*place)), 6),
                    group.units.len(),
                ));
            }
        }
        Ok(groups.into_iter().map(|(.., group)| group).collect())
    }

    /// Pairs batch normalisations by the convolutions before them.
    fn norms(&mut self) -> Result<(), String> {
        let Question { units, modules, order, .. } = self.question;
        let open: Vec<usize> = (0..units.len())
            .filter(|unit| units[*unit].norm.is_some() && self.of_norms[*unit].is_none())
            .collect();
        let free: Vec<usize> = (0..modules.len())
            .filter(|place| !self.is_taken[*place] && modules[*place].kind == ModuleKind::Norm)
            .filter(|place| {
                open.iter().any(|unit| units[*unit].shape[..1] == modules[*place].shape)
            })
            .collect();
        for unit in &open {
            let channels = units[*unit].shape[0];
            let ours = open.iter().filter(|unit| units[**unit].shape[0] == channels).count();
            let theirs: Vec<_> = free
                .iter()
                .filter(|place| modules[**place].shape[..] == [channels])
                .copied()
                .collect();
            if ours == theirs.len() {
                continue;
            }
            let names = listed(theirs.iter().map(|place| self.question.name(*place)), 8);
            return Err(format!(
                "the network of the config has {} of [{channels}], and the file {}{}",
                ModuleKind::Norm.counted(ours),
                theirs.len(),
                if names.is_empty() { String::new() } else { format!(": {names}") },
            ));
        }
        let convolutions: Vec<(usize, usize)> = open
            .iter()
            .map(|unit| {
                (*unit, self.of_units[*unit].expect("convolutions are paired before norms"))
            })
            .collect();
        let behind = norms::behind(
            modules,
            &convolutions.iter().map(|(_, module)| *module).collect::<Vec<_>>(),
            &free,
            order == FileOrder::Listed,
        )
        .map_err(|undecided| self.told(&undecided))?;
        for (unit, module) in convolutions {
            let norm = behind.iter().find(|(convolution, _)| *convolution == module);
            self.take_norm(unit, norm.map(|(_, norm)| *norm));
        }
        Ok(())
    }

    /// Which norms are undecided, and what to do, by the example of the first.
    fn told(&self, Undecided { text, convolutions, norms }: &Undecided) -> String {
        let Question { units, modules, .. } = self.question;
        let example = norms.iter().find_map(|norm| {
            let is_open = |place: &usize| convolutions.contains(place);
            let fits = |unit: &usize| {
                self.of_units[*unit].as_ref().is_some_and(is_open)
                    && units[*unit].shape[..1] == modules[*norm].shape
            };
            let [_, path] = units[(0..units.len()).find(fits)?].norm.as_ref()?;
            Some(format!(", as --map {}={path}", self.question.name(*norm)))
        });
        format!("{text}; say which is which{}", example.unwrap_or_default())
    }

    fn finish(self) -> Pairs {
        let of_units: Option<Vec<usize>> = self.of_units.iter().copied().collect();
        Pairs {
            of_units: of_units.expect("a unit without a module is an error before"),
            of_norms: self.of_norms,
            notes: self.notes,
        }
    }
}
