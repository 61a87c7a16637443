//! `[data] kind = "fashion-mnist"`, `"fashion-mnist-mini"` and `"mnist"`: images of the catalog, which have no settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Samples, SourceSettings};

/// A kind of the catalog, which has no settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogConfig {}

impl SourceSettings for CatalogConfig {
    fn samples(&self) -> Samples {
        Samples::Images { size: Some(28), channels: Some(1) }
    }
}
