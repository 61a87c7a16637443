//! The routes of networks; predictors as servable networks: their queue, and the route that fits their inputs.
//!
//! | file | subject |
//! | --- | --- |
//! | [`images`], [`rows`], [`texts`] | predictions from images, from rows of a table and from texts |
//! | [`generate`] | images of a generator |

pub mod generate;
pub mod images;
pub mod rows;
pub mod texts;

use std::sync::Arc;

use axum::Router;
use hearth_report::{Input, InputSchema, Output, Predictor};

use crate::serve::metrics::BatchMetric;
use crate::serve::queue::Queue;
use crate::serve::service::{Servable, Service, Work};

/// The queue of the inputs of requests.
pub type PredictionQueue = Queue<Input, Output>;

impl Servable for Box<dyn Predictor> {
    fn batch_metric(&self) -> BatchMetric {
        match self.schema().input {
            InputSchema::Image(_) => BatchMetric::IMAGES,
            InputSchema::Row(_) => BatchMetric::ROWS,
            InputSchema::Text => BatchMetric::TEXTS,
        }
    }

    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>) {
        let (queue, worker) = service.queue();
        let routes = match &self.schema().input {
            InputSchema::Image(shape) => images::routes(service, queue, *shape),
            InputSchema::Row(coding) => rows::routes(service, queue, coding),
            InputSchema::Text => texts::routes(service, queue),
        };
        let batches = service.metrics.batches.clone();
        let work = move || {
            worker.run(|inputs: Vec<Input>| {
                batches.observe(inputs.len() as f64);
                self.predict(inputs)
            });
        };
        (routes, Box::new(work))
    }
}
