//! State shared by handlers, and the trait of servable networks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use tokio::sync::Semaphore;
use utoipa::openapi::OpenApi;

use super::Limits;
use super::error::ApiError;
use super::metrics::{BatchMetric, Metrics};
use super::model::Model;
use super::queue::{Queue, Worker, queue};

/// The computation of a server, which returns when all requests are answered.
pub type Work<'a> = Box<dyn FnOnce() + 'a>;

/// A network that answers requests.
pub trait Servable: std::fmt::Debug {
    /// Name and help text of the metric of its batch sizes.
    fn batch_metric(&self) -> BatchMetric;

    /// Its routes, and the computation behind them.
    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>);
}

/// State shared by handlers.
pub struct Service {
    /// Description of the network.
    pub model: Model,
    /// The `OpenAPI` document.
    pub document: OpenApi,
    /// Limits of the server.
    pub limits: Limits,
    /// Counters and histograms.
    pub metrics: Metrics,
    /// Permits to decode a body, which bound the memory of decoding.
    decoders: Arc<Semaphore>,
    shutting_down: AtomicBool,
}

impl Service {
    /// The state for a network with this description and document. At most `decoders` bodies are decoded at once.
    pub fn new(
        (model, document): (Model, OpenApi),
        metric: BatchMetric,
        limits: Limits,
        decoders: usize,
    ) -> Self {
        Self {
            model,
            document,
            limits,
            metrics: Metrics::new(metric),
            decoders: Arc::new(Semaphore::new(decoders)),
            shutting_down: AtomicBool::new(false),
        }
    }

    /// Both ends of a queue of requests.
    pub fn queue<I, O>(&self) -> (Queue<I, O>, Worker<I, O>) {
        let Limits { queue: length, batch, wait, .. } = self.limits;
        queue(length, batch, wait)
    }

    /// Decodes a body on a blocking thread, once a permit is free. The argument of `decode` is false once the request
    /// is cancelled.
    ///
    /// # Errors
    /// Those of `decode`, and 422 when it panics.
    pub async fn decode<T: Send + 'static>(
        &self,
        decode: impl FnOnce(&dyn Fn() -> bool) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        // Held until decoding has ended, also when the request is cancelled meanwhile.
        let permit = Arc::clone(&self.decoders).acquire_owned().await;
        // Dropped with the request.
        let waiting = Arc::new(());
        let waited_for = Arc::downgrade(&waiting);
        let decoding = tokio::task::spawn_blocking(move || {
            let decoded = decode(&|| waited_for.strong_count() > 0);
            drop(permit);
            decoded
        });
        let decoded = decoding.await;
        drop(waiting);
        decoded.map_err(|_| ApiError::unprocessable("the decoder of the body failed"))?
    }

    /// Makes `/healthz` answer 503.
    pub fn shut_down(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    /// True after [`shut_down`](Self::shut_down).
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Relaxed)
    }
}
