//! Routes of every server: page, model description, health, metrics and `OpenAPI` document.

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

use super::error::{ApiError, ErrorBody};
use super::metrics::OpenRequest;
use super::model::Model;
use super::service::Service;

/// The page's content security policy: inline scripts and styles, connections to this server alone.
const POLICY: &str = "default-src 'none'; img-src blob: data: 'self'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

/// Paths other than that of the page.
const PATHS: [&str; 6] =
    ["/v1/model", "/healthz", "/metrics", "/openapi.json", "/v1/predict", "/v1/generate"];

/// The router of all requests; `routes` are those of the network.
pub fn router(service: Arc<Service>, routes: Router) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/v1/model", get(model))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .with_state(Arc::clone(&service))
        .merge(routes)
        .fallback(|uri: Uri| async move {
            let path = uri.path().trim_end_matches('/');
            let reason = if PATHS.contains(&path) && path != uri.path() {
                format!("write {path} without a slash at its end; see /openapi.json")
            } else {
                "see /openapi.json".to_owned()
            };
            ApiError::new(StatusCode::NOT_FOUND, reason)
        })
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "see /openapi.json")
        })
        .layer(DefaultBodyLimit::max(service.limits.body))
        .layer(from_fn_with_state(service, limit_and_count))
}

/// Counts a request, and answers 503 once it has taken longer than the limit.
async fn limit_and_count(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let open = OpenRequest::new(&service.metrics);
    let longest = service.limits.timeout;
    let response = timeout(longest, next.run(request)).await.unwrap_or_else(|_| {
        let reason = format!("the request took longer than {} s", longest.as_secs_f64());
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
    });
    drop(open);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    service.metrics.count(route, response.status().as_u16(), begun.elapsed());
    response
}

async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("page.html")))
}

/// Description of the served network.
#[utoipa::path(get, path = "/v1/model", responses((status = 200, body = Model)))]
pub async fn model(State(service): State<Arc<Service>>) -> Json<Model> {
    Json(service.model.clone())
}

/// State of the server.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
}

/// State of the server: 503 while it shuts down.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, body = Health), (status = 503, body = ErrorBody))
)]
pub async fn health(State(service): State<Arc<Service>>) -> Result<Json<Health>, ApiError> {
    if service.is_shutting_down() {
        return Err(ApiError::shutting_down());
    }
    Ok(Json(Health { status: "ok" }))
}

/// Counters and histograms for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "measured",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
pub async fn metrics(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], service.metrics.text())
}

async fn openapi(State(service): State<Arc<Service>>) -> Json<utoipa::openapi::OpenApi> {
    Json(service.document.clone())
}
