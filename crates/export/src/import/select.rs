//! The tensors of a file that are the network: without what training keeps beside it, and of several networks
//! the one that is meant.

use std::collections::{BTreeMap, BTreeSet};

use hearth_store::TensorEntry;

use super::modules::{ModuleKind, Unit, modules, split};
use super::{Fault, check_remade, listed};

/// The user's choice of tensors, from `--key` and `--ignore`.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The entry that holds the network.
    pub key: Option<&'a str>,
    /// Tensors and modules that are left out.
    pub ignore: &'a [String],
}

/// The network's tensors, by their places in the file, and what was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub tensors: Vec<usize>,
    pub notes: Vec<String>,
}

/// Names of counters beside a network's weights.
const COUNTERS: [&str; 4] = ["num_batches_tracked", "n_averaged", "total_ops", "total_params"];

/// Names of losses, whose weights are class weights.
const LOSSES: [&str; 6] =
    ["criterion", "criterions", "loss", "loss_fn", "loss_func", "loss_function"];

/// Entries under which training scripts save a network's weights.
const NETWORKS: [&str; 11] = [
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "net_state_dict",
    "weights",
    "module",
    "params",
    "ema",
];

/// Chooses the tensors of the network whose layers are `units`.
pub fn choose(
    entries: &[TensorEntry],
    choice: Choice<'_>,
    units: &[Unit],
) -> Result<Chosen, Fault> {
    let mut left: Vec<usize> = (0..entries.len()).collect();
    let mut notes = Vec::new();
    let key = choice.key.map(|key| key.trim_end_matches(['.', '*']));
    for pattern in choice.ignore {
        let ignored = pattern.trim_end_matches(['.', '*']);
        let before = left.len();
        left.retain(|place| {
            let name = &entries[*place].name;
            let inner = key.and_then(|key| below(name, key));
            !(is_below(name, ignored) || inner.is_some_and(|inner| is_below(inner, ignored)))
        });
        if left.len() == before {
            let held = held(entries, &left);
            return Err(Fault::Usage(format!(
                "--ignore {pattern} names nothing in it; it holds {held}"
            )));
        }
        notes.push(format!("left out as asked: {ignored} ({})", tensors(before - left.len())));
    }
    if let Some(key) = key {
        let all = left.clone();
        left.retain(|place| is_below(&entries[*place].name, key));
        if left.is_empty() {
            let held = held(entries, &all);
            return Err(Fault::Usage(format!("--key {key} names nothing in it; it holds {held}")));
        }
    }
    let beside: Vec<usize> = left.extract_if(.., |place| is_beside(&entries[*place])).collect();
    let told = beside.iter().filter(|place| !entries[**place].name.ends_with(COUNTERS[0]));
    let told = listed(told.map(|place| &entries[*place].name), 4);
    if !told.is_empty() {
        notes.push(format!("left out, as no part of the network: {told}"));
    }
    let chosen = network(entries, &left, units)?;
    check_remade(chosen.iter().map(|place| &entries[*place].name[..]))?;
    let has_layers =
        modules(entries, &chosen).iter().any(|module| module.kind != ModuleKind::Unknown);
    if !has_layers {
        let held = held(entries, &left);
        return Err(format!("it holds no layers that a network here has, but {held}").into());
    }
    let own: BTreeSet<usize> = chosen.iter().copied().collect();
    let rest: BTreeSet<usize> = left.into_iter().filter(|place| !own.contains(place)).collect();
    if !rest.is_empty() {
        notes.push(format!("left out, beside the network: {}", grouped(entries, &chosen, &rest)));
    }
    Ok(Chosen { tensors: chosen, notes })
}

/// True if a tensor is a counter, or belongs to a loss.
fn is_beside(entry: &TensorEntry) -> bool {
    let (module, part) = split(&entry.name);
    let (_, last) = split(module);
    COUNTERS.contains(&part)
        || (entry.is_integer && entry.shape.is_empty())
        || (LOSSES.contains(&last) && entry.shape.len() < 2)
}

/// The name below a module's, if it is there.
fn below<'a>(name: &'a str, module: &str) -> Option<&'a str> {
    name.strip_prefix(module)?.strip_prefix('.')
}

fn is_below(name: &str, module: &str) -> bool {
    name == module || module.is_empty() || below(name, module).is_some()
}

fn tensors(count: usize) -> String {
    if count == 1 { "1 tensor".to_owned() } else { format!("{count} tensors") }
}

/// The entries of the outermost dictionary, and how many tensors each has.
fn held(entries: &[TensorEntry], places: &[usize]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for place in places {
        let first = entries[*place].name.split('.').next().unwrap_or_default();
        match counts.iter_mut().find(|(name, _)| *name == first) {
            Some((_, count)) => *count += 1,
            None => counts.push((first, 1)),
        }
    }
    listed(counts.iter().map(|(name, count)| format!("{name} ({})", tensors(*count))), 8)
}

/// The remaining tensors, grouped by the first module that holds no chosen tensor.
fn grouped(entries: &[TensorEntry], chosen: &[usize], rest: &BTreeSet<usize>) -> String {
    let ours: BTreeSet<&str> =
        chosen.iter().flat_map(|place| prefixes(&entries[*place].name)).collect();
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for place in rest {
        let name = &entries[*place].name;
        let group = prefixes(name).find(|prefix| !ours.contains(prefix)).unwrap_or(name);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, count)) => *count += 1,
            None => groups.push((group, 1)),
        }
    }
    listed(groups.iter().map(|(name, count)| format!("{name} ({})", tensors(*count))), 6)
}

/// The names of all modules that hold a tensor, the outermost first, and without the empty one.
fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(place, _)| &name[..place])
}

/// So many networks that fit are looked for.
const MOST: usize = 8;

/// The tensors below the one entry that is such a network: all of a plain `state_dict`, or one of several
/// dictionaries or modules. If none fits, those of the entry with a network's usual name, for the error message.
fn network(entries: &[TensorEntry], left: &[usize], units: &[Unit]) -> Result<Vec<usize>, String> {
    let mut below: BTreeMap<&str, Vec<usize>> = BTreeMap::from([("", left.to_vec())]);
    for place in left {
        for prefix in prefixes(&entries[*place].name) {
            below.entry(prefix).or_default().push(*place);
        }
    }
    // Weights alone, and with biases and all of a norm's.
    let norms = units.iter().filter(|unit| unit.norm.is_some()).count();
    let plausible = units.len() + 2 * norms..=2 * units.len() + 4 * norms;
    let mut fitting: Vec<(&str, &Vec<usize>)> = Vec::new();
    for (prefix, places) in &below {
        let is_new = |(_, known): &(&str, &Vec<usize>)| *known != places;
        if fitting.len() < MOST
            && plausible.contains(&places.len())
            && fitting.iter().all(is_new)
            && fits(entries, places, units)
        {
            fitting.push((prefix, places));
        }
    }
    // In the order of the file.
    fitting.sort_by_key(|(_, places)| places[0]);
    match &fitting[..] {
        [(_, places)] => Ok((*places).clone()),
        [] => Ok(most_likely(&below, left)),
        [first, others @ ..] => {
            if others.iter().all(|other| are_equal(entries, *first, *other)) {
                return Ok(first.1.clone());
            }
            let names = listed(fitting.iter().map(|(prefix, _)| *prefix), 6);
            Err(format!(
                "it holds several networks that fit: {names}; say which, as --key {}",
                fitting[0].0
            ))
        }
    }
}

/// True if these tensors are exactly those of the network, by kind and shape.
fn fits(entries: &[TensorEntry], places: &[usize], units: &[Unit]) -> bool {
    let mut wanted: Vec<(usize, &[usize])> = Vec::new();
    for unit in units {
        wanted.push((unit.kind as usize, &unit.shape));
        if unit.norm.is_some() {
            wanted.push((ModuleKind::Norm as usize, &unit.shape[..1]));
        }
    }
    let modules = modules(entries, places);
    if modules.iter().any(|module| module.strange(entries).next().is_some()) {
        return false;
    }
    let mut found: Vec<(usize, &[usize])> =
        modules.iter().map(|module| (module.kind as usize, &module.shape[..])).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    wanted == found
}

/// True if two entries hold the same tensors under the same names.
fn are_equal(
    entries: &[TensorEntry],
    (one, places): (&str, &Vec<usize>),
    (other, others): (&str, &Vec<usize>),
) -> bool {
    let inner = |place: usize, prefix: &str| below(&entries[place].name, prefix).map(str::to_owned);
    places.len() == others.len()
        && places.iter().all(|place| {
            let name = inner(*place, one);
            let twin = others.iter().find(|place| inner(**place, other) == name);
            twin.is_some_and(|twin| match (entries[*place].read(), entries[*twin].read()) {
                (Ok(one), Ok(other)) => one == other,
                _ => false,
            })
        })
}

/// The tensors below the names that networks are kept under.
fn most_likely(below: &BTreeMap<&str, Vec<usize>>, left: &[usize]) -> Vec<usize> {
    let mut prefix = String::new();
    let mut places = left;
    loop {
        let inner = NETWORKS.iter().find_map(|name| {
            let path =
                if prefix.is_empty() { (*name).to_owned() } else { format!("{prefix}.{name}") };
            below.get_key_value(path.as_str())
        });
        match inner {
            Some((path, inner)) => (prefix, places) = ((*path).to_owned(), inner),
            None => return places.to_vec(),
        }
    }
}
