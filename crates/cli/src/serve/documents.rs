//! `OpenAPI` documents of the servers.

use utoipa::OpenApi;

use super::api;
use super::endpoints::{generate, images, rows, texts};

/// `OpenAPI` document of servers for images.
#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "A trained network behind HTTP"),
    paths(api::model, images::predict, generate::generate, api::health, api::metrics)
)]
struct ImageDocument;

/// `OpenAPI` document of servers for rows.
#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "A trained network behind HTTP"),
    paths(api::model, rows::predict, api::health, api::metrics)
)]
struct RowDocument;

/// `OpenAPI` document of servers for texts.
#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "A trained network behind HTTP"),
    paths(api::model, texts::predict, api::health, api::metrics)
)]
struct TextDocument;

/// The document of servers for images.
pub fn images() -> utoipa::openapi::OpenApi {
    ImageDocument::openapi()
}

/// The document of servers for rows.
pub fn rows() -> utoipa::openapi::OpenApi {
    RowDocument::openapi()
}

/// The document of servers for texts.
pub fn texts() -> utoipa::openapi::OpenApi {
    TextDocument::openapi()
}
