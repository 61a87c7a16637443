//! What the evaluation of a classifier says: loss, accuracy, and where the network errs.

use burn::tensor::{Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::number::{Number, Reading};

/// How many of its worst mistakes a report names.
const WORST: usize = 32;

/// Results on one set. Sums are made on the host, in `f64` and in the order of the pictures, so
/// that they are the same however the set was cut into batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationReport {
    /// `train`, `valid` or `test`.
    pub split: String,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// The share of pictures whose most probable class is the right one.
    pub accuracy: f64,
    /// The number of pictures.
    pub samples: usize,
    /// One row for each class.
    pub per_class: Vec<ClassReport>,
    /// Rows are true classes, columns are predicted ones.
    pub confusion: Vec<Vec<u64>>,
    /// The expected calibration error.
    pub calibration_error: f64,
    /// How often guesses of each confidence were right.
    #[serde(skip)]
    pub calibration: Calibration,
    /// The wrong guesses that gave the true class the least probability, the worst first.
    #[serde(skip)]
    pub mistakes: Vec<Mistake>,
}

/// A picture that was taken for something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The place of the picture in its set.
    pub picture: usize,
    /// The true class.
    pub label: usize,
    /// The most probable class.
    pub guess: usize,
    /// The logarithm of the probability of the true class.
    pub log_probability: f64,
    /// The probability of the guess.
    pub confidence: f64,
}

/// Results for one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// The class's name.
    pub class: String,
    /// The share of pictures predicted as this class that are of it; 0 when none was.
    pub precision: f64,
    /// The share of pictures of this class that were predicted as it; 0 when there is none.
    pub recall: f64,
    /// The number of pictures of this class.
    pub support: u64,
}

/// Collects logits and labels into a [`ClassificationReport`].
#[derive(Clone, Debug)]
pub struct Tally {
    confusion: Vec<Vec<u64>>,
    loss: f64,
    samples: usize,
    calibration: Calibration,
    mistakes: Vec<Mistake>,
}

impl Tally {
    /// An empty tally.
    pub fn new(num_classes: usize) -> Self {
        Self {
            confusion: vec![vec![0; num_classes]; num_classes],
            loss: 0.0,
            samples: 0,
            calibration: Calibration::default(),
            mistakes: Vec::new(),
        }
    }

    /// Adds a batch: logits `[batch, classes]` row by row, and the true labels.
    pub fn add(&mut self, logits: &[f32], labels: &[u16]) {
        for (row, label) in logits.chunks_exact(self.confusion.len()).zip(labels) {
            let (label, guess) = (usize::from(*label), argmax(row));
            let logarithms = log_softmax(row);
            let (log_probability, confidence) = (logarithms[label], logarithms[guess].exp());
            self.confusion[label][guess] += 1;
            self.loss -= log_probability;
            self.calibration.add(confidence, guess == label);
            if guess != label && !log_probability.is_nan() {
                let picture = self.samples;
                self.mistake(Mistake { picture, label, guess, log_probability, confidence });
            }
            self.samples += 1;
        }
    }

    /// Keeps a mistake when it is one of the worst; of equal ones, the first.
    fn mistake(&mut self, mistake: Mistake) {
        let worse = |other: &Mistake| other.log_probability <= mistake.log_probability;
        let place = self.mistakes.partition_point(worse);
        if place < WORST {
            self.mistakes.insert(place, mistake);
            self.mistakes.truncate(WORST);
        }
    }

    /// The results.
    pub fn report(self, split: &str, classes: &[String]) -> ClassificationReport {
        let samples = self.samples;
        let correct: u64 = self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
        let mean = |sum: f64| if samples == 0 { 0.0 } else { sum / samples as f64 };
        let share =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let per_class = classes.iter().enumerate().map(|(class, name)| {
            let hits = self.confusion[class][class];
            let support = self.confusion[class].iter().sum();
            let predicted = self.confusion.iter().map(|row| row[class]).sum();
            ClassReport {
                class: name.clone(),
                precision: share(hits, predicted),
                recall: share(hits, support),
                support,
            }
        });
        ClassificationReport {
            split: split.to_owned(),
            loss: mean(self.loss),
            accuracy: mean(correct as f64),
            samples,
            per_class: per_class.collect(),
            confusion: self.confusion,
            calibration_error: self.calibration.error(),
            calibration: self.calibration,
            mistakes: self.mistakes,
        }
    }
}

/// How many rows of logits `[batch, classes]`, without differentiation, are largest at their label.
pub fn hits(logits: Tensor<2>, labels: &[u16], reading: Reading) -> Number {
    let [_, num_classes] = logits.dims();
    match reading {
        Reading::Now => {
            let logits = values(logits);
            let rows = logits.chunks_exact(num_classes).zip(labels);
            let hit = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
            Number::Here(rows.filter(hit).count() as f64)
        }
        Reading::Later => {
            let labels: Vec<i32> = labels.iter().map(|label| i32::from(*label)).collect();
            let labels = TensorData::new(labels, [logits.dims()[0], 1]);
            let labels = Tensor::<2, Int>::from_data(labels, &logits.device());
            Number::There(logits.argmax(1).equal(labels).float().sum())
        }
    }
}

/// The numbers of logits `[batch, classes]`, row by row.
pub fn values(logits: Tensor<2>) -> Vec<f32> {
    logits.into_data().try_into_vec().expect("logits are f32 on every backend here")
}

/// The place of the largest number; the first of equal ones, and NaN is never the largest.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] || row[best].is_nan() {
            best = place;
        }
    }
    best
}

/// The logarithms of the softmax of one row.
fn log_softmax(row: &[f32]) -> Vec<f64> {
    let largest = f64::from(row[argmax(row)]);
    let sum: f64 = row.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum();
    row.iter().map(|logit| f64::from(*logit) - largest - sum.ln()).collect()
}

/// The softmax of one row: probabilities that sum to 1.
pub fn softmax(row: &[f32]) -> Vec<f64> {
    log_softmax(row).into_iter().map(f64::exp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;
    use crate::number::read;

    #[test]
    fn hits_are_the_same_here_and_there() {
        let device = Backend::default().device().expect("a CPU");
        let logits = Tensor::<2>::from_data([[1.0_f32, 2.0], [3.0, 0.0], [0.0, 4.0]], &device);
        for reading in [Reading::Now, Reading::Later] {
            assert_eq!(read(vec![hits(logits.clone(), &[1, 1, 1], reading)]), [2.0]);
        }
    }

    #[test]
    fn a_report_counts_by_hand() {
        let mut tally = Tally::new(2);
        let (ln3, zero) = (3.0_f32.ln(), 0.0);
        // True classes 0, 0, 1; predicted 0, 1, 1; probabilities of the true ones 3/4, 1/4, 3/4.
        tally.add(&[ln3, zero, zero, ln3], &[0, 0]);
        tally.add(&[zero, ln3], &[1]);
        let report = tally.report("test", &["a".into(), "b".into()]);
        assert_eq!(report.confusion, [[1, 1], [0, 1]]);
        assert!((report.accuracy - 2.0 / 3.0).abs() < 1e-12);
        let wanted = -(2.0 * 0.75_f64.ln() + 0.25_f64.ln()) / 3.0;
        assert!((report.loss - wanted).abs() < 1e-7);
        let precision: Vec<_> = report.per_class.iter().map(|class| class.precision).collect();
        let recall: Vec<_> = report.per_class.iter().map(|class| class.recall).collect();
        assert_eq!((precision, recall), (vec![1.0, 0.5], vec![0.5, 1.0]));
        // Three guesses of 3/4, of which two are right.
        assert!((report.calibration_error - (0.75 - 2.0 / 3.0)).abs() < 1e-7);
        let [mistake] = &report.mistakes[..] else { panic!("one mistake") };
        assert_eq!((mistake.picture, mistake.label, mistake.guess), (1, 0, 1));
        assert!((mistake.log_probability.exp() - 0.25).abs() < 1e-7);
        assert!((mistake.confidence - 0.75).abs() < 1e-7);
    }

    #[test]
    fn the_worst_mistakes_are_kept_in_order() {
        let mut tally = Tally::new(2);
        for place in 0..100_u16 {
            // Each is wrong, and the later ones more so, in a mixed order.
            tally.add(&[0.0, f32::from(place * 37 % 100 + 1)], &[0]);
        }
        tally.add(&[0.0, f32::NAN], &[1]);
        let mistakes = tally.report("test", &["a".into(), "b".into()]).mistakes;
        assert_eq!(mistakes.len(), WORST);
        let found: Vec<_> = mistakes.iter().take(3).map(|mistake| mistake.picture).collect();
        assert_eq!(found, [27, 54, 81], "100 * 37 % 100 is largest there");
    }

    #[test]
    fn softmax_survives_large_logits() {
        let found = softmax(&[1000.0, 1000.0, -1000.0]);
        assert!((found[0] - 0.5).abs() < 1e-12 && found[2] < 1e-12);
    }
}
