//! `POST /v1/predict` of a translator of texts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router};
use hearth_report::{Input, TextInput, Translation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PredictionQueue;
use crate::serve::body::json::read_json;
use crate::serve::error::{ApiError, ErrorBody};
use crate::serve::service::Service;

/// Maximum number of texts in one request.
const MAX_TEXTS: usize = 64;

/// Maximum number of characters of a text.
const MAX_CHARACTERS: usize = 2000;

/// A body, for errors.
const EXAMPLE: &str = "{\"texts\": [\"a text\"], \"beam\": 4}";

/// State of the route.
pub struct TextEndpoint {
    service: Arc<Service>,
    queue: PredictionQueue,
}

/// The route of a translator.
pub fn routes(service: &Arc<Service>, queue: PredictionQueue) -> Router {
    let endpoint = TextEndpoint { service: Arc::clone(service), queue };
    Router::new().route("/v1/predict", post(predict)).with_state(Arc::new(endpoint))
}

/// Texts to translate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentTexts {
    /// 1 to 64 texts of at most 2,000 characters.
    texts: Vec<String>,
    /// Hypotheses of the beam search, and translations of each text: 1 to 64; 4 by default.
    #[serde(default = "default_beam")]
    beam: usize,
    /// True if the weights of the attention are wanted.
    #[serde(default)]
    attention: bool,
}

fn default_beam() -> usize {
    TextInput::BEAM
}

/// The translations of the texts of a request, in their order.
#[derive(Serialize, ToSchema)]
pub struct TranslatedTexts {
    predictions: Vec<TranslatedText>,
}

/// The translations of a text.
#[derive(Serialize, ToSchema)]
struct TranslatedText {
    /// The text.
    text: String,
    /// The translations, the best one first: `text`, `score`, and `attention` with the tokens of `source` and `target`
    /// and their `weights`.
    #[schema(value_type = Vec<serde_json::Value>)]
    translations: Vec<Translation>,
}

/// Translates texts.
#[utoipa::path(
    post,
    path = "/v1/predict",
    request_body = SentTexts,
    responses(
        (status = 200, body = TranslatedTexts),
        (status = 413, description = "the body is too long", body = ErrorBody),
        (status = 415, description = "the body is compressed, or its Content-Type is not JSON", body = ErrorBody),
        (status = 422, description = "no texts, too many or too long ones, or an unknown key", body = ErrorBody),
        (status = 429, description = "too many requests wait", body = ErrorBody),
        (status = 503, description = "timeout, or the server is shutting down", body = ErrorBody),
    )
)]
pub async fn predict(
    State(endpoint): State<Arc<TextEndpoint>>,
    request: Request,
) -> Result<Json<TranslatedTexts>, ApiError> {
    let TextEndpoint { service, queue } = &*endpoint;
    let sent: SentTexts = read_json(request, service.limits.body, EXAMPLE).await?;
    sent.check()?;
    let SentTexts { texts, beam, attention } = sent;
    let input = |text: &String| Input::Text(TextInput { text: text.clone(), beam, attention });
    let outputs = queue.submit(texts.iter().map(input).collect()).await?;
    let predictions = texts.into_iter().zip(outputs).map(|(text, output)| TranslatedText {
        text,
        translations: output.translations().unwrap_or_default(),
    });
    Ok(Json(TranslatedTexts { predictions: predictions.collect() }))
}

impl SentTexts {
    /// # Errors
    /// 422 for a number out of its range.
    fn check(&self) -> Result<(), ApiError> {
        let count = self.texts.len();
        if !(1..=MAX_TEXTS).contains(&count) {
            let reason = format!("there are {count} texts; allowed: 1 to {MAX_TEXTS}");
            return Err(ApiError::unprocessable(reason));
        }
        if !(1..=TextInput::MAX_BEAM).contains(&self.beam) {
            let reason = format!("beam is {}; allowed: 1 to {}", self.beam, TextInput::MAX_BEAM);
            return Err(ApiError::unprocessable(reason));
        }
        let length = |text: &String| text.chars().take(MAX_CHARACTERS + 1).count();
        match self.texts.iter().position(|text| length(text) > MAX_CHARACTERS) {
            Some(place) => Err(ApiError::unprocessable(format!(
                "text {} is longer than {MAX_CHARACTERS} characters",
                place + 1
            ))),
            None => Ok(()),
        }
    }
}
