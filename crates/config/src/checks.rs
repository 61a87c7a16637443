//! The collector of diagnostics in checks, and ranges that networks share.

use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::tree::Node;

/// The maximum number of weights between hidden layers: a gigabyte in f32.
pub(crate) const MOST_WEIGHTS: usize = 1 << 28;

/// The maximum number of channels of a convolution.
const MOST_CHANNELS: usize = 4096;

/// The maximum number of blocks or stages: the largest side can be halved that often.
const MOST_STAGES: usize = 20;

/// The maximum width of a layer, side of an image and size of a batch: far above what fits into memory, and low enough
/// that no product of three overflows.
pub(crate) const LARGEST: usize = 1 << 20;

/// Checks sections and collects the diagnostics.
pub(crate) struct Checks<'a> {
    pub root: &'a Node,
    /// True for settings to train with, false for those of a finished run.
    pub trains: bool,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Checks<'a> {
    pub fn new(root: &'a Node, trains: bool) -> Self {
        Self { root, trains, diagnostics: Vec::new() }
    }

    /// Requires a value from 0 to 1.
    pub(crate) fn probability(&mut self, path: &str, value: f64) {
        self.require(path, value, (0.0..=1.0).contains(&value), "0 to 1");
    }

    /// Requires a value from 0 to below 1 after rounding to f32, the type that it is computed with.
    pub(crate) fn below_one(&mut self, path: &str, value: f64) {
        self.require(path, value, (0.0..1.0).contains(&(value as f32)), "0 to below 1, in f32");
    }

    /// Reports `value` at `path` unless it is `good`; `allowed` is its range in words. NaN fails every comparison, so
    /// no range contains it.
    pub(crate) fn require(
        &mut self,
        path: &str,
        value: impl std::fmt::Display,
        good: bool,
        allowed: &str,
    ) {
        if !good {
            let diagnostic = Diagnostic::new(format!("`{path}` is {value}"));
            self.diagnostics.push(
                diagnostic
                    .at(Some(&self.root.location_of(path)))
                    .help(format!("allowed: {allowed}")),
            );
        }
    }

    /// Reports two settings that contradict each other, if `found`.
    pub(crate) fn contradiction(&mut self, found: bool, path: &str, message: &str) {
        if found {
            self.diagnostics.push(Diagnostic::new(message).at(Some(&self.root.location_of(path))));
        }
    }

    /// Checks the widths of hidden linear layers.
    pub(crate) fn hidden(&mut self, hidden: &[usize]) {
        for width in hidden {
            self.require(
                "model.hidden",
                width,
                (1..=LARGEST).contains(width),
                "widths of 1 to 1048576",
            );
        }
        self.require(
            "model.hidden",
            format!("{} layers", hidden.len()),
            hidden.len() <= 1000,
            "at most 1000 layers",
        );
        let weights: usize = hidden
            .windows(2)
            .fold(0, |sum: usize, pair| sum.saturating_add(pair[0].saturating_mul(pair[1])));
        self.require(
            "model.hidden",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }

    /// Checks the dimension of a generator's latent vector.
    pub(crate) fn latent(&mut self, latent: usize) {
        self.require("model.latent", latent, (1..=4096).contains(&latent), "1 to 4096");
    }

    /// Checks the channels of each block or stage; `what` is the plural noun.
    pub(crate) fn widths(&mut self, what: &str, widths: &[usize]) {
        self.require(
            "model.widths",
            format!("{} {what}", widths.len()),
            (1..=MOST_STAGES).contains(&widths.len()),
            &format!("1 to {MOST_STAGES} {what}"),
        );
        for width in widths {
            self.require(
                "model.widths",
                width,
                (1..=MOST_CHANNELS).contains(width),
                "widths of 1 to 4096",
            );
        }
    }

    /// Checks a dropout probability.
    pub(crate) fn dropout(&mut self, dropout: f64) {
        self.require("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
    }

    /// Checks the number of weights of convolutions: in block `i`, `depths[i]` of them with `widths[i]` output channels
    /// and kernels of `area` weights. The first convolution reads `first` channels.
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
        self.require(
            "model.widths",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }
    /// Requires a seed that a TOML file can hold.
    pub(crate) fn seed(&mut self, path: &str, seed: u64) {
        self.require(path, seed, i64::try_from(seed).is_ok(), "0 to 2^63 - 1");
    }

    /// Reports a network that takes other samples than the data has.
    pub(crate) fn unfit_network(&mut self, takes: &str, data: &str, help: &str) {
        let kind = self.root.find("model.kind").map(|node| node.to_value().to_string());
        let kind = kind.unwrap_or_default();
        let message =
            format!("`model.kind` is {kind}, which takes {takes}, and the data are {data}");
        let diagnostic = Diagnostic::new(message).at(Some(&self.root.location_of("model.kind")));
        self.diagnostics.push(diagnostic.help(help));
    }
}
