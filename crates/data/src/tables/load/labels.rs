//! Classes of a target, by the rules of class folders: each class has training rows.

use super::parts::Parts;
use crate::error::DataError;
use crate::names::some_of;
use crate::tables::file::input::TableInput;
use crate::tables::read::vocabulary::Vocabulary;

/// Classes that a message names; the others are counted.
const MOST_NAMED: usize = 10;

/// Class label of each row, and class names.
pub(crate) struct ClassLabels {
    pub labels: Vec<u16>,
    pub names: Vec<String>,
}

impl ClassLabels {
    /// Assigns labels to classes in numeric order if all names are numbers, and in byte order otherwise.
    pub fn of(
        input: &TableInput,
        column: &str,
        numbers: &[u32],
        words: &Vocabulary,
    ) -> Result<Self, DataError> {
        let number = |word: &String| word.parse::<f64>().ok().filter(|number| number.is_finite());
        let are_numbers = words.texts.iter().all(|word| number(word).is_some());
        let mut order: Vec<usize> = (0..words.texts.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&words.texts[a], &words.texts[b]);
            let by_number =
                || number(a).partial_cmp(&number(b)).unwrap_or(std::cmp::Ordering::Equal);
            if are_numbers { by_number().then_with(|| a.cmp(b)) } else { a.cmp(b) }
        });
        let names: Vec<String> = order.iter().map(|&word| words.texts[word].clone()).collect();
        if let [only] = &names[..] {
            let fault = format!(
                "it is the target, and all its values are {only}; a classifier needs two classes or more"
            );
            return Err(input.fault_at(None, Some(column), fault));
        }
        let mut label_of = vec![0; names.len()];
        for (label, word) in order.into_iter().enumerate() {
            label_of[word] = label as u16;
        }
        Ok(Self { labels: numbers.iter().map(|&word| label_of[word as usize]).collect(), names })
    }

    /// Classes that do not occur in these rows.
    fn absent(&self, indices: &[u32]) -> Vec<&String> {
        let mut found = vec![false; self.names.len()];
        for &index in indices {
            found[usize::from(self.labels[index as usize])] = true;
        }
        self.names.iter().zip(found).filter(|(_, found)| !found).map(|(name, _)| name).collect()
    }

    /// Checks that every class has a training row.
    pub fn check(&self, input: &TableInput, column: &str, parts: &Parts) -> Result<(), DataError> {
        let lacking = self.absent(&parts.train);
        if lacking.is_empty() {
            return Ok(());
        }
        let fault =
            format!("{} no row to train on; add some, or remove the rows of it", have(&lacking));
        Err(input.fault_at(None, Some(column), fault))
    }

    /// A warning about classes without test rows, if there are any.
    pub fn untested(&self, column: &str, parts: &Parts) -> Option<String> {
        let lacking = self.absent(&parts.test);
        (!lacking.is_empty())
            .then(|| format!("column `{column}`: {} no row in the test part", have(&lacking)))
    }
}

/// `class a has`, or `classes a, b and 3 more have`.
fn have(classes: &[&String]) -> String {
    match classes {
        [class] => format!("class {class} has"),
        classes => format!("classes {} have", some_of(classes, MOST_NAMED)),
    }
}
