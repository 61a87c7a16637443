//! How good made pictures are, in the eyes of a trained classifier.
//!
//! There is no one number for it. The Frechet distance compares the distribution of a classifier's
//! features on made pictures with that on real ones; precision and recall tell apart what such a
//! distance mixes, whether pictures look real and whether all kinds of real pictures are made; and
//! the classes that the classifier sees show kinds that are missing altogether.

mod frechet;
mod manifold;
mod open;

use burn::tensor::Tensor;
use hearth_config::seed::{Purpose, Stream};
use hearth_config::shown;
use hearth_data::{Splits, Subset};

use crate::error::TrainError;
use crate::metrics::{argmax, values};
use crate::predict::Predictor;
use crate::report::{ClassShare, GenerationReport, JudgeInfo};
use crate::task::Split;
use crate::trained::Trained;

use frechet::Gaussian;
use manifold::Manifold;

pub(crate) use open::{beside, is_done, of_run, open, settings, within};

/// The most features: their covariances take half a gigabyte.
const WIDEST: usize = 4096;

/// Pictures that the classifier looks at in one pass.
const BATCH: usize = 500;

/// A trained classifier and what it thinks of real pictures.
pub struct Judge {
    predictor: Predictor,
    /// Where it comes from.
    info: JudgeInfo,
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
        let shape = splits.train.examples.shape;
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
        let info = JudgeInfo {
            run: shown(&trained.run).to_string(),
            step: trained.step,
            checksum: trained.checksum,
        };
        Ok(Self { predictor, info, samples, references, floor })
    }

    /// The checksum of its weights.
    pub fn checksum(&self) -> &str {
        &self.info.checksum
    }

    /// How many pictures it wants to see.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Judges whole pictures of the data's shape, one after the other: against test pictures for the
    /// test set, else against training pictures.
    pub fn judge(&self, pixels: &[u8], split: Split) -> GenerationReport {
        let reference = &self.references[usize::from(split == Split::Test)];
        let seen = look(&self.predictor, pixels);
        let distance = reference.gaussian.distance(&Gaussian::of(&seen.features));
        let made = Manifold::new(seen.features);
        let samples = seen.classes.iter().sum::<u64>();
        let share = |count: u64| count as f64 / samples as f64;
        let named = self.predictor.classes().iter().zip(&seen.classes);
        GenerationReport {
            split: split.name().to_owned(),
            distance,
            floor: self.floor,
            ceiling: reference.ceiling,
            precision: reference.manifold.holds(&made),
            recall: made.holds(&reference.manifold),
            entropy: entropy(seen.classes.iter().map(|count| share(*count))),
            classes: named
                .map(|(class, count)| ClassShare { class: class.clone(), share: share(*count) })
                .collect(),
            samples: samples as usize,
            judge: self.info.clone(),
        }
    }
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
    (0..count).flat_map(|index| subset.examples.picture(place(index))).copied().collect()
}

/// `count` pictures whose pixels are independent of each other: each is that of another picture.
fn independent_pixels(subset: &Subset, count: usize) -> Vec<u8> {
    // The same for every run on this data.
    let mut stream = Stream::new(0, Purpose::Sample, 0, 0);
    let size = subset.examples.shape.pixels();
    (0..count * size)
        .map(|at| {
            let picture = subset.indices[stream.below(subset.len())] as usize;
            subset.examples.picture(picture)[at % size]
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
}
