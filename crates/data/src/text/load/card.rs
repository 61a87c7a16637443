//! Data card of pairs of texts.

use super::text_pairs::TextPairs;
use crate::card::DataCard;
use crate::samples::Subset;
use crate::text::pairs::Pairs;
use crate::text::tokenizer::Tokenizer;

impl TextPairs {
    /// The data card.
    pub fn card(&self) -> DataCard {
        let lengths = self.lengths();
        let [source, target] = &lengths;
        let [train, _, test] =
            [&self.splits.train, &self.splits.valid, &self.splits.test].map(unknown);
        let mut facts = Vec::new();
        if let Some(origin) = &self.origin {
            facts.push(("generator", origin.clone()));
        }
        let kind = self.tokenizer.kind().name();
        facts.push(("vocabulary", format!("{} tokens ({kind})", self.tokenizer.vocabulary_size())));
        facts.push(("tokens of a source", source.to_string()));
        facts.push(("tokens of a target", target.to_string()));
        facts.push((
            "padding",
            format!("{:.1} % of the tokens of a batch", 100.0 * self.padding.share()),
        ));
        facts.push((
            "unknown tokens",
            format!("{train} of the training part, {test} of the test part"),
        ));
        if let Some(longer) = &self.longer {
            facts.push(("longer", format!("{} test pairs", longer.len())));
        }
        DataCard {
            name: self.name.clone(),
            unit: "pairs",
            sample: format!("{} and {} tokens in the median", source.median, target.median),
            dims: None,
            inputs: source.median,
            samples: self.splits.counts(),
            classes: Vec::new(),
            class_counts: Vec::new(),
            layout: None,
            checksums: self.checksums.clone(),
            facts,
            notes: self.notes.clone(),
            warnings: self.warnings.clone(),
            bytes: self.bytes(),
        }
    }

    /// Lengths of the training sources and targets.
    pub fn lengths(&self) -> [Lengths; 2] {
        let Subset { source: pairs, indices } = &self.splits.train;
        [0, 1].map(|side| {
            let mut lengths: Vec<usize> =
                indices.iter().map(|&index| pairs.lengths(index)[side]).collect();
            lengths.sort_unstable();
            Lengths {
                median: lengths.get(lengths.len() / 2).copied().unwrap_or(0),
                max: lengths.last().copied().unwrap_or(0),
            }
        })
    }
}

/// The share of unknown tokens.
fn unknown(part: &Subset<Pairs>) -> String {
    let [mut all, mut unknown] = [0_usize; 2];
    for &index in &*part.indices {
        for side in [&part.source.sources, &part.source.targets] {
            let ids = side.get(index as usize);
            all += ids.len();
            unknown += ids.iter().filter(|&&id| u32::from(id) == Tokenizer::UNKNOWN).count();
        }
    }
    format!("{:.2} %", 100.0 * unknown as f64 / all.max(1) as f64)
}

/// Numbers of tokens, without special ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Median; the larger of two.
    pub median: usize,
    /// Maximum.
    pub max: usize,
}

impl std::fmt::Display for Lengths {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "median {}, maximum {}", self.median, self.max)
    }
}
