//! BLEU of translations (Papineni et al. 2002), with the tokenisation and the numbers of sacreBLEU (Post 2018).

use std::collections::HashMap;

/// The signature of the measure, in the form of sacreBLEU.
pub const SIGNATURE: &str = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp";

/// The longest n-grams.
const ORDER: usize = 4;

/// The counts of a corpus, from which its BLEU follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bleu {
    /// Words of all translations.
    length: usize,
    /// Words of all references.
    reference_length: usize,
    /// The n-grams of the translations for n = 1 to 4, and those among them that their references hold.
    counts: [[usize; 2]; ORDER],
}

impl Bleu {
    /// Adds a translation and its reference.
    pub fn add(&mut self, translation: &str, reference: &str) {
        let (translation, reference) = (tokenize(translation), tokenize(reference));
        self.length += translation.len();
        self.reference_length += reference.len();
        for (order, [found, matched]) in self.counts.iter_mut().enumerate() {
            let mut left = n_grams(&reference, order + 1);
            for (n_gram, count) in n_grams(&translation, order + 1) {
                *found += count;
                // Each n-gram counts as often as the reference holds it.
                *matched += left.remove(&n_gram).map_or(0, |most| count.min(most));
            }
        }
    }

    /// BLEU from 0 to 100: the geometric mean of the precisions of n-grams, times the penalty of translations that are
    /// shorter than their references. The k-th precision without a match is smoothed to `1 / (2^k n)` of its n n-grams.
    pub fn score(&self) -> f64 {
        if self.counts.iter().any(|[found, _]| *found == 0) || self.counts[0][1] == 0 {
            return 0.0;
        }
        let mut smoothing = 1.0;
        let logs = self.counts.iter().map(|[found, matched]| {
            let matched = if *matched == 0 {
                smoothing *= 2.0;
                1.0 / smoothing
            } else {
                *matched as f64
            };
            (matched / *found as f64).ln()
        });
        let mean = logs.sum::<f64>() / ORDER as f64;
        let (length, reference) = (self.length as f64, self.reference_length as f64);
        100.0 * mean.exp() * (1.0 - reference / length).min(0.0).exp()
    }
}

/// The n-grams of a sentence, with their counts.
fn n_grams(words: &[String], order: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    for n_gram in words.windows(order) {
        *counts.entry(n_gram).or_default() += 1;
    }
    counts
}

/// The words of a sentence by the rules of mteval-v13a: punctuation and symbols are words, but for points and commas
/// in numbers.
fn tokenize(sentence: &str) -> Vec<String> {
    let text = sentence.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    let text = format!(" {} ", text.replace("&lt;", "<").replace("&gt;", ">"));
    let is_symbol =
        |c: char| matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/');
    let text: String =
        text.chars().flat_map(|c| if is_symbol(c) { vec![' ', c, ' '] } else { vec![c] }).collect();
    let is_mark = |c: char| c == '.' || c == ',';
    let is_digit = |c: char| c.is_ascii_digit();
    let text = separate(&text, |a, b| !is_digit(a) && is_mark(b), |a, b| vec![a, ' ', b, ' ']);
    let text = separate(&text, |a, b| is_mark(a) && !is_digit(b), |a, b| vec![' ', a, ' ', b]);
    let text = separate(&text, |a, b| is_digit(a) && b == '-', |a, b| vec![a, ' ', b, ' ']);
    text.split_whitespace().map(str::to_owned).collect()
}

/// Replaces pairs of neighbouring characters that match, from left to right, none of them twice.
fn separate(
    text: &str,
    matches: impl Fn(char, char) -> bool,
    replace: impl Fn(char, char) -> Vec<char>,
) -> String {
    let mut separated = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match rest.peek() {
            Some(&second) if matches(first, second) => {
                separated.extend(replace(first, second));
                rest.next();
            }
            _ => separated.push(first),
        }
    }
    separated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(pairs: &[(&str, &str)]) -> f64 {
        let mut bleu = Bleu::default();
        for (translation, reference) in pairs {
            bleu.add(translation, reference);
        }
        bleu.score()
    }

    #[test]
    fn punctuation_is_a_word_and_numbers_stay_whole() {
        let words = tokenize("It's 3.5, or 1,000-fold (\"so\"); a.b &amp; c.");
        let expected = "It's 3.5 , or 1,000 - fold ( \" so \" ) ; a . b & c .";
        assert_eq!(words.join(" "), expected);
    }

    /// Scores of sacrebleu 2.6.0: `sacrebleu.corpus_bleu(translations, [references]).score`.
    #[test]
    fn scores_are_those_of_sacrebleu() {
        let cases: [(&[(&str, &str)], f64); 5] = [
            (&[("the cat sat on the mat .", "the cat sat on the mat .")], 100.0),
            (
                &[
                    ("the the the the the", "the cat is on the mat"),
                    ("a dog, 3.5 m long, barked!", "A dog of 3.5 m barked loudly."),
                ],
                8.643_019_616_048_525,
            ),
            (
                &[
                    (
                        "In the beginning God made heaven.",
                        "In the beginning God created the heavens and the earth.",
                    ),
                    (
                        "And God said, Let there be light: and there was light.",
                        "God said, \"Let there be light,\" and there was light.",
                    ),
                ],
                39.665_535_274_369_8,
            ),
            (
                &[
                    ("one two", "one two three four five"),
                    ("", "not empty"),
                    ("six seven eight nine ten eleven", "six seven eight nine ten twelve"),
                ],
                41.592_512_100_995_46,
            ),
            (&[("abc", "cba")], 0.0),
        ];
        for (pairs, expected) in cases {
            let found = score(pairs);
            assert!((found - expected).abs() < 1e-9, "{found}, not {expected}: {pairs:?}");
        }
    }
}
