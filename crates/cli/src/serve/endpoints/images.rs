//! `POST /v1/predict` of a classifier of images.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use hearth_data::ImageShape;
use hearth_report::{Guess, Input};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PredictionQueue;
use crate::serve::body::images::{ImageBody, decode, read_images};
use crate::serve::error::{ApiError, ErrorBody};
use crate::serve::service::Service;

/// State of the route.
pub struct ImageEndpoint {
    service: Arc<Service>,
    queue: PredictionQueue,
    shape: ImageShape,
}

/// The route of a network that takes images of this shape.
pub fn routes(service: &Arc<Service>, queue: PredictionQueue, shape: ImageShape) -> Router {
    let endpoint = ImageEndpoint { service: Arc::clone(service), queue, shape };
    Router::new().route("/v1/predict", post(predict)).with_state(Arc::new(endpoint))
}

/// The query of a request.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ImageQuery {
    /// Number of classes to list, the most probable first; 0 for all.
    top: usize,
    /// Invert light and dark first: for dark objects on a light background, where the network was trained on
    /// light objects on a dark one.
    invert: bool,
}

impl Default for ImageQuery {
    fn default() -> Self {
        Self { top: 3, invert: false }
    }
}

/// Predictions for the images of a request, in their order.
#[derive(Serialize, ToSchema)]
pub struct Predictions {
    predictions: Vec<Prediction>,
}

/// The prediction for an image.
#[derive(Serialize, ToSchema)]
struct Prediction {
    /// The file's name, where the form has one.
    file: Option<String>,
    /// The most probable classes.
    top: Vec<ClassScore>,
}

/// A class and its probability.
#[derive(Serialize, ToSchema)]
#[schema(as = Likely)]
pub struct ClassScore {
    /// The class's name.
    class: String,
    /// The class's index, from 0.
    index: usize,
    /// Probability, from 0 to 1.
    probability: f64,
}

impl From<Guess> for ClassScore {
    fn from(Guess { class, index, probability }: Guess) -> Self {
        Self { class, index, probability }
    }
}

/// A form of images.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Form {
    /// At most 64 files, under any field names. Other text fields are ignored.
    #[schema(value_type = Vec<String>, format = Binary)]
    picture: Vec<u8>,
    /// As in the query; an error if given in both.
    top: Option<usize>,
    /// As in the query; an error if given in both.
    invert: Option<bool>,
}

/// Predicts the classes of images. The body is one image, in any supported format, or a form of up to 64 of
/// them.
#[utoipa::path(
    post,
    path = "/v1/predict",
    params(ImageQuery),
    request_body(content((Vec<u8> = "image/*"), (Form = "multipart/form-data"))),
    responses(
        (status = 200, body = Predictions),
        (status = 400, description = "a parameter is unknown or wrong", body = ErrorBody),
        (status = 413, description = "the body is too long, or the images too many", body = ErrorBody),
        (status = 415, description = "the body is compressed, or of another media type", body = ErrorBody),
        (status = 422, description = "not a readable image, or too large", body = ErrorBody),
        (status = 429, description = "too many requests wait", body = ErrorBody),
        (status = 503, description = "timeout, or the server is shutting down", body = ErrorBody),
    )
)]
pub async fn predict(
    State(endpoint): State<Arc<ImageEndpoint>>,
    query: Result<Query<ImageQuery>, QueryRejection>,
    request: Request,
) -> Result<Json<Predictions>, ApiError> {
    let typed = request.uri().query().unwrap_or_default().to_owned();
    let wrong = |typed: &str| ApiError::new(StatusCode::BAD_REQUEST, invalid_query(typed));
    let Query(mut query) = query.map_err(|_| wrong(&typed))?;
    let ImageEndpoint { service, queue, shape } = &*endpoint;
    let ImageBody { images: uploads, fields } = read_images(request, service.limits.body).await?;
    for (name, value) in fields {
        let field = format!("{name}={}", value.trim());
        let is_double = typed.split('&').any(|part| part.split('=').next() == Some(name.as_str()));
        match name.as_str() {
            "top" | "invert" if is_double => return Err(wrong("")),
            "top" => query.top = value.trim().parse().map_err(|_| wrong(&field))?,
            "invert" => query.invert = value.trim().parse().map_err(|_| wrong(&field))?,
            _ => {}
        }
    }
    let (shape, bounds) = (*shape, service.limits.image);
    let decode = move |is_waited_for: &dyn Fn() -> bool| {
        let pixels = decode(&uploads, shape, query.invert, bounds, is_waited_for)?;
        let files: Vec<_> = uploads.into_iter().map(|upload| upload.file).collect();
        Ok((files, pixels))
    };
    let (files, pixels) = service.decode(decode).await?;
    let outputs = queue.submit(pixels.into_iter().map(Input::Image).collect()).await?;
    let predictions = files.into_iter().zip(outputs).map(|(file, output)| {
        let top = output.top(query.top).expect("a network on images names classes");
        Prediction { file, top: top.into_iter().map(ClassScore::from).collect() }
    });
    Ok(Json(Predictions { predictions: predictions.collect() }))
}

/// The error of a query: the allowed parameters, and the first that is wrong.
fn invalid_query(query: &str) -> String {
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
