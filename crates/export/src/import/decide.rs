//! The order of modules of one kind and shape: by the order of the file, where that is the order of a `state_dict`,
//! and by the numbers in their names; never by the alphabet.

use std::cmp::Ordering;

use super::modules::{Module, Unit};
use super::{listed, numbers};

/// The evidence of the order of tensors in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOrder {
    /// It is that in which the network lists its modules.
    Listed,
    /// It was changed since, as by sorting.
    Changed,
    /// There is none: the format keeps none.
    Absent,
    /// The format keeps one, and what would say it is not followed.
    Unread,
}

/// A network here and the modules of a file.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub units: &'a [Unit],
    pub modules: &'a [Module],
    pub order: FileOrder,
    /// The widths of layers and the sides of images, which are no places in an order.
    pub sizes: &'a [usize],
}

/// A unit and the module that it was paired with.
pub type Pair = (usize, usize);

/// Units and modules of one kind and shape.
#[derive(Clone, Debug)]
pub struct Group {
    pub units: Vec<usize>,
    pub modules: Vec<usize>,
}

impl Group {
    pub fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.units.iter().copied().zip(self.modules.iter().copied())
    }

    /// The same with the modules in another order.
    pub fn ordered(&self, modules: Vec<usize>) -> Self {
        Self { units: self.units.clone(), modules }
    }
}

impl<'a> Question<'a> {
    pub fn name(&self, module: usize) -> &'a str {
        &self.modules[module].name
    }

    fn compared(&self, one: usize, other: usize) -> Option<Ordering> {
        numbers::compare(self.name(one), self.name(other), self.sizes)
    }

    /// Modules in the order of their numbers, where each two differ by one.
    pub fn by_numbers(&self, modules: &[usize]) -> Option<Vec<usize>> {
        let mut ordered = modules.to_vec();
        let is_decided = |(place, one): (usize, &usize)| {
            modules[place + 1..].iter().all(|other| self.compared(*one, *other).is_some())
        };
        if !modules.iter().enumerate().all(is_decided) {
            return None;
        }
        ordered.sort_by(|one, other| self.compared(*one, *other).unwrap_or(Ordering::Equal));
        Some(ordered)
    }

    /// The modules of a group in the order of its units. `numbered` is the group in the order of its numbers;
    /// `listed` and `counted` are all pairs, where every group is in the order of the file or of its numbers.
    pub fn decide(
        &self,
        group: &Group,
        numbered: Option<&Group>,
        listed: &[Pair],
        counted: &[Pair],
    ) -> Result<Vec<usize>, String> {
        if group.units.len() < 2 {
            return Ok(group.modules.clone());
        }
        let beside = |all: &[Pair]| -> Vec<Pair> {
            all.iter().filter(|(unit, _)| !group.units.contains(unit)).copied().collect()
        };
        let (listed, counted) = (beside(listed), beside(counted));
        let is_listed = self.order == FileOrder::Listed;
        let by_place = |one: usize, other: usize| Some(one.cmp(&other));
        let against_order = self.contradiction(group, &listed, by_place);
        if is_listed && against_order.is_none() {
            return self.by_order(group, &listed);
        }
        let by_number = |one: usize, other: usize| self.compared(one, other);
        let against_numbers =
            numbered.and_then(|numbered| self.contradiction(numbered, &counted, by_number));
        let reason = match (numbered, against_numbers, against_order) {
            (Some(numbered), None, _) if is_listed && numbered.modules != group.modules => {
                "the file lists them in another order than their numbers".to_owned()
            }
            (Some(numbered), None, _) => return Ok(numbered.modules.clone()),
            (_, Some([one, other]), _) => format!(
                "by the numbers in the names, `{}` and `{}` would be in the wrong order",
                self.name(one),
                self.name(other)
            ),
            (None, None, Some([one, other])) if is_listed => format!(
                "the order of the file is not that of the network: see `{}` and `{}`",
                self.name(one),
                self.name(other)
            ),
            _ => self.no_evidence().to_owned(),
        };
        Err(self.undecided(group, &reason))
    }

    /// A group in the order of the file, unless its numbers say otherwise.
    fn by_order(&self, group: &Group, beside: &[Pair]) -> Result<Vec<usize>, String> {
        let by_word = |one: usize, other: usize| {
            numbers::compare_words(self.name(one), self.name(other), self.sizes)
        };
        let own: Vec<Pair> = group.pairs().collect();
        let conflict = self.contradiction(group, &own, by_word);
        // Numbers that shapes contradict as well are no order.
        match conflict.filter(|_| self.contradiction(group, beside, by_word).is_none()) {
            None => Ok(group.modules.clone()),
            Some([first, second]) => {
                let [first, second] =
                    [first.min(second), first.max(second)].map(|it| self.name(it));
                let reason = format!(
                    "the file lists `{first}` first, and the number of `{second}` is lower"
                );
                Err(self.undecided(group, &reason))
            }
        }
    }

    /// The first module of a group, and another one, whose order is not that of the layers that they are paired
    /// with.
    fn contradiction(
        &self,
        group: &Group,
        others: &[Pair],
        order: impl Fn(usize, usize) -> Option<Ordering>,
    ) -> Option<[usize; 2]> {
        let is_shortcut = |unit: usize| self.units[unit].is_shortcut;
        group.pairs().find_map(|(unit, module)| {
            let against = |(other_unit, other): &&Pair| {
                is_shortcut(unit) == is_shortcut(*other_unit)
                    && order(module, *other).is_some_and(|order| order != unit.cmp(other_unit))
            };
            others.iter().find(against).map(|(_, other)| [module, *other])
        })
    }

    fn no_evidence(&self) -> &'static str {
        match self.order {
            FileOrder::Absent => {
                "their names have no numbers, and safetensors keeps no order (torch.save does)"
            }
            FileOrder::Unread => {
                "their names have no numbers, and the file keeps no order that can be read"
            }
            _ => "their names have no numbers, and the file was sorted since it was a state_dict",
        }
    }

    /// The error of a group without a decided order: the reason and the remedy.
    fn undecided(&self, group: &Group, reason: &str) -> String {
        let theirs = listed(group.modules.iter().map(|module| self.name(*module)), 4);
        let ours = listed(group.units.iter().map(|unit| &self.units[*unit].path), 4);
        let first = &self.units[group.units[0]];
        format!(
            "{theirs}, all {:?}, could be {ours} in any order: {reason}; say which is which, as --map {}={}",
            first.shape,
            self.name(group.modules[0]),
            first.path,
        )
    }
}
