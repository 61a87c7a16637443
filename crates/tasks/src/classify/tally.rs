//! A classifier's results: loss, accuracy, and its errors.

use hearth_config::Metric;
use hearth_data::Subset;
use hearth_report::report::{
    CaptionedImages, Matrix, Reliability, Report, ResultTable, Score, TableCell, View, line,
};
use hearth_train::task::outputs::{argmax, log_softmax};
use serde_json::json;

use super::calibration::Calibration;

/// The number of worst errors in a report.
const WORST: usize = 32;

/// An image classified wrongly.
#[derive(Clone, Debug, PartialEq)]
struct Mistake {
    /// The index of the image in its set.
    image: usize,
    /// The true class.
    label: usize,
    /// The most probable class.
    prediction: usize,
    /// The logarithm of the probability of the true class.
    log_probability: f64,
    /// The probability of the predicted class.
    confidence: f64,
}

/// Collects logits and labels into a [`Report`]. Sums are in `f64` on the host and in the order of the images, so that
/// they do not depend on the batch size.
#[derive(Clone, Debug)]
pub struct Tally {
    /// `confusion[label][prediction]`.
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
            let (label, prediction) = (usize::from(*label), argmax(row));
            let logarithms = log_softmax(row);
            let (log_probability, confidence) = (logarithms[label], logarithms[prediction].exp());
            self.confusion[label][prediction] += 1;
            self.loss -= log_probability;
            self.calibration.add(confidence, prediction == label);
            if prediction != label && !log_probability.is_nan() {
                let image = self.samples;
                self.keep(Mistake { image, label, prediction, log_probability, confidence });
            }
            self.samples += 1;
        }
    }

    /// Keeps a mistake if it is one of the worst; of equal ones, the first.
    fn keep(&mut self, mistake: Mistake) {
        let worse = |other: &Mistake| other.log_probability <= mistake.log_probability;
        let index = self.mistakes.partition_point(worse);
        if index < WORST {
            self.mistakes.insert(index, mistake);
            self.mistakes.truncate(WORST);
        }
    }

    /// The results on all samples, which `unit` names in the plural. `loss` is the mean cross-entropy in nats, `accuracy`
    /// the share of samples whose most probable class is the true one.
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

    /// The mistakes with the least probability of the true class, as images of the evaluated set.
    pub fn mistakes(&self, set: &Subset, classes: &[String]) -> CaptionedImages {
        let shape = set.source.shape;
        let caption = |mistake: &Mistake| {
            let confidence = 100.0 * mistake.confidence;
            vec![
                classes[mistake.label].clone(),
                format!("not {} {confidence:.1} %", classes[mistake.prediction]),
            ]
        };
        CaptionedImages {
            title: "Worst errors",
            note: "The true class, named first, had the least probability in these.",
            shape: [shape.channels, shape.height, shape.width],
            pixels: self
                .mistakes
                .iter()
                .flat_map(|mistake| set.image(mistake.image))
                .copied()
                .collect(),
            captions: self.mistakes.iter().map(caption).collect(),
        }
    }
}

/// Precision, recall and support of each class: the share of samples predicted as the class that are of it, the share
/// of its samples predicted as it, and the number of its samples. A share of no samples is 0.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_matches_a_calculation_by_hand() {
        let mut tally = Tally::new(2);
        let (ln3, zero) = (3.0_f32.ln(), 0.0);
        // True classes 0, 0, 1; predicted 0, 1, 1; probabilities of the true ones 3/4, 1/4, 3/4.
        tally.add(&[ln3, zero, zero, ln3], &[0, 0]);
        tally.add(&[zero, ln3], &[1]);
        let [mistake] = &tally.mistakes[..] else { panic!("one mistake") };
        assert_eq!((mistake.image, mistake.label, mistake.prediction), (1, 0, 1));
        assert!((mistake.log_probability.exp() - 0.25).abs() < 1e-7);
        assert!((mistake.confidence - 0.75).abs() < 1e-7);
        let report = tally.report("test", &["a".into(), "b".into()], "images");
        assert!((report.score("accuracy").unwrap() - 2.0 / 3.0).abs() < 1e-12);
        let expected = -(2.0 * 0.75_f64.ln() + 0.25_f64.ln()) / 3.0;
        assert!((report.score("loss").unwrap() - expected).abs() < 1e-7);
        let json = json!(report);
        assert_eq!(json["confusion"], json!([[1, 1], [0, 1]]));
        assert_eq!(
            json["per_class"],
            json!([
                {"class": "a", "precision": 1.0, "recall": 0.5, "support": 2},
                {"class": "b", "precision": 0.5, "recall": 1.0, "support": 1},
            ])
        );
        // Three predictions of confidence 3/4, two of them correct.
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
        for index in 0..100_u16 {
            // All are wrong, in a mixed order of confidence.
            tally.add(&[0.0, f32::from(index * 37 % 100 + 1)], &[0]);
        }
        tally.add(&[0.0, f32::NAN], &[1]);
        let mistakes = tally.mistakes;
        assert_eq!(mistakes.len(), WORST);
        let found: Vec<_> = mistakes.iter().take(3).map(|mistake| mistake.image).collect();
        assert_eq!(found, [27, 54, 81], "index * 37 % 100 is largest there");
    }
}
