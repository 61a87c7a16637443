//! Faults that checks note, and the ranges that networks share.

use crate::fault::Fault;
use crate::tree::Node;

/// The most weights between hidden layers: a gigabyte of them.
pub(crate) const MOST_WEIGHTS: usize = 1 << 28;

/// The most channels of a convolution.
const MOST_CHANNELS: usize = 4096;

/// The most blocks or stages: so often can the largest side be halved.
const MOST_STAGES: usize = 20;

/// The largest width of a layer, side of a picture and size of a batch: far above what
/// fits into memory, and low enough that no product of three overflows.
pub(crate) const LARGEST: usize = 1 << 20;

/// Notes the faults of sections that were read.
pub(crate) struct Checks<'a> {
    pub root: &'a Node,
    /// Settings to train with, and not those of a run that was trained.
    pub trains: bool,
    pub faults: Vec<Fault>,
}

impl<'a> Checks<'a> {
    pub fn new(root: &'a Node, trains: bool) -> Self {
        Self { root, trains, faults: Vec::new() }
    }

    pub(crate) fn probability(&mut self, path: &str, value: f64) {
        self.that(path, value, (0.0..=1.0).contains(&value), "0 to 1");
    }

    /// In f32, which is what it is computed with.
    pub(crate) fn below_one(&mut self, path: &str, value: f64) {
        self.that(path, value, (0.0..1.0).contains(&(value as f32)), "0 to below 1, in f32");
    }

    /// Notes a value outside its range. NaN fails every comparison, so it is outside of all.
    pub(crate) fn that(
        &mut self,
        path: &str,
        value: impl std::fmt::Display,
        good: bool,
        allowed: &str,
    ) {
        if !good {
            let fault = Fault::new(format!("`{path}` is {value}"));
            self.faults.push(
                fault.at(Some(&self.root.place_of(path))).help(format!("allowed: {allowed}")),
            );
        }
    }

    /// Notes two settings that cannot both hold.
    pub(crate) fn contradiction(&mut self, found: bool, path: &str, message: &str) {
        if found {
            self.faults.push(Fault::new(message).at(Some(&self.root.place_of(path))));
        }
    }

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
