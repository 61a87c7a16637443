//! What is answered of any network, besides what it computes.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::metrics::Open;
use super::refusal::{Refusal, Refused};
use super::served::Model;
use super::service::Service;

/// Scripts and styles are the page's own, and it talks to nobody else.
const POLICY: &str = "default-src 'none'; img-src blob: data: 'self'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

/// What is answered besides the page.
const PATHS: [&str; 6] =
    ["/v1/model", "/healthz", "/metrics", "/openapi.json", "/v1/predict", "/v1/generate"];

/// Everything that is answered: `routes` are the network's own.
pub fn router(service: Arc<Service>, routes: Router) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/v1/model", get(model))
        .route("/healthz", get(health))
        .route("/metrics", get(measured))
        .route("/openapi.json", get(document))
        .with_state(Arc::clone(&service))
        .merge(routes)
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
        .layer(from_fn_with_state(service, watch))
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
pub async fn model(State(service): State<Arc<Service>>) -> Json<Model> {
    Json(service.model.clone())
}

/// Whether requests are answered.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether requests are answered.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, body = Health), (status = 503, body = Refused))
)]
pub async fn health(State(service): State<Arc<Service>>) -> Result<Json<Health>, Refusal> {
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
pub async fn measured(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], service.metrics.text())
}

async fn document(State(service): State<Arc<Service>>) -> Json<utoipa::openapi::OpenApi> {
    Json(service.document.clone())
}
