//! The lines of metrics.jsonl.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::task::scalars::Scalars;

/// A line of metrics.jsonl about the training steps since the last one: mean results, learning rate, L2 norm of the
/// last gradients before clipping, speed, and seconds since the process began to train.
#[derive(Serialize)]
pub(crate) struct TrainLine {
    pub kind: &'static str,
    pub step: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<f64>,
    #[serde(flatten)]
    pub results: Scalars,
    pub learning_rate: f64,
    pub gradient_norm: f64,
    pub samples_per_second: f64,
    pub seconds: f64,
}

/// A line of metrics.jsonl with a note in words.
#[derive(Serialize)]
pub(crate) struct NoteLine<'a> {
    pub kind: &'static str,
    pub step: u64,
    pub text: &'a str,
}

/// A line of metrics.jsonl with the results of an evaluation on a split.
#[derive(Serialize)]
pub(crate) struct ReportLine<'a> {
    pub kind: &'a str,
    pub step: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<f64>,
    #[serde(flatten)]
    pub results: Scalars,
    #[serde(flatten)]
    pub logged: Map<String, Value>,
    pub seconds: f64,
}
