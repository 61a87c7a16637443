//! Checks of imported weights by their accuracy: under other usual normalisations, and against chance.

use burn::tensor::Device;
use hearth_config::{ClassifierConfig, Config};
use hearth_data::{Normalization, Splits, Subset};
use hearth_model::Classifier;
use hearth_report::Report;
use hearth_store::StateDict;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::task::Split;

use super::evaluate;
use crate::images::ImageInput;

/// The number of images that normalisations are compared on.
const IMAGES: usize = 500;

/// The least gain of another normalisation for a warning, in accuracy and in standard errors of the difference.
const MARGIN: f64 = 0.03;
const STANDARD_ERRORS: f64 = 3.0;

/// The least accuracy for a warning, as a share of the way from chance to 1.
const ABOVE_CHANCE: f64 = 0.25;

/// Normalisations that networks are often trained with.
fn usual_normalizations(channels: usize) -> Vec<(&'static str, Normalization)> {
    let mut all = vec![
        ("ToTensor alone", uniform(channels, 0.0, 1.0)),
        ("to -1..1", uniform(channels, 0.5, 0.5)),
        ("bytes from 0 to 255", uniform(channels, 0.0, 0.003_921_57)),
    ];
    match channels {
        1 => all.push(("MNIST's", uniform(1, 0.1307, 0.3081))),
        3 => all.push((
            "ImageNet's",
            Normalization { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] },
        )),
        _ => {}
    }
    all
}

fn uniform(channels: usize, mean: f64, std: f64) -> Normalization {
    Normalization { mean: vec![mean; channels], std: vec![std; channels] }
}

/// A warning if another usual normalisation gives a clearly higher accuracy on images of the validation set, or of the
/// training set where that one is small. The normalisation is not changed: only the user knows the one of training.
pub fn check_normalization(
    config: &Config,
    network: &ClassifierConfig,
    weights: &StateDict,
    (splits, classes): (&Splits, &[String]),
    current: &Normalization,
    device: &Device,
) -> Result<Option<String>, TrainError> {
    let set = if splits.valid.len() >= IMAGES { &splits.valid } else { &splits.train };
    let some = evenly_spaced(set, IMAGES);
    let shape = some.source.shape;
    let dims = [shape.channels, shape.height, shape.width];
    let built = Classifier::new(network, dims, classes.len(), config.run.seed, device)?;
    let built = restore_module(built, weights.clone())?;
    let accuracy = |normalization: &Normalization| {
        let input = ImageInput::new(normalization);
        let report = evaluate(&built, &input, &some, Split::Train, classes, device);
        report.score("accuracy").unwrap_or(f64::NAN)
    };
    let own = accuracy(current);
    let others = usual_normalizations(shape.channels)
        .into_iter()
        .map(|(name, other)| (accuracy(&other), name, other));
    let Some((best, name, other)) = others.max_by(|one, two| one.0.total_cmp(&two.0)) else {
        return Ok(None);
    };
    let variance = |share: f64| share * (1.0 - share) / some.len().max(1) as f64;
    let error = (variance(own) + variance(best)).sqrt();
    let chance = 1.0 / classes.len() as f64;
    if best - own < MARGIN.max(STANDARD_ERRORS * error)
        || best < chance + ABOVE_CHANCE * (1.0 - chance)
    {
        return Ok(None);
    }
    Ok(Some(format!(
        "warning: of {} images, {:.1} % are named right as they are normalised now, and {:.1} % by --mean {} --std \
         {} ({name}): if the weights were trained so, import them again with these",
        some.len(),
        100.0 * own,
        100.0 * best,
        numbers(&other.mean),
        numbers(&other.std),
    )))
}

/// The values of all channels as `--mean` and `--std` take them: one if all are equal.
fn numbers(values: &[f64]) -> String {
    let all: Vec<String> = values.iter().map(f64::to_string).collect();
    if all.windows(2).all(|pair| pair[0] == pair[1]) { all[0].clone() } else { all.join(",") }
}

/// At most `count` images at even distances in a set, so that a set sorted by class gives all classes.
fn evenly_spaced(set: &Subset, count: usize) -> Subset {
    let count = count.min(set.len());
    let indices = (0..count).map(|index| set.indices[index * set.len() / count]).collect();
    Subset { source: set.source.clone(), indices }
}

/// A warning if the test accuracy is less than two standard errors above chance, or if all predictions are one class.
pub fn check_accuracy(report: &Report) -> Option<String> {
    let (counts, accuracy) = (&report.matrix()?.counts, report.score("accuracy")?);
    let (classes, samples) = (counts.len() as f64, counts.iter().flatten().sum::<u64>() as f64);
    let chance = 1.0 / classes;
    let error = (chance * (1.0 - chance) / samples.max(1.0)).sqrt();
    let is_predicted = |class: &usize| counts.iter().any(|row| row[*class] > 0);
    let num_predicted = (0..counts.len()).filter(is_predicted).count();
    let fault = if samples == 0.0 {
        return None;
    } else if accuracy < chance + 2.0 * error {
        format!("is no better than guessing among {classes} classes")
    } else if num_predicted == 1 {
        "comes of one class for all images".to_owned()
    } else {
        return None;
    };
    Some(format!(
        "warning: the test accuracy of {accuracy:.4} {fault}. Look for layers in another order (--map), another normalisation \
         (--mean, --std), another order of the classes, or another activation than the network was trained with",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tally::Tally;

    /// The warning for these numbers of correct predictions among 100 samples of each of two classes.
    fn warning(correct: [usize; 2]) -> Option<String> {
        let mut tally = Tally::new(2);
        for (class, correct) in correct.into_iter().enumerate() {
            for sample in 0..100 {
                let prediction = if sample < correct { class } else { 1 - class };
                let logits = if prediction == 0 { [1.0, 0.0] } else { [0.0, 1.0] };
                tally.add(&logits, &[class as u16]);
            }
        }
        check_accuracy(&tally.report("test", &["boot".into(), "shirt".into()], "images"))
    }

    #[test]
    fn results_of_chance_are_a_warning_and_good_ones_are_not() {
        // The standard error of chance on 200 samples of two classes is .035.
        assert!(
            warning([50, 56]).is_some_and(|text| text.contains("no better than guessing among 2"))
        );
        assert!(warning([20, 30]).is_some(), "worse than chance, as with classes in another order");
        assert!(warning([60, 60]).is_none());
        assert!(warning([100, 100]).is_none());
        assert!(
            check_accuracy(&Tally::new(2).report("test", &["a".into(), "b".into()], "images"))
                .is_none()
        );
    }

    #[test]
    fn values_are_written_as_the_options_take_them() {
        assert_eq!(numbers(&[0.5, 0.5, 0.5]), "0.5");
        assert_eq!(numbers(&[0.485, 0.456, 0.406]), "0.485,0.456,0.406");
        assert_eq!(numbers(&[0.0]), "0");
    }
}
