//! Checks of the labels of IDX files, by the rules of class folders: every class has training images.

use std::path::Path;

use hearth_config::IdxConfig;

use crate::error::DataError;
use crate::images::classes::classes_have;
use crate::names::{composed, some_of};
use crate::samples::Examples;

/// Classes that a message names; the others are counted.
const MOST_NAMED: usize = 3;

/// Checks the training labels of IDX files for a classifier.
pub(crate) fn check(
    config: &IdxConfig,
    classes: &[String],
    train: &Examples,
) -> Result<(), DataError> {
    let path = Path::new(&config.train_labels);
    for (index, class) in classes.iter().enumerate() {
        if classes[..index].iter().any(|other| composed(other) == composed(class)) {
            let fault =
                format!("data.classes names {class} twice; give each class a name of its own");
            return Err(DataError::set(path, fault));
        }
    }
    let counts = counts(train, classes.len());
    let present: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] > 0).collect();
    if let [only] = present[..] {
        let fault = format!("all its labels are {only}; a classifier needs two classes or more");
        return Err(DataError::set(path, fault));
    }
    if present.len() < classes.len() {
        let fault = gaps(&present, classes, config.classes.is_some());
        return Err(DataError::set(path, fault));
    }
    Ok(())
}

/// A warning about classes without test images, if there are any.
pub(crate) fn untested(config: &IdxConfig, classes: &[String], test: &Examples) -> Option<String> {
    let counts = counts(test, classes.len());
    let lacking: Vec<&String> = classes
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count == 0)
        .map(|(class, _)| class)
        .collect();
    let (file, some) = (&config.test_labels, !lacking.is_empty());
    some.then(|| format!("{file}: {} no image in the test set", classes_have(&lacking)))
}

/// The fault of classes without a label, and its remedy.
fn gaps(present: &[usize], classes: &[String], has_names: bool) -> String {
    let (first, last) = (present[0], present[present.len() - 1]);
    if !has_names && first == 1 && present.len() == last {
        return format!(
            "its labels are 1 to {last}, and none is 0: they seem to be counted from 1. Classes are counted \
             from 0 here: subtract 1 from each label, of both files"
        );
    }
    let missing = (0..classes.len()).filter(|class| present.binary_search(class).is_err());
    let missing: Vec<_> = missing.collect();
    let numbers = some_of(&missing, MOST_NAMED);
    let names = some_of(missing.iter().map(|&class| &classes[class]), MOST_NAMED);
    let count = present.len();
    match has_names {
        true if last < missing[0] => format!(
            "its labels are {first} to {last}, and data.classes names {} classes: {names} would have no \
             image to train on; leave out the names that no label stands for",
            classes.len()
        ),
        true => format!(
            "no label is {numbers} ({names}), which would have no image to train on; number the {count} \
             classes without gaps, in the order of data.classes"
        ),
        false => format!(
            "its labels go up to {last}, and none is {numbers}: these classes would have no image to train \
             on; number the {count} classes without gaps, from 0"
        ),
    }
}

/// The remedy for a label that is too high.
pub(crate) fn remedy(labels: &[u16], num_classes: usize) -> &'static str {
    let [least, most] = [labels.iter().min(), labels.iter().max()]
        .map(|label| label.map_or(0, |&label| usize::from(label)));
    if least == 1 && most == num_classes {
        "they seem to be counted from 1, and are counted from 0 here: subtract 1 from each"
    } else {
        "correct the file or data.classes"
    }
}

fn counts(examples: &Examples, num_classes: usize) -> Vec<usize> {
    let mut counts = vec![0; num_classes];
    examples.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}
