//! The search for the most probable target of a source: beam search, and greedy decoding with a beam of 1.

use hearth_data::text::Tokenizer;
use hearth_kernels::Tokens;
use hearth_model::{DecoderState, Encoding, ForwardContext, Translator};
use hearth_train::task::outputs::{log_sum_exp, values};

/// The exponent of the length penalty (Wu et al. 2016, equation 14).
const LENGTH_PENALTY: f64 = 0.6;

/// A decoded target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, without those of the beginning and the end.
    pub tokens: Vec<u32>,
    /// The logarithm of its probability, that of its end included.
    pub log_probability: f64,
    /// True if it ended by itself, before the limit.
    pub is_complete: bool,
}

impl Hypothesis {
    /// The logarithm of the probability, divided by the length penalty `((5 + length) / 6)^0.6` (Wu et al. 2016).
    pub fn score(&self) -> f64 {
        let length = self.tokens.len() + usize::from(self.is_complete);
        self.log_probability / ((5.0 + length as f64) / 6.0).powf(LENGTH_PENALTY)
    }
}

/// The hypotheses of one source.
#[derive(Default)]
struct Beam {
    /// Those to extend, each with its row in the decoder's batch.
    open: Vec<(usize, Hypothesis)>,
    ended: Vec<Hypothesis>,
    /// The most tokens of a target.
    limit: usize,
}

/// The maximum number of tokens of the target of a source.
fn limit(source: u32) -> usize {
    2 * source as usize + 20
}

/// The `width` best targets of each encoded source, the best first; `lengths` are the sources' numbers of tokens. A target
/// of more than twice its source's tokens and 20 is cut off.
///
/// # Panics
///
/// If `width` is 0.
pub fn search(
    network: &Translator,
    (mut encoding, mut state): (Encoding, DecoderState),
    lengths: &[u32],
    width: usize,
) -> Vec<Vec<Hypothesis>> {
    assert!(width > 0, "a beam holds at least one hypothesis");
    let mut pass = ForwardContext::default();
    let begin = |(row, length): (usize, &u32)| Beam {
        open: vec![(row, Hypothesis::default())],
        ended: Vec::new(),
        limit: limit(*length),
    };
    let mut beams: Vec<Beam> = lengths.iter().enumerate().map(begin).collect();
    let mut next = vec![Tokenizer::START; beams.len()];
    while !next.is_empty() {
        let tokens = Tokens::new(next.as_slice(), [next.len(), 1]);
        let decoded = network.decode(&encoding, state, &tokens, &mut pass);
        let [rows, vocabulary] = decoded.logits.dims();
        let logits = values(decoded.logits);
        let logits: Vec<&[f32]> = logits.chunks_exact(vocabulary).collect();
        for beam in &mut beams {
            beam.extend(&logits, width);
        }
        let open = beams.iter().flat_map(|beam| &beam.open);
        let (kept, last): (Vec<usize>, Vec<u32>) = open
            .map(|(row, found)| (*row, found.tokens.last().copied().unwrap_or(Tokenizer::START)))
            .unzip();
        state = decoded.state;
        if !kept.iter().copied().eq(0..rows) && !kept.is_empty() {
            (encoding, state) = (encoding.select(&kept), state.select(&kept));
        }
        let open = beams.iter_mut().flat_map(|beam| &mut beam.open);
        open.enumerate().for_each(|(row, (place, _))| *place = row);
        next = last;
    }
    beams.into_iter().map(|beam| beam.ended).collect()
}

impl Beam {
    /// Extends each open hypothesis by a token, by the logits of each row, and keeps the `width` most probable.
    fn extend(&mut self, logits: &[&[f32]], width: usize) {
        let mut candidates = Vec::new();
        for (row, found) in &self.open {
            let logits = logits[*row];
            let normaliser = log_sum_exp(logits);
            for token in most_probable(logits, width) {
                let log_probability = f64::from(logits[token as usize]) - normaliser;
                candidates.push((found.log_probability + log_probability, *row, found, token));
            }
        }
        // A stable sort: the earlier of equally probable ones.
        candidates.sort_by(|left, right| right.0.total_cmp(&left.0));
        let (mut open, mut ended) = (Vec::new(), Vec::new());
        for (log_probability, row, found, token) in candidates.into_iter().take(width) {
            let mut tokens = found.tokens.clone();
            let is_complete = token == Tokenizer::END;
            tokens.extend((!is_complete).then_some(token));
            let is_full = tokens.len() >= self.limit;
            let found = Hypothesis { tokens, log_probability, is_complete };
            if is_complete || is_full { ended.push(found) } else { open.push((row, found)) }
        }
        self.open = open;
        self.ended.append(&mut ended);
        self.ended.sort_by(|left, right| right.score().total_cmp(&left.score()));
        self.ended.truncate(width);
        // An open hypothesis that is extended grows less probable, and its penalty is at most that of the limit.
        let best =
            self.open.iter().map(|(_, found)| found.log_probability).fold(f64::MIN, f64::max);
        let hope = Hypothesis {
            tokens: vec![Tokenizer::PAD; self.limit],
            log_probability: best,
            is_complete: true,
        };
        if self.ended.len() == width && self.ended.iter().all(|found| found.score() >= hope.score())
        {
            self.open.clear();
        }
    }
}

/// The `count` most probable tokens by their logits, the most probable first and the earlier of equally probable ones; never
/// one that no text has.
pub(super) fn most_probable(logits: &[f32], count: usize) -> Vec<u32> {
    let logit = |id: u32| logits[id as usize];
    let mut best: Vec<u32> = Vec::with_capacity(count + 1);
    for (id, value) in (0..).zip(logits) {
        if best.len() == count && best.last().is_some_and(|last| logit(*last) >= *value) {
            continue;
        }
        if [Tokenizer::PAD, Tokenizer::START, Tokenizer::UNKNOWN].contains(&id) {
            continue;
        }
        let place = best.partition_point(|other| logit(*other) >= *value);
        best.insert(place, id);
        best.truncate(count);
    }
    best
}
