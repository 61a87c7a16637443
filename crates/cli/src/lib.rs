//! Deep-learning models from a TOML file, inside another program.
//!
//! A run, or an export of one, is a value that any thread may use:
//!
//! ```no_run
//! # fn main() -> Result<(), hearth::TrainError> {
//! let predictor = hearth::ImagePredictor::open("runs/mlp-001")?;
//! let guesses = predictor.predict_file("shirt.png")?;
//! println!("{} {:.4}", guesses[0].class, guesses[0].probability);
//! # Ok(())
//! # }
//! ```
//!
//! | item | subject |
//! | --- | --- |
//! | [`RawConfig`], [`Config`] | the settings of a TOML file, raw and checked |
//! | [`train()`], [`Job`], [`Event`], [`Outcome`] | a training run, its events and its results |
//! | [`ImagePredictor`], [`RowPredictor`], [`TextPredictor`], [`Sampler`] | classes of images, predictions for rows of a table, translations, generated images |
//! | [`open_predictor`], [`Predictor`], [`Schema`], [`Input`], [`Output`] | predictions of any run or export, by the form of its inputs |
//! | [`read_image`], [`to_pixels`], [`tables`] | images and rows as inputs |
//! | [`register_environment`], [`environments`], [`AgentPlayer`] | agents in a simulator of the program's own |
//! | [`evaluate_run`], [`Evaluation`], [`Report`] | the results of a finished run |
//! | [`export()`], [`Export`], [`Format`] | ONNX, safetensors and burnpack, checked |
//! | [`Backend`] | the CPU or a graphics card |
//!
//! Features: `flex` (default), `ndarray` and `wgpu` are backends; `program` and `serve` belong to the command line and
//! may be left out (`default-features = false`).

pub use hearth_config::{Config, RawConfig};
pub use hearth_data::{ImageShape, read_image, tables, to_pixels};
pub use hearth_environments as environments;
pub use hearth_export::{Export, Exported, Format, Part};
pub use hearth_report::{
    Alignment, Guess, Input, InputSchema, Output, OutputSchema, Predictor, Report, Schema,
    TextInput, Translation,
};
pub use hearth_tasks::{
    AgentPlayer, Evaluation, ImagePredictor, RowPredictor, Sampler, TextPredictor, evaluate_run,
    export, image, open_predictor, register_environment, train,
};
pub use hearth_train::{
    Backend, CheckpointSelector, Event, Job, Outcome, RunTarget, Split, StopReason, TrainError,
};
