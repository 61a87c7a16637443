//! Classes of images: a task's need of labels, and classes without images in words.

use crate::names::some_of;

/// Classes that a message names; the others are counted.
const MOST_CLASSES: usize = 10;

/// A task's need of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Labels of two classes or more, each with training images.
    Needed,
    /// No labels: the task learns only from images.
    Unused,
}

/// The fault of a class without training images, of whose files `num_files` cannot be decoded.
pub(crate) fn nothing_to_train_on(class: &str, num_files: usize) -> String {
    let unread = match num_files {
        0 => String::new(),
        num_files => format!(" ({num_files} of its files cannot be read)"),
    };
    format!("class {class} has no image to train on{unread}; add some or remove its folder")
}

/// `class a has`, or `classes a, b and 3 more have`.
pub(crate) fn classes_have(classes: &[&String]) -> String {
    match classes {
        [class] => format!("class {class} has"),
        classes => format!("classes {} have", some_of(classes, MOST_CLASSES)),
    }
}
