//! Ranges that networks share.

use super::{Checks, LARGEST};

/// The most weights between hidden layers: a gigabyte of them.
pub(crate) const MOST_WEIGHTS: usize = 1 << 28;

/// The most channels of a convolution.
const MOST_CHANNELS: usize = 4096;

/// The most blocks or stages: so often can the largest side be halved.
const MOST_STAGES: usize = 20;

impl Checks<'_> {
    /// The widths of linear layers.
    pub(crate) fn hidden(&mut self, hidden: &[usize]) {
        for width in hidden {
            self.that(
                "model.hidden",
                width,
                (1..=LARGEST).contains(width),
                "widths of 1 to 1048576",
            );
        }
        self.that(
            "model.hidden",
            format!("{} layers", hidden.len()),
            hidden.len() <= 1000,
            "at most 1000 layers",
        );
        let weights: usize = hidden
            .windows(2)
            .fold(0, |sum: usize, pair| sum.saturating_add(pair[0].saturating_mul(pair[1])));
        self.that(
            "model.hidden",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }

    pub(crate) fn latent(&mut self, latent: usize) {
        self.that("model.latent", latent, (1..=4096).contains(&latent), "1 to 4096");
    }

    /// The channels of each block or stage.
    pub(crate) fn widths(&mut self, what: &str, widths: &[usize]) {
        self.that(
            "model.widths",
            format!("{} {what}", widths.len()),
            (1..=MOST_STAGES).contains(&widths.len()),
            &format!("1 to {MOST_STAGES} {what}"),
        );
        for width in widths {
            self.that(
                "model.widths",
                width,
                (1..=MOST_CHANNELS).contains(width),
                "widths of 1 to 4096",
            );
        }
    }

    pub(crate) fn dropout(&mut self, dropout: f64) {
        self.that("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
    }

    /// The weights of `depths` convolutions to each of `widths` channels, the first of which
    /// reads so many channels.
    pub(crate) fn convolutions(
        &mut self,
        first: usize,
        widths: &[usize],
        depths: &[usize],
        area: usize,
    ) {
        let mut weights: usize = 0;
        let mut before = first;
        for (width, depth) in widths.iter().zip(depths) {
            let inputs = width.saturating_mul(depth.saturating_sub(1)).saturating_add(before);
            let own = width.saturating_mul(inputs).saturating_mul(area);
            weights = weights.saturating_add(own);
            before = *width;
        }
        self.that(
            "model.widths",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }
}

#[cfg(test)]
mod tests;
