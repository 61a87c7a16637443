//! Images that a generator makes.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, RequestExt as _, Router};
use hearth_data::PictureShape;
use hearth_train::Sampler;
use hearth_train::pictures::Picture;
use serde::Deserialize;
use utoipa::{OpenApi as _, ToSchema};

use super::body::media::{check_encoding, in_small_letters};
use super::images::Document;
use super::queue::Queue;
use super::refusal::{Refusal, Refused};
use super::service::{Network, Service, Work};

/// The most pictures of a generator in one request.
const MOST_MADE: usize = 64;

/// The furthest that a picture is moved along one axis: normal numbers do not go there.
const FURTHEST: f32 = 10.0;

/// Where a generator is asked.
pub struct Endpoint {
    service: Arc<Service>,
    queue: Queue<Wish, Vec<u8>>,
    shape: PictureShape,
    latent: usize,
}

impl Network for Sampler {
    fn unit(&self) -> &'static str {
        "pictures"
    }

    fn document(&self) -> utoipa::openapi::OpenApi {
        Document::openapi()
    }

    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>) {
        let (queue, worker) = service.queue();
        let (shape, latent) = (self.shape(), self.latent_size());
        let endpoint = Endpoint { service: Arc::clone(service), queue, shape, latent };
        let routes =
            Router::new().route("/v1/generate", post(generated)).with_state(Arc::new(endpoint));
        let batches = service.metrics.batches.clone();
        let work = move || {
            worker.run(|wishes: Vec<Wish>| {
                let made = generate(self, &wishes);
                let count: usize = wishes.iter().map(|wish| wish.count).sum();
                batches.observe(count as f64);
                made
            });
        };
        (routes, Box::new(work))
    }
}

/// Makes pictures, and gives them in one grid.
#[utoipa::path(
    post,
    path = "/v1/generate",
    request_body = Wish,
    responses(
        (status = 200, description = "a grid of pictures", body = Vec<u8>, content_type = "image/png"),
        (status = 413, description = "the body is too long", body = Refused),
        (status = 415, description = "the body is compressed, or not said to be JSON", body = Refused),
        (status = 422, description = "not what a generator can be asked", body = Refused),
        (status = 429, description = "too many requests wait", body = Refused),
        (status = 503, description = "it took too long, or the server is ending", body = Refused),
    )
)]
pub async fn generated(
    State(endpoint): State<Arc<Endpoint>>,
    mut request: Request,
) -> Result<impl IntoResponse, Refusal> {
    check_encoding(request.headers())?;
    in_small_letters(&mut request);
    let Endpoint { service, queue, shape, latent } = &*endpoint;
    let wish: Result<Json<Wish>, JsonRejection> = request.extract().await;
    let Json(wish) = wish.map_err(|fault| no_wish(&fault, service.limits.body))?;
    wish.check(*latent)?;
    let count = wish.count;
    let made = queue.ask(vec![wish]).await?.concat();
    // As square as whole rows allow.
    let columns = (1..count).find(|side| side * side >= count).unwrap_or(count);
    let png = Picture::grid(&made, *shape, columns).to_png();
    Ok(([(header::CONTENT_TYPE, "image/png")], png))
}

/// Why a body says nothing that can be made.
fn no_wish(fault: &JsonRejection, longest: usize) -> Refusal {
    if fault.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(fault.status(), format!("the body is longer than {longest} bytes"));
    }
    if fault.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        let reason =
            "the body is JSON, as {\"seed\": 7, \"count\": 16}, with Content-Type application/json";
        return Refusal::new(fault.status(), reason);
    }
    let text = fault.body_text();
    // Behind the library's words stands which key is wrong.
    let detail = text.rsplit_once("target type: ").map_or(text.as_str(), |(_, detail)| detail);
    Refusal::unfit(format!("the body is JSON, as {{\"seed\": 7, \"count\": 16}}: {detail}"))
}

/// The pixels of each wish's pictures.
fn generate(sampler: &Sampler, wishes: &[Wish]) -> Vec<Vec<u8>> {
    let mut numbers = Vec::new();
    for wish in wishes {
        for place in sampler.numbers(wish.seed, wish.count).chunks_exact(sampler.latent_size()) {
            let offset = wish.offset.iter().copied().chain(std::iter::repeat(0.0));
            numbers.extend(place.iter().zip(offset).map(|(number, offset)| number + offset));
        }
    }
    let pixels = sampler.draw(&numbers);
    let mut rest = pixels.as_slice();
    let mut take = |wish: &Wish| {
        let (made, left) = rest.split_at(wish.count * sampler.shape().pixels());
        rest = left;
        made.to_vec()
    };
    wishes.iter().map(&mut take).collect()
}

/// Pictures that are asked of a generator.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Other pictures for another number.
    #[serde(default)]
    pub seed: u64,
    /// How many, 1 to 64.
    #[serde(default = "one")]
    pub count: usize,
    /// What is added to the random numbers of every picture, axis by axis, each from -10 to 10; those
    /// that are not named stay.
    #[serde(default)]
    pub offset: Vec<f32>,
}

fn one() -> usize {
    1
}

impl Wish {
    /// Refuses what a generator of so many axes cannot be asked.
    pub fn check(&self, latent: usize) -> Result<(), Refusal> {
        let Self { count, offset, .. } = self;
        if !(1..=MOST_MADE).contains(count) {
            return Err(Refusal::unfit(format!("count is {count}; allowed: 1 to {MOST_MADE}")));
        }
        if offset.len() > latent {
            let found = offset.len();
            let reason = format!("offset has {found} numbers; there are {latent} axes");
            return Err(Refusal::unfit(reason));
        }
        if !offset.iter().all(|offset| offset.abs() <= FURTHEST) {
            return Err(Refusal::unfit(format!("offset must be from -{FURTHEST} to {FURTHEST}")));
        }
        Ok(())
    }
}
