//! Does a backend learn on this machine?

use std::sync::Arc;

use hearth_config::seed::{Purpose, Stream};
use hearth_config::{ModelConfig, RawConfig};
use hearth_data::{Examples, Normalization, PictureShape, Splits, Subset};

use crate::backend::Backend;
use crate::error::TrainError;
use crate::task::Task;
use crate::tasks::Classify;

const CONFIG: &str = r#"
format = 1
[run]
name = "doctor"
[data]
kind = "fashion-mnist-mini"
batch_size = 64
[model]
kind = "mlp"
hidden = [32]
[optimizer]
kind = "sgd"
learning_rate = 0.1
[train]
epochs = 1
"#;

/// Trains two steps of a small network on the same 64 random pictures, and gives both losses.
/// A second loss that is not below the first is an error.
pub fn two_steps(backend: Backend) -> Result<[f64; 2], TrainError> {
    let config = RawConfig::parse("doctor.toml", CONFIG.into())?.check()?;
    let shape = PictureShape { channels: 1, height: 28, width: 28 };
    let mut stream = Stream::new(0, Purpose::Order, 0, 0);
    let examples = Arc::new(Examples {
        pixels: (0..64 * shape.pixels()).map(|_| stream.below(256) as u8).collect(),
        labels: (0..64).map(|index| index % 10).collect(),
        shape,
    });
    let all = Subset::all(examples);
    let normalization = Normalization::of(&all);
    let splits = Splits { train: all.clone(), valid: all.clone(), test: all };
    let classes = (0..10).map(|class| class.to_string()).collect();
    let ModelConfig::Classifier(network) = &config.model else { unreachable!("it says mlp") };
    let device = backend.device();
    let mut task = Classify::new(&config, network, splits, classes, &normalization, &device)?;
    let mut losses = [0.0; 2];
    for (step, loss) in losses.iter_mut().enumerate() {
        let proposed = task.compute(step as u64, config.optimizer.rule.update.learning_rate)?;
        *loss = proposed.sums.mean("loss").unwrap_or(f64::NAN);
        task.apply(proposed);
    }
    if losses[1] < losses[0] {
        Ok(losses)
    } else {
        Err(TrainError::Settings(format!(
            "{backend} does not learn: its loss went from {} to {}",
            losses[0], losses[1]
        )))
    }
}
