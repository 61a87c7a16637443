//! What handlers share, and how a network is put behind them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use tokio::sync::Semaphore;
use utoipa::openapi::OpenApi;

use super::Limits;
use super::metrics::Metrics;
use super::queue::{Queue, Worker, queue};
use super::refusal::Refusal;
use super::served::{Model, Served};

/// Computes answers until nobody can ask any more.
pub type Work<'a> = Box<dyn FnOnce() + 'a>;

/// A network that answers requests.
pub trait Network: std::fmt::Debug {
    /// What there are several of in a forward pass, as the metrics name it.
    fn unit(&self) -> &'static str;

    /// The `OpenAPI` document of its server.
    fn document(&self) -> OpenApi;

    /// The routes that ask it, and the computation of their answers.
    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>);
}

/// What handlers share.
pub struct Service {
    /// What is served.
    pub model: Model,
    /// What can be asked, and the answers.
    pub document: OpenApi,
    /// What is taken on.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Bodies are decoded by so many at once, which bounds the memory that it takes.
    decoders: Arc<Semaphore>,
    ending: AtomicBool,
}

impl Service {
    /// For this network. So many bodies are decoded at once.
    pub fn new(served: &Served, limits: Limits, decoders: usize) -> Self {
        Self {
            model: served.model.clone(),
            document: served.network.document(),
            limits,
            metrics: Metrics::new(served.network.unit()),
            decoders: Arc::new(Semaphore::new(decoders)),
            ending: AtomicBool::new(false),
        }
    }

    /// A queue of requests, and where they are computed.
    pub fn queue<I, O>(&self) -> (Queue<I, O>, Worker<I, O>) {
        let Limits { queue: length, batch, wait, .. } = self.limits;
        queue(length, batch, wait)
    }

    /// Decodes a body, in its turn and on a thread for that. `decode` can ask at any time if the request is still
    /// waited for.
    pub async fn decode<T: Send + 'static>(
        &self,
        decode: impl FnOnce(&dyn Fn() -> bool) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        // Held until decoding has ended, also when the request is given up meanwhile.
        let turn = Arc::clone(&self.decoders).acquire_owned().await;
        // Gone with the request.
        let waiting = Arc::new(());
        let waited_for = Arc::downgrade(&waiting);
        let decoding = tokio::task::spawn_blocking(move || {
            let decoded = decode(&|| waited_for.strong_count() > 0);
            drop(turn);
            decoded
        });
        let decoded = decoding.await;
        drop(waiting);
        decoded.map_err(|_| Refusal::unfit("the decoder of the body failed"))?
    }

    /// From now on it says that it ends.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether it has said so.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}
