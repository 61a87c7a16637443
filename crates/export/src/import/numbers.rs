//! The order of modules by the numbers in their names.

use std::cmp::Ordering;

/// The order of two modules by the first number in which their names differ: `conv2` comes before `conv10`,
/// `layer1.1` before `layer2.0`. None where a word differs first, and where the numbers are `sizes` of the
/// network, as in `fc512` and `fc256`.
pub fn compare(one: &str, other: &str, sizes: &[usize]) -> Option<Ordering> {
    let (ones, others) = (tokens(one), tokens(other));
    let place = ones.iter().zip(&others).position(|(one, other)| one != other)?;
    let [first, second] = [&ones, &others].map(|tokens| number(tokens[place]));
    let (first, second) = (first?, second?);
    // A number on its own is a place in a list, whatever it is.
    let is_alone = |tokens: &[&str]| {
        let before = place.checked_sub(1).is_none_or(|before| tokens[before].ends_with('.'));
        before && tokens.get(place + 1).is_none_or(|behind| behind.starts_with('.'))
    };
    let is_size = |number: u64| sizes.iter().any(|size| *size as u64 == number);
    let are_sizes = is_size(first) && is_size(second) && first.abs_diff(second) > 1;
    if are_sizes && !(is_alone(&ones) && is_alone(&others)) {
        return None;
    }
    Some(first.cmp(&second)).filter(|order| order.is_ne())
}

/// Numbers as words.
const NUMERALS: [[&str; 2]; 8] = [
    ["one", "first"],
    ["two", "second"],
    ["three", "third"],
    ["four", "fourth"],
    ["five", "fifth"],
    ["six", "sixth"],
    ["seven", "seventh"],
    ["eight", "eighth"],
];

/// The same, with numbers in words as well: too little to decide an order, and enough to contradict one.
pub fn compare_words(one: &str, other: &str, sizes: &[usize]) -> Option<Ordering> {
    if let Some(order) = compare(one, other, sizes) {
        return Some(order);
    }
    let [ones, others] = [one, other].map(|name| {
        name.split(|c: char| !c.is_alphanumeric()).map(str::to_ascii_lowercase).collect::<Vec<_>>()
    });
    let (first, second) = ones.iter().zip(&others).find(|(one, other)| one != other)?;
    let value = |word: &str| NUMERALS.iter().position(|words| words.contains(&word));
    Some(value(first)?.cmp(&value(second)?)).filter(|order| order.is_ne())
}

/// A name in pieces: digits, and what stands between them.
fn tokens(name: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(end);
        tokens.push(token);
        rest = behind;
    }
    tokens
}

fn number(token: &str) -> Option<u64> {
    token.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_decide_and_words_do_not() {
        let sizes = [256, 512, 28, 14, 64];
        let less = Some(Ordering::Less);
        for (one, other, order) in [
            ("conv2", "conv10", less),
            ("conv10", "conv2", Some(Ordering::Greater)),
            ("layer1.1.conv1", "layer2.0.conv1", less),
            ("net.0", "net.2", less),
            ("h9.fc", "h10.fc", less),
            ("a", "b", None),
            ("conv_a", "conv_b", None),
            ("fc_one", "fc_two", None),
            ("conv", "conv2", None),
            ("bn1", "downsample.1", None),
            ("conv3x3_a", "conv3x3_b", None),
            ("fc512", "fc256", None),
            ("res28_conv", "res14_conv", None),
            // Sizes, but in a row, or as places in a list.
            ("block28", "block29", less),
            ("features.14", "features.28", less),
            ("fc01", "fc1", None),
            ("same", "same", None),
        ] {
            assert_eq!(compare(one, other, &sizes), order, "{one} {other}");
        }
    }

    #[test]
    fn numbers_in_words_can_contradict() {
        let less = Some(Ordering::Less);
        for (one, other, order) in [
            ("mlp.one", "mlp.two", less),
            ("net.conv_first.weight", "net.conv_third.weight", less),
            ("fc_two", "fc_one", Some(Ordering::Greater)),
            ("conv2", "conv10", less),
            ("a.one", "b.two", None),
            ("one", "first", None),
            ("stem", "head", None),
        ] {
            assert_eq!(compare_words(one, other, &[]), order, "{one} {other}");
        }
    }
}
