//! Evaluation of generated images on the features of a trained classifier.
//!
//! No single score is enough. The Frechet distance compares the distributions of features of fake and real
//! images; precision and recall separate the two sides that it mixes, fidelity and diversity; and the
//! predicted classes show modes that are missing altogether.
//!
//! The distance has the formula of the FID (Heusel et al. 2017, <https://arxiv.org/abs/1706.08500>), on the features
//! of a classifier of the same images, by default a LeNet, instead of Inception-v3: it cannot be compared with
//! published FIDs, and two distances compare only under one classifier. Precision and recall depend on the classifier
//! as well, and samples near dense modes raise precision; the entropy of the predicted classes sees missing classes,
//! and no lack of variety within one.

mod frechet;
mod manifold;
mod open;

use burn::tensor::Tensor;
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Better, Metric, shown};
use hearth_data::{Splits, Subset};
use hearth_report::fixed;
use hearth_report::report::{Report, ResultTable, Score, TableCell, View};
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::Split;
use hearth_train::task::outputs::{argmax, values};
use serde_json::{Map, json};

use crate::classify::predict::ImagePredictor;

use frechet::Gaussian;
use manifold::Manifold;

pub(crate) use open::{evaluator_for_job, evaluator_for_run};

/// The most features: their covariances take half a gigabyte.
const MAX_FEATURES: usize = 4096;

/// Images in one forward pass of the classifier.
const BATCH: usize = 500;

/// A trained classifier, with its features on real images as references.
pub struct FeatureEvaluator {
    predictor: ImagePredictor,
    /// The classifier's run, as messages show it, and the step of its checkpoint.
    source: (String, u64),
    /// The BLAKE3 checksum of the classifier's weights.
    checksum: String,
    /// The number of images in an evaluation.
    samples: usize,
    /// The training images and the test images.
    references: [Reference; 2],
    /// The Frechet distance between real training and test images.
    floor: f64,
}

/// The features of real images, which fake ones are compared with.
struct Reference {
    gaussian: Gaussian,
    manifold: Manifold,
    /// The noise reference: the Frechet distance to images of independent pixels. It is no bound.
    ceiling: f64,
}

/// The classifier's features and predictions on some images.
struct Features {
    /// `[images, features]`.
    features: Tensor<2>,
    /// The number of images predicted as each class.
    class_counts: Vec<u64>,
}

impl FeatureEvaluator {
    /// An evaluator of images like those of `splits`, on `samples` of them or as many as there are. A classifier of
    /// images of another shape, or with more than 4096 features, is an error.
    pub fn new(
        (predictor, trained): (ImagePredictor, LoadedRun),
        splits: &Splits,
        samples: usize,
    ) -> Result<Self, TrainError> {
        let shape = splits.train.source.shape;
        if predictor.shape() != shape {
            return Err(TrainError::Settings(format!(
                "the classifier that is to judge takes other pictures than those of the data: {:?} \
                 and {shape:?}",
                predictor.shape()
            )));
        }
        let samples = samples.min(splits.train.len()).min(splits.test.len());
        let width = features_of(&predictor, &evenly_spaced(&splits.train, 1)).features.dims()[1];
        if width > MAX_FEATURES {
            return Err(TrainError::Settings(format!(
                "the classifier that is to judge has {width} features; at most {MAX_FEATURES} are compared"
            )));
        }
        let noise = features_of(&predictor, &independent_pixels(&splits.train, samples));
        let noise = Gaussian::fit(&noise.features);
        let references = [&splits.train, &splits.test].map(|subset| {
            let features = features_of(&predictor, &evenly_spaced(subset, samples)).features;
            let gaussian = Gaussian::fit(&features);
            let ceiling = gaussian.distance(&noise);
            Reference { gaussian, manifold: Manifold::new(features), ceiling }
        });
        let floor = references[0].gaussian.distance(&references[1].gaussian);
        let source = (shown(&trained.run).to_string(), trained.step);
        Ok(Self { predictor, source, checksum: trained.checksum, samples, references, floor })
    }

    /// The BLAKE3 checksum of the classifier's weights.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The number of images that [`Self::evaluate`] compares.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Compares fake images with real ones: test images for the test split, else training images, by which checkpoints
    /// are chosen. `pixels` are whole images of the data's shape, one after the other.
    ///
    /// | score | meaning |
    /// | --- | --- |
    /// | `distance` | the Frechet distance to the real images |
    /// | `floor` | the distance of real training images from real test images, a lower bound in practice |
    /// | `ceiling` | the noise reference: the distance of images whose pixels are drawn independently; no bound |
    /// | `precision` | the share of fake images on the real manifold (Kynkaanniemi et al. 2019, equation 2) |
    /// | `recall` | the share of real images on the fake manifold (the same) |
    /// | `entropy` | the entropy of the predicted classes of fake images, in nats |
    pub fn evaluate(&self, pixels: &[u8], split: Split) -> Report {
        let reference = &self.references[usize::from(split == Split::Test)];
        let Features { features, class_counts } = features_of(&self.predictor, pixels);
        let distance = reference.gaussian.distance(&Gaussian::fit(&features));
        let fake = Manifold::new(features);
        let samples = class_counts.iter().sum::<u64>();
        let share = |count: &u64| *count as f64 / samples as f64;
        let shares: Vec<f64> = class_counts.iter().map(share).collect();
        let (precision, recall) =
            (reference.manifold.share_inside(&fake), fake.share_inside(&reference.manifold));
        let entropy = entropy(shares.iter().copied());
        let (floor, ceiling) = (self.floor, reference.ceiling);
        let score = |name, value, better| Score { name, value, better };
        let classes = class_shares(self.predictor.classes(), &shares);
        let (run, step) = &self.source;
        let checksum = self.checksum();
        Report {
            split: split.name().to_owned(),
            scores: vec![
                Score::of(Metric::Distance, distance),
                score("floor", floor, Better::Neither),
                score("ceiling", ceiling, Better::Neither),
                score("precision", precision, Better::Higher),
                score("recall", recall, Better::Higher),
                score("entropy", entropy, Better::Neither),
            ],
            headline: format!(
                "distance {}, {} % of the way from real ones {} to noise {}  precision {}  recall {}  entropy {}",
                fixed(distance, 3),
                fixed(100.0 * normalized(distance, floor, ceiling), 2),
                fixed(floor, 3),
                fixed(ceiling, 0),
                fixed(precision, 3),
                fixed(recall, 3),
                fixed(entropy, 3),
            ),
            logged: Map::from_iter([
                ("judge".to_owned(), json!(checksum)),
                ("classes".to_owned(), classes.to_json()),
            ]),
            views: vec![
                ("classes", View::Table(classes)),
                ("samples", View::Text(json!(samples), format!("{samples} images"))),
                (
                    "judge",
                    View::Text(
                        json!({"run": run, "step": step, "checksum": checksum}),
                        format!("judged by {run} step {step}, {}", &checksum[..16]),
                    ),
                ),
            ],
            brief: None,
            warnings: missing_classes(self.predictor.classes(), &shares).into_iter().collect(),
        }
    }
}

/// The distance scaled linearly, so that the floor is 0 and the noise reference 1.
fn normalized(distance: f64, floor: f64, ceiling: f64) -> f64 {
    (distance - floor) / (ceiling - floor)
}

/// The share of each class, the most frequent ones first in short views.
fn class_shares(classes: &[String], shares: &[f64]) -> ResultTable {
    let mut first: Vec<usize> = (0..classes.len()).collect();
    first.sort_by(|left, right| shares[*right].total_cmp(&shares[*left]));
    let row = |(class, share): (&String, &f64)| {
        vec![TableCell::Text(class.clone()), TableCell::Number(*share)]
    };
    ResultTable {
        header: vec!["class", "share"],
        rows: classes.iter().zip(shares).map(row).collect(),
        unit: "classes",
        first: (first, "that are seen most often"),
    }
}

/// A warning that names the classes predicted for less than a tenth of an equal share of the images.
fn missing_classes(classes: &[String], shares: &[f64]) -> Option<String> {
    let few = 0.1 / classes.len() as f64;
    let missing = classes.iter().zip(shares).filter(|(_, share)| **share < few);
    let missing: Vec<&str> = missing.map(|(class, _)| class.as_str()).collect();
    (!missing.is_empty()).then(|| format!("hardly any image looks like: {}", missing.join(", ")))
}

/// The Shannon entropy `-sum p ln p`, in nats.
fn entropy(shares: impl Iterator<Item = f64>) -> f64 {
    // Adding 0 turns the -0 of a single class into 0.
    shares.filter(|share| *share > 0.0).map(|share| -share * share.ln()).sum::<f64>() + 0.0
}

/// The classifier's features and predictions on whole images, one after the other.
fn features_of(predictor: &ImagePredictor, pixels: &[u8]) -> Features {
    let size = predictor.shape().pixels();
    let mut class_counts = vec![0; predictor.classes().len()];
    let batches = pixels.chunks(BATCH * size);
    let (features, logits): (Vec<_>, Vec<_>) = batches
        .map(|pixels| predictor.features_and_logits(pixels.to_vec(), pixels.len() / size))
        .unzip();
    for row in values(Tensor::cat(logits, 0)).chunks_exact(predictor.classes().len()) {
        class_counts[argmax(row)] += 1;
    }
    Features { features: Tensor::cat(features, 0), class_counts }
}

/// `count` images at even distances in a set, so that a set sorted by class gives all classes.
fn evenly_spaced(subset: &Subset, count: usize) -> Vec<u8> {
    let place = |index: usize| subset.indices[index * subset.len() / count] as usize;
    (0..count).flat_map(|index| subset.source.image(place(index))).copied().collect()
}

/// `count` images of independent pixels: each pixel comes from another image of the set, at the same position.
fn independent_pixels(subset: &Subset, count: usize) -> Vec<u8> {
    // One seed for all runs, so that their ceilings are equal on the same data.
    let mut stream = Stream::new(0, Purpose::Sample, 0, 0);
    let size = subset.source.shape.pixels();
    (0..count * size)
        .map(|at| {
            let image = subset.indices[stream.below(subset.len())] as usize;
            subset.source.image(image)[at % size]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_shares_is_in_nats() {
        assert!((entropy([0.5, 0.5, 0.0].into_iter()) - 2.0_f64.ln()).abs() < 1e-12);
        assert!(entropy([1.0].into_iter()).is_sign_positive());
        assert!(entropy([1.0].into_iter()).abs() < 1e-12);
    }

    #[test]
    fn missing_classes_are_named() {
        let classes = ["shirt", "bag", "boot"].map(str::to_owned);
        let warning =
            missing_classes(&classes, &[0.96, 0.04, 0.0]).expect("a bag in 30 would be 0.033");
        assert!(warning.ends_with(": boot"), "{warning}");
        assert_eq!(missing_classes(&classes, &[0.3, 0.3, 0.4]), None);
        let table = class_shares(&classes, &[0.25, 0.75, 0.0]);
        assert_eq!(table.first.0, [1, 0, 2]);
        assert_eq!(table.to_json()[1], json!({"class": "bag", "share": 0.75}));
    }

    #[test]
    fn a_distance_is_normalized_between_floor_and_ceiling() {
        assert!((normalized(3.0, 1.0, 9.0) - 0.25).abs() < 1e-12);
    }
}
