//! `[data] kind = "idx"`: images and labels in the format of MNIST.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;
use crate::syntax::diagnostic::Diagnostic;

/// `[data] kind = "idx"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxConfig {
    /// Training images: unsigned bytes `[count, height, width]` or `[count, channels, height, width]`.
    pub train_images: String,
    /// Training labels: unsigned bytes `[count]`.
    pub train_labels: String,
    /// Test images, of the same size.
    pub test_images: String,
    /// Test labels.
    pub test_labels: String,
    /// Names of the classes, in the order of their labels; the labels themselves when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
}

impl SourceSettings for IdxConfig {
    fn samples(&self) -> Samples {
        Samples::Images { size: None, channels: None }
    }

    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        vec![
            ("data.train_images", &mut self.train_images),
            ("data.train_labels", &mut self.train_labels),
            ("data.test_images", &mut self.test_images),
            ("data.test_labels", &mut self.test_labels),
        ]
    }

    fn check(&self, _: &BatchConfig, checks: &mut Checks<'_>) {
        let classes = self.classes.as_ref().map_or(2, Vec::len);
        let good = (2..=65_536).contains(&classes);
        checks.require("data.classes", classes, good, "2 to 65536 names");
        let mut names = self.classes.iter().flatten();
        let mut known = BTreeSet::new();
        let double = names.find(|name| !known.insert(*name));
        if let Some(double) = double.filter(|_| checks.trains) {
            let diagnostic = Diagnostic::new(format!("`data.classes` names {double:?} twice"))
                .at(Some(&checks.root.location_of("data.classes")));
            checks.diagnostics.push(diagnostic.help("give each class a name of its own"));
        }
    }
}
