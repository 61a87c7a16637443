//! Which batch normalisation of a file stands behind which convolution: by the channels, by the module that
//! holds both, by what their names have in common, and by the order of the file.

use std::collections::BTreeMap;

use super::listed;
use super::modules::Module;

/// A convolution and the norm behind it, by their places among the modules.
pub type Behind = (usize, usize);

/// Why norms and convolutions are not paired.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Which ones, and the reason.
    pub text: String,
    /// The places of these convolutions.
    pub convolutions: Vec<usize>,
    /// The places of these norms.
    pub norms: Vec<usize>,
}

/// Finds the norm of each of these convolutions, as many as there are norms. What is not decided, or decided in
/// two ways, is an error.
pub fn behind(
    modules: &[Module],
    convolutions: &[usize],
    norms: &[usize],
    is_listed: bool,
) -> Result<Vec<Behind>, Undecided> {
    let item = |place: &usize, is_norm: bool| Item {
        place: *place,
        is_norm,
        channels: modules[*place].shape[0],
        path: modules[*place].name.split('.').collect(),
    };
    let mut items: Vec<Item<'_>> = convolutions.iter().map(|place| item(place, false)).collect();
    items.extend(norms.iter().map(|place| item(place, true)));
    // In the order of the file.
    items.sort_by_key(|item| item.place);
    let mut found = Vec::new();
    let left = level(&items, 0, is_listed, &mut found)?;
    match &left[..] {
        [] => Ok(found),
        left => Err(undecided(
            &left.iter().collect::<Vec<_>>(),
            "neither their names nor an order say it",
        )),
    }
}

/// A convolution or a norm.
#[derive(Clone, Debug)]
struct Item<'a> {
    place: usize,
    is_norm: bool,
    channels: usize,
    path: Vec<&'a str>,
}

/// Pairs the convolutions and norms of one module, its inner modules first, and returns the unpaired ones.
fn level<'a>(
    items: &[Item<'a>],
    depth: usize,
    is_listed: bool,
    found: &mut Vec<Behind>,
) -> Result<Vec<Item<'a>>, Undecided> {
    let mut inner: BTreeMap<&str, Vec<Item<'a>>> = BTreeMap::new();
    let mut here = Vec::new();
    for item in items {
        match item.path.get(depth) {
            Some(name) if item.path.len() > depth + 1 => {
                inner.entry(name).or_default().push(item.clone());
            }
            _ => here.push(item.clone()),
        }
    }
    for items in inner.values() {
        here.extend(level(items, depth + 1, is_listed, found)?);
    }
    here.sort_by_key(|item| item.place);
    let mut classes: BTreeMap<usize, Vec<Item<'a>>> = BTreeMap::new();
    for item in here {
        classes.entry(item.channels).or_default().push(item);
    }
    let mut left = Vec::new();
    for class in classes.into_values() {
        match together(&class, items, depth, is_listed)? {
            Some(pairs) => found.extend(pairs),
            None => left.extend(class),
        }
    }
    Ok(left)
}

/// The pairs among convolutions and norms of one number of channels in one module, which are some of its items;
/// none where there are not as many of both.
fn together(
    class: &[Item<'_>],
    items: &[Item<'_>],
    depth: usize,
    is_listed: bool,
) -> Result<Option<Vec<Behind>>, Undecided> {
    let (norms, convolutions): (Vec<_>, Vec<_>) = class.iter().partition(|item| item.is_norm);
    if norms.is_empty() || norms.len() != convolutions.len() {
        return Ok(None);
    }
    if is_listed && class.chunks(2).all(|pair| pair[0].is_norm && !pair[1].is_norm) {
        let why = "each is listed before its convolution, as in networks where it comes first, unlike here";
        return Err(undecided(&class.iter().collect::<Vec<_>>(), why));
    }
    if let ([norm], [convolution]) = (&norms[..], &convolutions[..]) {
        if is_numbered_as_another(norm, convolution, items) {
            let all = class.iter().collect::<Vec<_>>();
            let why = "they have as many channels, and their numbers say otherwise";
            return Err(undecided(&all, why));
        }
        return Ok(Some(vec![(convolution.place, norm.place)]));
    }
    let both = (&convolutions[..], &norms[..]);
    let evidence = [
        by_keys(both, depth, without_kinds),
        by_keys(both, depth, numbers),
        by_places(class, depth),
        is_listed.then(|| by_sequence(class)).flatten(),
    ];
    let mut said = evidence.into_iter().flatten();
    let all = || class.iter().collect::<Vec<_>>();
    let Some(first) = said.next() else {
        return Err(undecided(&all(), "neither their names nor an order say it"));
    };
    if said.any(|other| other != first) {
        return Err(undecided(&all(), "their names and their order say different things"));
    }
    Ok(Some(first))
}

/// By the common parts of their names, as the number in `c1` and `n1`, or the rest without the words for their
/// kinds: `shortcut_conv` and `shortcut_norm`.
fn by_keys(
    (convolutions, norms): (&[&Item<'_>], &[&Item<'_>]),
    depth: usize,
    key: impl Fn(&str) -> String,
) -> Option<Vec<Behind>> {
    let whole = |item: &Item<'_>| {
        let names = item.path[depth..].iter().map(|name| key(name));
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(".")
    };
    let keys = |items: &[&Item<'_>]| -> Option<BTreeMap<String, usize>> {
        let keys: BTreeMap<_, _> = items.iter().map(|item| (whole(item), item.place)).collect();
        (keys.len() == items.len()).then_some(keys)
    };
    let (convolutions, norms) = (keys(convolutions)?, keys(norms)?);
    let mut pairs: Vec<Behind> = convolutions
        .iter()
        .map(|(key, convolution)| Some((*convolution, *norms.get(key)?)))
        .collect::<Option<_>>()?;
    pairs.sort_unstable();
    Some(pairs)
}

/// Common names of convolutions and batch normalisations, longer ones before their parts.
const WORDS: [&str; 9] = [
    "convolution",
    "normalization",
    "batchnorm2d",
    "batch_norm",
    "batchnorm",
    "conv2d",
    "conv",
    "norm",
    "bn",
];

/// A name without them.
fn without_kinds(name: &str) -> String {
    let mut name = name.to_ascii_lowercase();
    for word in WORDS {
        name = name.replace(&format!("{word}s"), "").replace(word, "");
    }
    name.split(['_', '-']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// The numbers of a name.
fn numbers(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_")
}

/// True if a norm has the number of another convolution beside it, as `bn1` has that of `conv1`.
fn is_numbered_as_another(norm: &Item<'_>, convolution: &Item<'_>, items: &[Item<'_>]) -> bool {
    let number = own_numbers(norm);
    let is_beside = |item: &Item<'_>| {
        let [module, other] = [item, norm].map(|item| item.path.split_last().map(|it| it.1));
        module == other
    };
    let is_another = |item: &Item<'_>| !item.is_norm && own_numbers(item) == number;
    number.is_some()
        && own_numbers(convolution) != number
        && items.iter().any(|item| is_beside(item) && is_another(item))
}

/// The numbers of an item's own name, without those of its kind (`conv2d`); none where it has none, or is a place
/// in an `nn.Sequential`.
fn own_numbers(item: &Item<'_>) -> Option<String> {
    let name = item.path.last()?;
    let is_place = name.chars().all(|c| c.is_ascii_digit());
    Some(numbers(&without_kinds(name))).filter(|numbers| !is_place && !numbers.is_empty())
}

/// By their places in an `nn.Sequential`.
fn by_places(class: &[Item<'_>], depth: usize) -> Option<Vec<Behind>> {
    let mut numbered: Vec<(u64, Item<'_>)> = class
        .iter()
        .map(|item| Some((item.path.get(depth)?.parse().ok()?, item.clone())))
        .collect::<Option<_>>()?;
    numbered.sort_by_key(|(number, _)| *number);
    let is_distinct = numbered.windows(2).all(|pair| pair[0].0 != pair[1].0);
    let ordered: Vec<_> = numbered.into_iter().map(|(_, item)| item).collect();
    is_distinct.then(|| one_behind_the_other(&ordered)).flatten()
}

/// By an order: each norm behind its convolution, or all norms behind all convolutions.
fn by_sequence(class: &[Item<'_>]) -> Option<Vec<Behind>> {
    let half = class.len() / 2;
    let (first, second) = class.split_at(half);
    if first.iter().all(|item| !item.is_norm) && second.iter().all(|item| item.is_norm) {
        return Some(
            first.iter().zip(second).map(|(one, other)| (one.place, other.place)).collect(),
        );
    }
    one_behind_the_other(class)
}

fn one_behind_the_other(class: &[Item<'_>]) -> Option<Vec<Behind>> {
    let pairs = class.chunks(2).map(|pair| match pair {
        [one, other] if !one.is_norm && other.is_norm => Some((one.place, other.place)),
        _ => None,
    });
    let mut pairs: Vec<Behind> = pairs.collect::<Option<_>>()?;
    pairs.sort_unstable();
    Some(pairs)
}

fn undecided(items: &[&Item<'_>], why: &str) -> Undecided {
    let names = |is_norm: bool| {
        let those = items.iter().filter(|item| item.is_norm == is_norm);
        listed(those.map(|item| item.path.join(".")), 4)
    };
    let text = format!(
        "the batch normalisations {} could be behind the convolutions {} in any order: {why}",
        names(true),
        names(false)
    );
    let places = |is_norm: bool| {
        let those = items.iter().filter(|item| item.is_norm == is_norm);
        those.map(|item| item.place).collect()
    };
    Undecided { text, convolutions: places(false), norms: places(true) }
}
