//! What can be asked, and the answers.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, MatchedPath, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, RequestExt as _, Router};
use hearth_train::Guess;
use hearth_train::pictures::Picture;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::body::{Received, decode, pictures};
use super::media::{check_encoding, in_small_letters};
use super::metrics::Open;
use super::refusal::{Refusal, Refused};
use super::served::Model;
use super::service::{Asks, Service, Wish};

/// Scripts and styles are the page's own, and it talks to nobody else.
const POLICY: &str = "default-src 'none'; img-src blob: data: 'self'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

/// What is answered besides the page.
const PATHS: [&str; 6] =
    ["/v1/model", "/healthz", "/metrics", "/openapi.json", "/v1/predict", "/v1/generate"];

/// Everything that is answered.
pub fn router(service: Arc<Service>) -> Router {
    let router = Router::new()
        .route("/", get(page))
        .route("/v1/model", get(model))
        .route("/healthz", get(health))
        .route("/metrics", get(measured))
        .route("/openapi.json", get(document));
    let router = match service.asks {
        Asks::Classifier(..) => router.route("/v1/predict", post(predict)),
        Asks::Generator(..) => router.route("/v1/generate", post(generated)),
    };
    router
        .fallback(|uri: Uri| async move {
            let path = uri.path().trim_end_matches('/');
            let reason = if PATHS.contains(&path) && path != uri.path() {
                format!("write {path} without a slash at its end; see /openapi.json")
            } else {
                "see /openapi.json".to_owned()
            };
            Refusal::new(StatusCode::NOT_FOUND, reason)
        })
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "see /openapi.json")
        })
        .layer(DefaultBodyLimit::max(service.limits.body))
        .layer(from_fn_with_state(Arc::clone(&service), watch))
        .with_state(service)
}

/// Ends what takes too long, and counts everything.
async fn watch(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let open = Open::new(&service.metrics);
    let longest = service.limits.timeout;
    let response = timeout(longest, next.run(request)).await.unwrap_or_else(|_| {
        let reason = format!("the request took longer than {} s", longest.as_secs_f64());
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
    });
    drop(open);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    service.metrics.count(route, response.status().as_u16(), begun.elapsed());
    response
}

async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("page.html")))
}

/// What is served.
#[utoipa::path(get, path = "/v1/model", responses((status = 200, body = Model)))]
async fn model(State(service): State<Arc<Service>>) -> Json<Model> {
    Json(service.model.clone())
}

/// Whether requests are answered.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether requests are answered.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, body = Health), (status = 503, body = Refused))
)]
async fn health(State(service): State<Arc<Service>>) -> Result<Json<Health>, Refusal> {
    if service.is_ending() {
        return Err(Refusal::ending());
    }
    Ok(Json(Health { status: "ok" }))
}

/// Counters and histograms for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
async fn measured(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], service.metrics.text())
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
struct Likely {
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
    State(service): State<Arc<Service>>,
    ask: Result<Query<Ask>, QueryRejection>,
    request: Request,
) -> Result<Json<Predictions>, Refusal> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let wrong = |typed: &str| Refusal::new(StatusCode::BAD_REQUEST, parameter(typed));
    let Query(mut ask) = ask.map_err(|_| wrong(&query))?;
    let Asks::Classifier(queue, shape) = &service.asks else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "this network makes pictures"));
    };
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
    // Held until decoding has ended, also when the request is given up meanwhile.
    let turn = Arc::clone(&service.decoders).acquire_owned().await;
    // Gone with the request.
    let waiting = Arc::new(());
    let waited_for = Arc::downgrade(&waiting);
    let decoding = tokio::task::spawn_blocking(move || {
        let is_waited_for = || waited_for.strong_count() > 0;
        let pixels = decode(&sent, shape, ask.invert, bounds, is_waited_for);
        drop(turn);
        let files: Vec<_> = sent.into_iter().map(|picture| picture.file).collect();
        pixels.map(|pixels| (files, pixels))
    });
    let decoded = decoding.await;
    drop(waiting);
    let (files, pixels) = decoded.map_err(|_| Refusal::unfit("the picture's decoder failed"))??;
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
async fn generated(
    State(service): State<Arc<Service>>,
    mut request: Request,
) -> Result<impl IntoResponse, Refusal> {
    check_encoding(request.headers())?;
    in_small_letters(&mut request);
    let wish: Result<Json<Wish>, JsonRejection> = request.extract().await;
    let Json(wish) = wish.map_err(|fault| no_wish(&fault, service.limits.body))?;
    let Asks::Generator(queue, shape, latent) = &service.asks else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "this network names what pictures show"));
    };
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

#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "A trained network behind HTTP"),
    paths(model, predict, generated, health, measured)
)]
struct Document;

async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
