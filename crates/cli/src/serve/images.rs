//! Images in, their classes out.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use hearth_data::PictureShape;
use hearth_train::{Guess, Predictor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::api;
use super::body::images::{Received, decode, pictures};
use super::generate;
use super::queue::Queue;
use super::refusal::{Refusal, Refused};
use super::service::{Network, Service, Work};

/// The document of servers that take or make images.
#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "A trained network behind HTTP"),
    paths(api::model, predict, generate::generated, api::health, api::measured)
)]
pub struct Document;

/// Where a classifier is asked.
struct Endpoint {
    service: Arc<Service>,
    queue: Queue<Vec<u8>, Vec<Guess>>,
    shape: PictureShape,
}

impl Network for Predictor {
    fn unit(&self) -> &'static str {
        "pictures"
    }

    fn document(&self) -> utoipa::openapi::OpenApi {
        Document::openapi()
    }

    fn start<'a>(&'a self, service: &Arc<Service>) -> (Router, Work<'a>) {
        let (queue, worker) = service.queue();
        let endpoint = Endpoint { service: Arc::clone(service), queue, shape: self.shape() };
        let routes =
            Router::new().route("/v1/predict", post(predict)).with_state(Arc::new(endpoint));
        let batches = service.metrics.batches.clone();
        let work = move || {
            worker.run(|images: Vec<Vec<u8>>| {
                batches.observe(images.len() as f64);
                let probabilities = self.probabilities(images.concat());
                probabilities.iter().map(|row| self.ranked(row)).collect()
            });
        };
        (routes, Box::new(work))
    }
}

/// How a picture is looked at, and how much is told of it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Ask {
    /// How many classes to tell, the most probable first; 0 for all.
    top: usize,
    /// Turn dark into light first: for dark things on a light ground, where the network was trained on
    /// light things on a dark one.
    invert: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self { top: 3, invert: false }
    }
}

/// What the pictures of a request show, in their order.
#[derive(Serialize, ToSchema)]
struct Predictions {
    predictions: Vec<Prediction>,
}

/// What a picture shows.
#[derive(Serialize, ToSchema)]
struct Prediction {
    /// The name of its file, where the form gave one.
    file: Option<String>,
    /// The most probable classes.
    top: Vec<Likely>,
}

/// A class, and how probable it is.
#[derive(Serialize, ToSchema)]
pub struct Likely {
    /// Its name.
    class: String,
    /// Its place among all classes.
    index: usize,
    /// From 0 to 1.
    probability: f64,
}

impl From<Guess> for Likely {
    fn from(Guess { class, index, probability }: Guess) -> Self {
        Self { class, index, probability }
    }
}

/// A form of pictures.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it stands in the document")]
struct Form {
    /// At most 64 files, whatever the names of their fields. Other texts in the form are left out.
    #[schema(value_type = Vec<String>, format = Binary)]
    picture: Vec<u8>,
    /// The same as in the query, and in one of the two places.
    top: Option<usize>,
    /// The same as in the query, and in one of the two places.
    invert: Option<bool>,
}

/// Names what pictures show. The body is one picture, in any format that Hearth reads, or a form of up to
/// 64 of them.
#[utoipa::path(
    post,
    path = "/v1/predict",
    params(Ask),
    request_body(content((Vec<u8> = "image/*"), (Form = "multipart/form-data"))),
    responses(
        (status = 200, body = Predictions),
        (status = 400, description = "a parameter is unknown or wrong", body = Refused),
        (status = 413, description = "the body is too long, or the pictures too many", body = Refused),
        (status = 415, description = "the body is compressed, or of another media type", body = Refused),
        (status = 422, description = "not a picture that can be read, or too large", body = Refused),
        (status = 429, description = "too many requests wait", body = Refused),
        (status = 503, description = "it took too long, or the server is ending", body = Refused),
    )
)]
async fn predict(
    State(endpoint): State<Arc<Endpoint>>,
    ask: Result<Query<Ask>, QueryRejection>,
    request: Request,
) -> Result<Json<Predictions>, Refusal> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let wrong = |typed: &str| Refusal::new(StatusCode::BAD_REQUEST, parameter(typed));
    let Query(mut ask) = ask.map_err(|_| wrong(&query))?;
    let Endpoint { service, queue, shape } = &*endpoint;
    let Received { pictures: sent, fields } = pictures(request, service.limits.body).await?;
    for (name, value) in fields {
        let typed = format!("{name}={}", value.trim());
        let is_double = query.split('&').any(|part| part.split('=').next() == Some(name.as_str()));
        match name.as_str() {
            "top" | "invert" if is_double => return Err(wrong("")),
            "top" => ask.top = value.trim().parse().map_err(|_| wrong(&typed))?,
            "invert" => ask.invert = value.trim().parse().map_err(|_| wrong(&typed))?,
            _ => {}
        }
    }
    let (shape, bounds) = (*shape, service.limits.picture);
    let decode = move |is_waited_for: &dyn Fn() -> bool| {
        let pixels = decode(&sent, shape, ask.invert, bounds, is_waited_for)?;
        let files: Vec<_> = sent.into_iter().map(|picture| picture.file).collect();
        Ok((files, pixels))
    };
    let (files, pixels) = service.decode(decode).await?;
    let guesses = queue.ask(pixels).await?;
    let told = if ask.top == 0 { usize::MAX } else { ask.top };
    let predictions = files.into_iter().zip(guesses).map(|(file, guesses)| Prediction {
        file,
        top: guesses.into_iter().take(told).map(Likely::from).collect(),
    });
    Ok(Json(Predictions { predictions: predictions.collect() }))
}

/// What may be asked, and what of this cannot be.
fn parameter(query: &str) -> String {
    const KNOWN: &str =
        "a query may have top, a whole number with 0 for all classes, and invert, true or false";
    let good = |part: &&str| match part.split_once('=') {
        Some(("top", value)) => value.parse::<usize>().is_ok(),
        Some(("invert", value)) => value.parse::<bool>().is_ok(),
        _ => false,
    };
    match query.split('&').find(|part| !part.is_empty() && !good(part)) {
        Some(part) => format!("{KNOWN}; `{part}` is not one of these"),
        None => format!("{KNOWN}; each of them once"),
    }
}
