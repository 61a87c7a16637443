//! How good made pictures are, in the eyes of a trained classifier.
//!
//! There is no one number for it. The Frechet distance compares the distribution of a classifier's
//! features on made pictures with that on real ones; precision and recall tell apart what such a
//! distance mixes, whether pictures look real and whether all kinds of real pictures are made; and
//! the classes that the classifier sees show kinds that are missing altogether.

mod frechet;
mod manifold;
mod open;

use burn::tensor::{Device, Tensor};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Better, Metric, shown};
use hearth_data::{Splits, Subset};
use hearth_model::Generator;
use hearth_report::fixed;
use hearth_report::report::{Report, ResultTable, Score, TableCell, View};
use serde_json::{Map, json};

use crate::error::TrainError;
use crate::metrics::{argmax, values};
use crate::predict::Predictor;
use crate::sampler::{Use, sample};
use crate::task::Split;
use crate::trained::Trained;

use frechet::Gaussian;
use manifold::Manifold;

pub(crate) use open::{for_job, of_run};

/// The most features: their covariances take half a gigabyte.
const WIDEST: usize = 4096;

/// Pictures that the classifier looks at in one pass.
const BATCH: usize = 500;

/// A trained classifier and what it thinks of real pictures.
pub struct Judge {
    predictor: Predictor,
    /// Its run, shown, and the step of its checkpoint.
    source: (String, u64),
    /// The BLAKE3 checksum of its weights.
    checksum: String,
    samples: usize,
    /// Of the training pictures and of the test pictures.
    references: [Reference; 2],
    floor: f64,
}

/// Real pictures, to compare with.
struct Reference {
    gaussian: Gaussian,
    manifold: Manifold,
    ceiling: f64,
}

/// What the classifier sees in some pictures.
struct Seen {
    /// `[pictures, features]`.
    features: Tensor<2>,
    /// How many pictures of each class.
    classes: Vec<u64>,
}

impl Judge {
    /// A judge of pictures like those of `splits`, by `samples` of them, or as many as there are.
    pub fn new(
        (predictor, trained): (Predictor, Trained),
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
        let width = look(&predictor, &spread(&splits.train, 1)).features.dims()[1];
        if width > WIDEST {
            return Err(TrainError::Settings(format!(
                "the classifier that is to judge has {width} features; at most {WIDEST} are compared"
            )));
        }
        let noise = look(&predictor, &independent_pixels(&splits.train, samples));
        let noise = Gaussian::of(&noise.features);
        let references = [&splits.train, &splits.test].map(|subset| {
            let features = look(&predictor, &spread(subset, samples)).features;
            let gaussian = Gaussian::of(&features);
            let ceiling = gaussian.distance(&noise);
            Reference { gaussian, manifold: Manifold::new(features), ceiling }
        });
        let floor = references[0].gaussian.distance(&references[1].gaussian);
        let source = (shown(&trained.run).to_string(), trained.step);
        Ok(Self { predictor, source, checksum: trained.checksum, samples, references, floor })
    }

    /// The checksum of its weights.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// How many pictures it wants to see.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Judges a generator without differentiation by images of `latent_size` random numbers each; the same images
    /// for the same seed.
    pub fn judge_generator(
        &self,
        generator: &Generator,
        latent_size: usize,
        seed: u64,
        split: Split,
        device: &Device,
    ) -> Report {
        let purpose = if split == Split::Test { Use::Test } else { Use::Valid };
        let pixels = sample(generator, latent_size, (seed, purpose), self.samples, device);
        self.judge(&pixels, split)
    }

    /// Judges whole pictures of the data's shape, one after the other: against test pictures for the
    /// test set, else against training pictures.
    ///
    /// | score | is |
    /// | --- | --- |
    /// | `distance` | the Frechet distance to the real images |
    /// | `floor` | that of real training images from real test images: as near as can be expected |
    /// | `ceiling` | that of images whose pixels are drawn independently, each from its own distribution |
    /// | `precision` | the share of these images that could be real (Kynkaanniemi et al. 2019, equation 2) |
    /// | `recall` | the share of real images that could be among these |
    /// | `entropy` | that of the classes which the classifier sees in them, in nats |
    pub fn judge(&self, pixels: &[u8], split: Split) -> Report {
        let reference = &self.references[usize::from(split == Split::Test)];
        let seen = look(&self.predictor, pixels);
        let distance = reference.gaussian.distance(&Gaussian::of(&seen.features));
        let fake = Manifold::new(seen.features);
        let samples = seen.classes.iter().sum::<u64>();
        let share = |count: &u64| *count as f64 / samples as f64;
        let shares: Vec<f64> = seen.classes.iter().map(share).collect();
        let (precision, recall) =
            (reference.manifold.holds(&fake), fake.holds(&reference.manifold));
        let entropy = entropy(shares.iter().copied());
        let (floor, ceiling) = (self.floor, reference.ceiling);
        let plain = |name, value, better| Score { name, value, better };
        let classes = class_shares(self.predictor.classes(), &shares);
        let (run, step) = &self.source;
        let checksum = self.checksum();
        Report {
            split: split.name().to_owned(),
            scores: vec![
                Score::of(Metric::Distance, distance),
                plain("floor", floor, Better::Neither),
                plain("ceiling", ceiling, Better::Neither),
                plain("precision", precision, Better::Higher),
                plain("recall", recall, Better::Higher),
                plain("entropy", entropy, Better::Neither),
            ],
            headline: format!(
                "distance {}, {} % of the way from real ones {} to noise {}  precision {}  recall {}  entropy {}",
                fixed(distance, 3),
                fixed(100.0 * position(distance, floor, ceiling), 2),
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
            warnings: missing(self.predictor.classes(), &shares).into_iter().collect(),
        }
    }
}

/// Where a distance stands on the way from the floor, 0, to the ceiling, 1.
fn position(distance: f64, floor: f64, ceiling: f64) -> f64 {
    (distance - floor) / (ceiling - floor)
}

/// The share of each class.
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

/// A warning that names the classes which are seen in less than a tenth of the images that would be their share.
fn missing(classes: &[String], shares: &[f64]) -> Option<String> {
    let few = 0.1 / classes.len() as f64;
    let missing = classes.iter().zip(shares).filter(|(_, share)| **share < few);
    let missing: Vec<&str> = missing.map(|(class, _)| class.as_str()).collect();
    (!missing.is_empty()).then(|| format!("hardly any image looks like: {}", missing.join(", ")))
}

/// `-sum p ln p`.
fn entropy(shares: impl Iterator<Item = f64>) -> f64 {
    // Of one class it is zero, and of no sign.
    shares.filter(|share| *share > 0.0).map(|share| -share * share.ln()).sum::<f64>() + 0.0
}

/// Shows the classifier whole pictures, one after the other.
fn look(predictor: &Predictor, pixels: &[u8]) -> Seen {
    let size = predictor.shape().pixels();
    let mut classes = vec![0; predictor.classes().len()];
    let batches = pixels.chunks(BATCH * size);
    let (features, logits): (Vec<_>, Vec<_>) =
        batches.map(|pixels| predictor.look(pixels.to_vec(), pixels.len() / size)).unzip();
    for row in values(Tensor::cat(logits, 0)).chunks_exact(predictor.classes().len()) {
        classes[argmax(row)] += 1;
    }
    Seen { features: Tensor::cat(features, 0), classes }
}

/// `count` pictures from all over a set: in sets that are sorted by class, of all classes.
fn spread(subset: &Subset, count: usize) -> Vec<u8> {
    let place = |index: usize| subset.indices[index * subset.len() / count] as usize;
    (0..count).flat_map(|index| subset.source.picture(place(index))).copied().collect()
}

/// `count` pictures whose pixels are independent of each other: each is that of another picture.
fn independent_pixels(subset: &Subset, count: usize) -> Vec<u8> {
    // The same for every run on this data.
    let mut stream = Stream::new(0, Purpose::Sample, 0, 0);
    let size = subset.source.shape.pixels();
    (0..count * size)
        .map(|at| {
            let picture = subset.indices[stream.below(subset.len())] as usize;
            subset.source.picture(picture)[at % size]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_of_the_shares() {
        assert!((entropy([0.5, 0.5, 0.0].into_iter()) - 2.0_f64.ln()).abs() < 1e-12);
        assert!(entropy([1.0].into_iter()).is_sign_positive());
        assert!(entropy([1.0].into_iter()).abs() < 1e-12);
    }

    #[test]
    fn classes_that_vanish_are_named() {
        let classes = ["shirt", "bag", "boot"].map(str::to_owned);
        let warning = missing(&classes, &[0.96, 0.04, 0.0]).expect("a bag in 30 would be 0.033");
        assert!(warning.ends_with(": boot"), "{warning}");
        assert_eq!(missing(&classes, &[0.3, 0.3, 0.4]), None);
        let table = class_shares(&classes, &[0.25, 0.75, 0.0]);
        assert_eq!(table.first.0, [1, 0, 2]);
        assert_eq!(table.to_json()[1], json!({"class": "bag", "share": 0.75}));
    }

    #[test]
    fn a_distance_lies_between_floor_and_ceiling() {
        assert!((position(3.0, 1.0, 9.0) - 0.25).abs() < 1e-12);
    }
}
