//! A classifier's results: loss, accuracy, and its errors.

use burn::tensor::{Int, Tensor, TensorData};
use hearth_config::Metric;
use hearth_data::Subset;
use hearth_report::report::{
    CaptionedImages, Matrix, Reliability, Report, ResultTable, Score, TableCell, View, line,
};
use serde_json::json;

use crate::calibration::Calibration;
use crate::number::{Number, Reading};

/// How many of its worst mistakes a report names.
const WORST: usize = 32;

/// An image that was taken for something else.
#[derive(Clone, Debug, PartialEq)]
struct Mistake {
    /// The place of the image in its set.
    image: usize,
    /// The true class.
    label: usize,
    /// The most probable class.
    guess: usize,
    /// The logarithm of the probability of the true class.
    log_probability: f64,
    /// The probability of the guess.
    confidence: f64,
}

/// Collects logits and labels into a [`Report`]. Sums are made on the host, in `f64` and in the order of the images, so
/// that they are the same however the set was cut into batches.
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
                let image = self.samples;
                self.mistake(Mistake { image, label, guess, log_probability, confidence });
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

    /// The results on samples of this plural: `loss` is the mean cross-entropy in nats, `accuracy` the share of images whose most probable class is
    /// the right one.
    pub fn report(self, split: &str, classes: &[String], unit: &str) -> Report {
        let samples = self.samples;
        let correct: u64 = self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
        let mean = |sum: f64| if samples == 0 { 0.0 } else { sum / samples as f64 };
        let scores = vec![
            Score::of(Metric::Loss, mean(self.loss)),
            Score::of(Metric::Accuracy, mean(correct as f64)),
        ];
        let calibration = Reliability {
            accuracies: self.calibration.accuracies(),
            error: self.calibration.error(),
        };
        Report {
            split: split.to_owned(),
            headline: line(&scores),
            scores,
            views: vec![
                ("samples", View::Text(json!(samples), format!("{samples} {unit}"))),
                ("per_class", View::Table(per_class(&self.confusion, classes))),
                (
                    "confusion",
                    View::Matrix(Matrix { classes: classes.to_vec(), counts: self.confusion }),
                ),
                ("calibration_error", View::Reliability(calibration)),
            ],
            brief: Some(&["loss", "accuracy", "samples"]),
            ..Report::default()
        }
    }

    /// The wrong guesses that gave the true class the least probability, as images of the set that was evaluated.
    pub fn mistakes(&self, set: &Subset, classes: &[String]) -> CaptionedImages {
        let shape = set.source.shape;
        let caption = |mistake: &Mistake| {
            let confidence = 100.0 * mistake.confidence;
            vec![
                classes[mistake.label].clone(),
                format!("not {} {confidence:.1} %", classes[mistake.guess]),
            ]
        };
        CaptionedImages {
            title: "Worst errors",
            note: "The true class, named first, had the least probability in these.",
            shape: [shape.channels, shape.height, shape.width],
            pixels: self
                .mistakes
                .iter()
                .flat_map(|mistake| set.picture(mistake.image))
                .copied()
                .collect(),
            captions: self.mistakes.iter().map(caption).collect(),
        }
    }
}

/// Precision, recall and number of images of each class: the share of images predicted as a class that are of it, and
/// of its images that were predicted as it; 0 where there are none.
fn per_class(confusion: &[Vec<u64>], classes: &[String]) -> ResultTable {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let recall = |class: usize| share(confusion[class][class], confusion[class].iter().sum());
    let row = |(class, name): (usize, &String)| {
        let predicted = confusion.iter().map(|row| row[class]).sum();
        vec![
            TableCell::Text(name.clone()),
            TableCell::Number(share(confusion[class][class], predicted)),
            TableCell::Number(recall(class)),
            TableCell::Count(confusion[class].iter().sum()),
        ]
    };
    let mut worst: Vec<usize> = (0..classes.len())
        .filter(|class| confusion[*class].iter().any(|count| *count > 0))
        .collect();
    worst.sort_by(|left, right| recall(*left).total_cmp(&recall(*right)));
    ResultTable {
        header: vec!["class", "precision", "recall", "support"],
        rows: classes.iter().enumerate().map(row).collect(),
        unit: "classes",
        first: (worst, "with the lowest recall"),
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

/// The numbers of outputs `[batch, outputs]`, row by row.
pub fn values(outputs: Tensor<2>) -> Vec<f32> {
    outputs.into_data().try_into_vec().expect("outputs are f32 on every backend here")
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
        let [mistake] = &tally.mistakes[..] else { panic!("one mistake") };
        assert_eq!((mistake.image, mistake.label, mistake.guess), (1, 0, 1));
        assert!((mistake.log_probability.exp() - 0.25).abs() < 1e-7);
        assert!((mistake.confidence - 0.75).abs() < 1e-7);
        let report = tally.report("test", &["a".into(), "b".into()], "images");
        assert!((report.score("accuracy").unwrap() - 2.0 / 3.0).abs() < 1e-12);
        let wanted = -(2.0 * 0.75_f64.ln() + 0.25_f64.ln()) / 3.0;
        assert!((report.score("loss").unwrap() - wanted).abs() < 1e-7);
        let json = json!(report);
        assert_eq!(json["confusion"], json!([[1, 1], [0, 1]]));
        assert_eq!(
            json["per_class"],
            json!([
                {"class": "a", "precision": 1.0, "recall": 0.5, "support": 2},
                {"class": "b", "precision": 0.5, "recall": 1.0, "support": 1},
            ])
        );
        // Three guesses of 3/4, of which two are right.
        let error = json["calibration_error"].as_f64().unwrap();
        assert!((error - (0.75 - 2.0 / 3.0)).abs() < 1e-7);
        let names: Vec<_> = json.as_object().unwrap().keys().collect();
        let order =
            ["split", "loss", "accuracy", "samples", "per_class", "confusion", "calibration_error"];
        assert_eq!(names, order);
    }

    #[test]
    fn the_worst_mistakes_are_kept_in_order() {
        let mut tally = Tally::new(2);
        for place in 0..100_u16 {
            // Each is wrong, and the later ones more so, in a mixed order.
            tally.add(&[0.0, f32::from(place * 37 % 100 + 1)], &[0]);
        }
        tally.add(&[0.0, f32::NAN], &[1]);
        let mistakes = tally.mistakes;
        assert_eq!(mistakes.len(), WORST);
        let found: Vec<_> = mistakes.iter().take(3).map(|mistake| mistake.image).collect();
        assert_eq!(found, [27, 54, 81], "100 * 37 % 100 is largest there");
    }

    #[test]
    fn softmax_survives_large_logits() {
        let found = softmax(&[1000.0, 1000.0, -1000.0]);
        assert!((found[0] - 0.5).abs() < 1e-12 && found[2] < 1e-12);
    }
}
