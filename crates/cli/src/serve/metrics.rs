//! Metrics for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bucket bounds of the duration of requests, in seconds.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Bucket bounds of the samples in a forward pass.
const BATCHES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Labels of a counted request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

/// Counters and histograms; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    open: Gauge,
    /// Samples in each forward pass.
    pub batches: Histogram,
}

/// Name and help text of the histogram of batch sizes.
#[derive(Clone, Copy, Debug)]
pub struct BatchMetric {
    name: &'static str,
    help: &'static str,
}

impl BatchMetric {
    /// The metric of networks for images.
    pub const IMAGES: Self = Self { name: "batch_pictures", help: "Images of each forward pass" };

    /// The metric of networks for rows of a table.
    pub const ROWS: Self = Self { name: "batch_rows", help: "Rows of each forward pass" };

    /// The metric of translators.
    pub const TEXTS: Self = Self { name: "batch_texts", help: "Texts of each forward pass" };
}

impl Metrics {
    /// Metrics before the first request.
    pub fn new(batch: BatchMetric) -> Self {
        let (requests, open) = (Family::<RequestLabels, Counter>::default(), Gauge::default());
        let (seconds, batches) = (Histogram::new(SECONDS), Histogram::new(BATCHES));
        let mut registry = Registry::with_prefix("hearth");
        registry.register("requests", "Requests by route and status", requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Duration of a request",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("requests_open", "Requests in progress", open.clone());
        registry.register(batch.name, batch.help, batches.clone());
        Self { registry: Arc::new(registry), requests, seconds, open, batches }
    }

    /// Counts a request.
    pub fn count(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route: route.to_owned(), status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// The metrics in the text format of `OpenMetrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Counts a request in progress until it is dropped, also when the client disconnects.
pub struct OpenRequest(Gauge);

impl OpenRequest {
    /// Counts a request.
    pub fn new(metrics: &Metrics) -> Self {
        metrics.open.inc();
        Self(metrics.open.clone())
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.dec();
    }
}
