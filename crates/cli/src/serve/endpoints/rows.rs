//! `POST /v1/predict` of a network for rows of a table.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, RequestExt as _, Router};
use hearth_data::tables::{Coding, Target};
use hearth_report::Input;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PredictionQueue;
use super::images::ClassScore;
use crate::serve::body::media::{check_encoding, media_type};
use crate::serve::body::rows::{example, read_rows};
use crate::serve::error::{ApiError, ErrorBody};
use crate::serve::service::Service;

/// Default number of classes listed for a row.
const DEFAULT_TOP: usize = 3;

/// State of the route.
pub struct RowEndpoint {
    service: Arc<Service>,
    queue: PredictionQueue,
    coding: Arc<Coding>,
}

/// The route of a network that takes rows of this coding.
pub fn routes(service: &Arc<Service>, queue: PredictionQueue, coding: &Coding) -> Router {
    let coding = Arc::new(coding.clone());
    let endpoint = RowEndpoint { service: Arc::clone(service), queue, coding };
    Router::new().route("/v1/predict", post(predict)).with_state(Arc::new(endpoint))
}

/// The query of a request.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RowQuery {
    /// Number of classes to list, the most probable first: 0 for all, 3 by default. Of classifiers only.
    top: Option<usize>,
}

/// Rows of a table.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct SentRows {
    /// 1 to 1,024 rows: for each column of `/v1/model` a number or a text, or null where it is missing.
    #[schema(value_type = Vec<HashMap<String, serde_json::Value>>)]
    rows: Vec<HashMap<String, serde_json::Value>>,
}

/// The predictions for the rows of a request, in their order.
#[derive(Serialize, ToSchema)]
pub struct PredictedRows {
    predictions: Vec<PredictedRow>,
}

/// The prediction for a row: classes or a number.
#[derive(Serialize, ToSchema)]
struct PredictedRow {
    /// The number of the row, from 1.
    row: usize,
    /// The most probable classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<Vec<ClassScore>>,
    /// The number, in the target's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    /// Columns whose value is not in the training rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<String>,
}

/// Predicts the target of rows.
#[utoipa::path(
    post,
    path = "/v1/predict",
    params(RowQuery),
    request_body = SentRows,
    responses(
        (status = 200, body = PredictedRows),
        (status = 400, description = "a parameter is unknown or wrong", body = ErrorBody),
        (status = 413, description = "the body is too long", body = ErrorBody),
        (status = 415, description = "the body is compressed, or its Content-Type is not JSON", body = ErrorBody),
        (status = 422, description = "not rows of these columns, or too many", body = ErrorBody),
        (status = 429, description = "too many requests wait", body = ErrorBody),
        (status = 503, description = "timeout, or the server is shutting down", body = ErrorBody),
    )
)]
pub async fn predict(
    State(endpoint): State<Arc<RowEndpoint>>,
    query: Result<Query<RowQuery>, QueryRejection>,
    request: Request,
) -> Result<Json<PredictedRows>, ApiError> {
    let RowEndpoint { service, queue, coding } = &*endpoint;
    let top = num_classes(query, &coding.target)?;
    let body = read_body(request, service.limits.body, coding).await?;
    let coding = Arc::clone(coding);
    let mut sent = service.decode(move |_| read_rows(&body, &coding)).await?;
    let unseen: Vec<_> = sent.iter_mut().map(|row| std::mem::take(&mut row.unseen)).collect();
    let outputs = queue.submit(sent.into_iter().map(Input::Row).collect()).await?;
    let outputs = outputs.into_iter().zip(unseen).enumerate();
    let predictions = outputs.map(|(place, (output, unseen))| PredictedRow {
        row: place + 1,
        value: output.number(),
        top: output.top(top).map(|top| top.into_iter().map(ClassScore::from).collect()),
        unseen: unseen.into_iter().map(|(column, _)| column).collect(),
    });
    Ok(Json(PredictedRows { predictions: predictions.collect() }))
}

/// Number of classes to list for a row, and 0 for all.
fn num_classes(
    query: Result<Query<RowQuery>, QueryRejection>,
    target: &Target,
) -> Result<usize, ApiError> {
    let reason = match (query, target) {
        (Ok(Query(RowQuery { top })), Target::Classes { .. }) => {
            return Ok(top.unwrap_or(DEFAULT_TOP));
        }
        (Ok(Query(RowQuery { top: None })), Target::Number { .. }) => return Ok(0),
        (_, Target::Number { .. }) => "a query has no parameter here: a number is predicted",
        (Err(_), Target::Classes { .. }) => {
            "a query may have top, a whole number with 0 for all classes, once"
        }
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, reason))
}

/// Reads a body of JSON.
async fn read_body(request: Request, longest: usize, coding: &Coding) -> Result<Bytes, ApiError> {
    check_encoding(request.headers())?;
    let kind = media_type(request.headers()).unwrap_or_default();
    if kind != "application/json" {
        let reason =
            format!("the body is JSON, as {}, with Content-Type application/json", example(coding));
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    }
    request.extract().await.map_err(|rejection: BytesRejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(status, format!("the body is longer than {longest} bytes"))
        }
        _ => ApiError::unprocessable(rejection.body_text()),
    })
}
