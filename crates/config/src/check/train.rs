//! Checks of `[train]` by itself.

use crate::checks::Checks;
use crate::sections::{Cadence, TrainConfig};

impl Checks<'_> {
    /// Checks `[train]` by itself.
    pub(super) fn train(&mut self, train: &TrainConfig) {
        let epochs = train.epochs.unwrap_or(1);
        self.require("train.epochs", epochs, (1..=1_000_000).contains(&epochs), "1 to 1000000");
        if let Some(length) = train.length {
            let most = match length {
                Cadence::Epochs(_) => 1_000_000,
                Cadence::Steps(_) | Cadence::Frames(_) => 1_000_000_000_000,
            };
            let allowed = format!("1 to {most} {}", length.unit());
            self.require("train.length", length, length.count() <= most, &allowed);
        }
        self.below_one("train.label_smoothing", train.label_smoothing);
        if let Some(share) = train.scheduled_sampling {
            self.probability("train.scheduled_sampling", share);
        }
        self.require(
            "train.accumulate",
            train.accumulate,
            (1..=65_536).contains(&train.accumulate),
            "1 to 65536",
        );
        self.require("train.log_every", train.log_every, train.log_every >= 1, "1 or more");
        self.require(
            "train.keep_last",
            train.keep_last,
            train.keep_last >= 2,
            "2 or more: the last one may be damaged",
        );
        if let Some(norm) = train.clip_norm {
            self.require("train.clip_norm", norm, norm > 0.0 && norm.is_finite(), "above 0");
        }
        if let Some(weights) = &train.class_weights {
            weights.check(self);
        }
        if let Some(stop) = &train.early_stop {
            self.require(
                "train.early_stop.patience",
                stop.patience,
                stop.patience >= 1,
                "1 or more",
            );
            self.require(
                "train.early_stop.min_delta",
                stop.min_delta,
                stop.min_delta >= 0.0 && stop.min_delta.is_finite(),
                "0 or more",
            );
        }
    }
}
