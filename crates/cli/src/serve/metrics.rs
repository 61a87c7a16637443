//! What Prometheus reads.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Seconds that a request may take, in the bounds of the histogram.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Pictures or rows in a forward pass.
const BATCHES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// A request by where it went and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    route: String,
    status: u16,
}

/// What is counted; copies count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Ended, Counter>,
    seconds: Histogram,
    open: Gauge,
    /// Pictures or rows of each forward pass.
    pub batches: Histogram,
}

impl Metrics {
    /// Before the first request. `unit` is what there are several of in a forward pass: "pictures".
    pub fn new(unit: &str) -> Self {
        let (requests, open) = (Family::<Ended, Counter>::default(), Gauge::default());
        let (seconds, batches) = (Histogram::new(SECONDS), Histogram::new(BATCHES));
        let mut registry = Registry::with_prefix("hearth");
        registry.register("requests", "Requests by route and status", requests.clone());
        registry.register_with_unit(
            "request_duration",
            "How long a request took",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("requests_open", "Requests that are being answered", open.clone());
        let (first, rest) = unit.split_at(1);
        let help = format!("{}{rest} of each forward pass", first.to_uppercase());
        registry.register(format!("batch_{unit}"), help, batches.clone());
        Self { registry: Arc::new(registry), requests, seconds, open, batches }
    }

    /// Counts a request.
    pub fn count(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Ended { route: route.to_owned(), status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// In the text format of `OpenMetrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request that is being answered, also when its client goes away meanwhile.
pub struct Open(Gauge);

impl Open {
    /// Counts it.
    pub fn new(metrics: &Metrics) -> Self {
        metrics.open.inc();
        Self(metrics.open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
