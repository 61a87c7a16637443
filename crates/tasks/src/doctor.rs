//! A check that a backend learns: two steps on random images.

use std::time::Instant;

use hearth_config::RawConfig;
use hearth_config::seed::{Purpose, Stream};
use hearth_data::{Data, Examples, ImageShape, Images};
use hearth_train::backend::Backend;
use hearth_train::backend::scalar::Readback;
use hearth_train::error::TrainError;
use hearth_train::task::compute_step;
use hearth_train::task::step::StepSettings;
use serde::{Deserialize, Serialize};

use crate::registry::open_alone;

const CONFIG: &str = r#"
format = 2
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

/// The results of two steps.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TwoSteps {
    /// The loss of each step, in nats.
    pub losses: [f64; 2],
    /// The duration of each step; the first one includes one-time work such as compiling shaders.
    pub seconds: [f64; 2],
}

/// Trains a small network for two steps on the same 64 random images. A second loss that is not below the first is an
/// error.
pub fn two_steps(backend: Backend) -> Result<TwoSteps, TrainError> {
    let config = RawConfig::parse("doctor.toml", CONFIG.into())?.check()?;
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    let mut stream = Stream::new(0, Purpose::Order, 0, 0);
    let examples = Examples {
        pixels: (0..64 * shape.pixels()).map(|_| stream.below(256) as u8).collect(),
        labels: (0..64).map(|index| index % 10).collect(),
        shape,
        augment: None,
    };
    let classes = (0..10).map(|class| class.to_string()).collect();
    let data = Data::Images(Images::alike("random", examples, classes));
    let device = backend.device()?;
    let mut task = open_alone(&config, &data, &device)?;
    let steps = StepSettings::new(&config, &device)?;
    let (mut losses, mut seconds) = ([0.0; 2], [0.0; 2]);
    for (step, loss) in losses.iter_mut().enumerate() {
        let start = Instant::now();
        let learning_rate = config.optimizer.rule.update.learning_rate;
        let computed =
            compute_step(&mut *task, &steps, (step as u64, learning_rate), Readback::Immediate)?;
        *loss = computed.measured.mean("loss").unwrap_or(f64::NAN);
        task.apply(computed.change);
        device.sync().map_err(|error| TrainError::Device(format!("{backend}: {error}")))?;
        seconds[step] = start.elapsed().as_secs_f64();
    }
    if losses[1] < losses[0] {
        Ok(TwoSteps { losses, seconds })
    } else {
        Err(TrainError::Settings(format!(
            "{backend} does not learn: its loss went from {} to {}",
            losses[0], losses[1]
        )))
    }
}
