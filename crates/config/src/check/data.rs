//! Checks of `[data]` and `[augment]`.

use std::collections::BTreeSet;

use crate::checks::{Checks, LARGEST};
use crate::sections::{AugmentConfig, DataConfig, DataSource};
use crate::syntax::diagnostic::Diagnostic;

impl Checks<'_> {
    /// Checks `[data]` by itself.
    pub(super) fn data(&mut self, data: &DataConfig) {
        let batch_size = data.batches.batch_size;
        self.require(
            "data.batch_size",
            batch_size,
            (1..=LARGEST).contains(&batch_size),
            "1 to 1048576",
        );
        if let Some(share) = data.batches.limit_train {
            self.require(
                "data.limit_train",
                share,
                0.0 < share && share <= 1.0,
                "above 0, up to 1",
            );
        }
        if let Some(batches) = data.batches.overfit_batches {
            self.require(
                "data.overfit_batches",
                batches,
                (1..=LARGEST).contains(&batches),
                "1 to 1048576",
            );
        }
        if data.source.is_of_images() {
            self.normalization(data);
        }
        match &data.source {
            DataSource::Idx(idx) => {
                let classes = idx.classes.as_ref().map_or(2, Vec::len);
                self.require(
                    "data.classes",
                    classes,
                    (2..=65_536).contains(&classes),
                    "2 to 65536 names",
                );
                let mut names = idx.classes.iter().flatten();
                let mut known = BTreeSet::new();
                let double = names.find(|name| !known.insert(*name));
                if let Some(double) = double.filter(|_| self.trains) {
                    let diagnostic =
                        Diagnostic::new(format!("`data.classes` names {double:?} twice"))
                            .at(Some(&self.root.location_of("data.classes")));
                    self.diagnostics.push(diagnostic.help("give each class a name of its own"));
                }
            }
            DataSource::ImageFolder(folder) => {
                self.require(
                    "data.size",
                    folder.size,
                    (1..=1024).contains(&folder.size),
                    "1 to 1024",
                );
                let fraction = folder.test_fraction;
                self.require(
                    "data.test_fraction",
                    fraction,
                    0.0 < fraction && fraction < 1.0,
                    "above 0 and below 1",
                );
            }
            DataSource::Csv(csv) => self.csv(csv),
            DataSource::TextRules(rules) => self.text_rules(rules),
            DataSource::TextPairs(pairs) => self.text_pairs(pairs),
            DataSource::BibleEs(bible) => self.bible(bible, data),
            DataSource::FashionMnist(_)
            | DataSource::FashionMnistMini(_)
            | DataSource::Mnist(_) => {}
        }
    }

    /// Checks `[augment]`; `size` is the images' height and width, where the settings give it.
    pub(super) fn augment(&mut self, augment: &AugmentConfig, size: Option<usize>) {
        self.probability("augment.flip", augment.flip);
        self.require("augment.shift", augment.shift, augment.shift <= 1024, "0 to 1024");
        if let Some(size) = size.filter(|_| self.trains && augment.shift <= 1024) {
            let most = size.saturating_sub(1);
            let allowed =
                format!("0 to {most}: the images are {size}x{size}, and something has to be left");
            self.require("augment.shift", augment.shift, augment.shift <= most, &allowed);
        }
        self.probability("augment.erase", augment.erase);
    }
}
