//! Results of a translator: loss and perplexity of the true targets, exact match and BLEU of freely decoded ones.

use std::collections::BTreeMap;

use hearth_config::{Better, Metric};
use hearth_data::Subset;
use hearth_data::text::{PairBatch, Pairs, TextPairs, Tokenizer};
use hearth_kernels::cross_entropy;
use hearth_model::{ForwardContext, Translator};
use hearth_report::plot::Series;
use hearth_report::report::{Curves, ResultTable, Score, TableCell, View, line};
use hearth_report::{Alignment, Report};
use hearth_train::backend::scalar::{Readback, Scalar, read};
use hearth_train::task::Split;
use serde_json::json;

use super::bleu::{self, Bleu};
use super::predict::alignment;
use super::{encode, num_labels, search, teacher_forced};

/// Pairs of one forward pass.
const BATCH: usize = 128;

/// The most rows of the table by length.
const MOST_LENGTHS: usize = 20;

/// The translations that a report shows.
const SHOWN: usize = 8;

/// The translations whose attention a report shows.
const ALIGNED: usize = 4;

/// The sums over a set of pairs.
#[derive(Default)]
struct Tally {
    loss: f64,
    num_tokens: usize,
    all: Group,
    /// By the number of the source's tokens.
    by_length: BTreeMap<usize, Vec<(String, String)>>,
    shown: Vec<(u32, [String; 3])>,
    alignments: Vec<(u32, Alignment)>,
}

/// Results of some pairs.
#[derive(Default)]
struct Group {
    pairs: usize,
    exact: usize,
    bleu: Bleu,
}

impl Group {
    fn add(&mut self, translation: &str, reference: &str) {
        self.pairs += 1;
        self.exact += usize::from(translation == reference);
        self.bleu.add(translation, reference);
    }

    fn exact_match(&self) -> f64 {
        self.exact as f64 / self.pairs.max(1) as f64
    }
}

/// The report of a network in eval mode on a set: the true targets by teacher forcing, and greedily decoded ones.
pub fn evaluate(
    network: &Translator,
    data: &TextPairs,
    subset: &Subset<Pairs>,
    split: Split,
) -> Report {
    let mut tally = Tally::default();
    let mut batch = PairBatch::default();
    let indices = subset.source.by_length(&subset.indices);
    let first: Vec<u32> = subset.indices.iter().take(SHOWN).copied().collect();
    for indices in indices.chunks(BATCH) {
        hearth_data::Source::fill(&*subset.source, indices, None, &mut batch);
        let mut pass = ForwardContext::default();
        let (encoding, state) = encode(network, &batch.source, &mut pass);
        let (logits, labels) =
            teacher_forced(network, (&encoding, state.clone()), &batch.target, &mut pass);
        let loss = Scalar::of(
            cross_entropy(logits, &labels, Some(Tokenizer::PAD), 0.0),
            Readback::Immediate,
        );
        tally.loss += read(vec![loss])[0];
        tally.num_tokens += num_labels(&batch);
        let found = search::search(network, (encoding, state), &batch.source.lengths, 1);
        for ((index, length), hypotheses) in indices.iter().zip(&batch.source.lengths).zip(found) {
            let found = &hypotheses[0];
            let translation = data.tokenizer.decode(&found.tokens);
            let reference = data.target_text(*index).to_owned();
            tally.all.add(&translation, &reference);
            if first.contains(index) {
                let source = data.source_text(*index).to_owned();
                let row = [source, translation.clone(), reference.clone()];
                tally.shown.push((*index, row));
            }
            if first.iter().take(ALIGNED).any(|aligned| aligned == index) {
                let source = subset.source.sources.ids(*index as usize);
                let found = alignment(network, &data.tokenizer, &source, found);
                tally.alignments.extend(found.map(|found| (*index, found)));
            }
            // Without the token of the end.
            let length = *length as usize - 1;
            tally.by_length.entry(length).or_default().push((translation, reference));
        }
    }
    tally.shown.sort();
    tally.alignments.sort_by_key(|(index, _)| *index);
    tally.report(split)
}

impl Tally {
    fn report(self, split: Split) -> Report {
        let loss = self.loss / self.num_tokens.max(1) as f64;
        let scores = vec![
            Score::of(Metric::Loss, loss),
            Score { name: "perplexity", value: loss.exp(), better: Better::Lower },
            Score::of(Metric::ExactMatch, self.all.exact_match()),
            Score::of(Metric::Bleu, self.all.bleu.score()),
        ];
        let pairs = self.all.pairs;
        let groups = self.by_length();
        let alignments = self.alignments.into_iter().map(|(_, alignment)| alignment);
        let text = |text: &String| TableCell::Text(text.clone());
        let translations = ResultTable {
            header: vec!["source", "translation", "reference"],
            rows: self.shown.iter().map(|(_, row)| row.iter().map(text).collect()).collect(),
            unit: "pairs",
            first: ((0..self.shown.len()).collect(), "from the set's beginning"),
        };
        Report {
            split: split.name().to_owned(),
            headline: line(&scores),
            scores,
            views: vec![
                ("samples", View::Text(json!(pairs), format!("{pairs} pairs"))),
                ("bleu_signature", View::Text(json!(bleu::SIGNATURE), String::new())),
                ("lengths", View::Table(table(&groups))),
                ("by_length", View::Curves(curves(&groups))),
                ("translations", View::Table(translations)),
                ("attention", View::Alignments(alignments.collect())),
            ],
            brief: Some(&["loss", "perplexity", "exact_match", "bleu", "samples"]),
            ..Report::default()
        }
    }

    /// The results by the length of the source in tokens, in at most [`MOST_LENGTHS`] ranges of equal width: the first
    /// and the last length of each, and its results.
    fn by_length(&self) -> Vec<([usize; 2], Group)> {
        let [first, last] = [self.by_length.keys().next(), self.by_length.keys().next_back()]
            .map(|length| length.copied().unwrap_or(0));
        let width = (last - first + 1).div_ceil(MOST_LENGTHS);
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for (length, pairs) in &self.by_length {
            let group = groups.entry((length - first) / width).or_default();
            for (translation, reference) in pairs {
                group.add(translation, reference);
            }
        }
        let range = |index: usize| [first + index * width, first + (index + 1) * width - 1];
        groups.into_iter().map(|(index, group)| (range(index), group)).collect()
    }
}

/// The results by length as a table.
fn table(groups: &[([usize; 2], Group)]) -> ResultTable {
    let row = |([low, high], group): &([usize; 2], Group)| {
        let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
        vec![
            TableCell::Text(range),
            TableCell::Count(group.pairs as u64),
            TableCell::Number(group.exact_match()),
            TableCell::Number(group.bleu.score()),
        ]
    };
    ResultTable {
        header: vec!["length", "pairs", "exact_match", "bleu"],
        rows: groups.iter().map(row).collect(),
        unit: "lengths",
        first: ((0..groups.len()).collect(), "of the source in tokens"),
    }
}

/// The results by length as curves, BLEU as a part of 1.
fn curves(groups: &[([usize; 2], Group)]) -> Curves {
    let series = |name: &str, value: &dyn Fn(&Group) -> f64| {
        let point =
            |([low, high], group): &([usize; 2], Group)| ((low + high) as f64 / 2.0, value(group));
        Series { name: name.to_owned(), points: groups.iter().map(point).collect() }
    };
    Curves {
        caption: "Results by the length of the source".to_owned(),
        axes: ["tokens of the source".to_owned(), "exact match, BLEU / 100".to_owned()],
        series: vec![
            series("exact match", &Group::exact_match),
            series("BLEU / 100", &|group| group.bleu.score() / 100.0),
        ],
    }
}
