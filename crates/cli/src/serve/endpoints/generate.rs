//! `POST /v1/generate`: images of a generator.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::post;
use hearth_data::ImageShape;
use hearth_tasks::Sampler;
use hearth_train::task::bitmap::Bitmap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::serve::body::json::read_json;
use crate::serve::error::{ApiError, ErrorBody};
use crate::serve::metrics::BatchMetric;
use crate::serve::queue::Queue;
use crate::serve::service::{Servable, Service, Work};

/// Maximum number of images in one request.
const MAX_IMAGES: usize = 64;

/// Maximum offset along one latent axis, in standard deviations.
const MAX_OFFSET: f32 = 10.0;

/// A body, for errors.
const EXAMPLE: &str = "{\"seed\": 7, \"count\": 16}";

/// State of the route.
pub struct GenerateEndpoint {
    service: Arc<Service>,
    queue: Queue<GenerateRequest, Vec<u8>>,
    shape: ImageShape,
    latent: usize,
}

impl Servable for Sampler {
    fn batch_metric(&self) -> BatchMetric {
        BatchMetric::IMAGES
    }

    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>) {
        let (queue, worker) = service.queue();
        let (shape, latent) = (self.shape(), self.latent_size());
        let endpoint = GenerateEndpoint { service: Arc::clone(service), queue, shape, latent };
        let routes =
            Router::new().route("/v1/generate", post(generate)).with_state(Arc::new(endpoint));
        let batches = service.metrics.batches.clone();
        let work = move || {
            worker.run(|requests: Vec<GenerateRequest>| {
                let images = sample(self, &requests);
                let count: usize = requests.iter().map(|request| request.count).sum();
                batches.observe(count as f64);
                images
            });
        };
        (routes, Box::new(work))
    }
}

/// Generates images, arranged in one grid.
#[utoipa::path(
    post,
    path = "/v1/generate",
    operation_id = "generated",
    request_body = GenerateRequest,
    responses(
        (status = 200, description = "a grid of images", body = Vec<u8>, content_type = "image/png"),
        (status = 413, description = "the body is too long", body = ErrorBody),
        (status = 415, description = "the body is compressed, or its Content-Type is not JSON", body = ErrorBody),
        (status = 422, description = "a value out of range, or an unknown key", body = ErrorBody),
        (status = 429, description = "too many requests wait", body = ErrorBody),
        (status = 503, description = "timeout, or the server is shutting down", body = ErrorBody),
    )
)]
pub async fn generate(
    State(endpoint): State<Arc<GenerateEndpoint>>,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let GenerateEndpoint { service, queue, shape, latent } = &*endpoint;
    let request: GenerateRequest = read_json(request, service.limits.body, EXAMPLE).await?;
    request.check(*latent)?;
    let count = request.count;
    let pixels = queue.submit(vec![request]).await?.concat();
    // As square as whole rows allow.
    let columns = (1..count).find(|side| side * side >= count).unwrap_or(count);
    let png = Bitmap::grid(&pixels, *shape, columns).to_png();
    Ok(([(header::CONTENT_TYPE, "image/png")], png))
}

/// Pixels of the images of each request, sampled in one forward pass.
fn sample(sampler: &Sampler, requests: &[GenerateRequest]) -> Vec<Vec<u8>> {
    let mut latents = Vec::new();
    for request in requests {
        for latent in
            sampler.numbers(request.seed, request.count).chunks_exact(sampler.latent_size())
        {
            let offset = request.offset.iter().copied().chain(std::iter::repeat(0.0));
            latents.extend(latent.iter().zip(offset).map(|(number, offset)| number + offset));
        }
    }
    let pixels = sampler.draw(&latents);
    let mut rest = pixels.as_slice();
    let mut take = |request: &GenerateRequest| {
        let (images, left) = rest.split_at(request.count * sampler.shape().pixels());
        rest = left;
        images.to_vec()
    };
    requests.iter().map(&mut take).collect()
}

/// A request for images of a generator.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = Wish)]
#[serde(deny_unknown_fields)]
pub struct GenerateRequest {
    /// Seed of the latent vectors.
    #[serde(default)]
    pub seed: u64,
    /// Number of images, 1 to 64.
    #[serde(default = "one")]
    pub count: usize,
    /// Offset of every image's latent vector, axis by axis, each from -10 to 10; 0 for the axes that are left
    /// out.
    #[serde(default)]
    pub offset: Vec<f32>,
}

fn one() -> usize {
    1
}

impl GenerateRequest {
    /// Checks the request against a generator with `latent` axes.
    ///
    /// # Errors
    /// 422 for a value out of range.
    pub fn check(&self, latent: usize) -> Result<(), ApiError> {
        let Self { count, offset, .. } = self;
        if !(1..=MAX_IMAGES).contains(count) {
            return Err(ApiError::unprocessable(format!(
                "count is {count}; allowed: 1 to {MAX_IMAGES}"
            )));
        }
        if offset.len() > latent {
            let found = offset.len();
            let reason = format!("offset has {found} numbers; there are {latent} axes");
            return Err(ApiError::unprocessable(reason));
        }
        if !offset.iter().all(|offset| offset.abs() <= MAX_OFFSET) {
            return Err(ApiError::unprocessable(format!(
                "offset must be from -{MAX_OFFSET} to {MAX_OFFSET}"
            )));
        }
        Ok(())
    }
}
