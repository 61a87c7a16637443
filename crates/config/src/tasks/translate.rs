//! Translation, which has no settings of its own.

use super::{Metric, TaskRow};

/// The task in the table of tasks.
pub(super) const ROW: TaskRow =
    TaskRow { name: "translate", metrics: &[Metric::Loss, Metric::ExactMatch, Metric::Bleu] };
