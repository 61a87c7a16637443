//! Adversarial training: a generator learns images that a discriminator classifies as real (Goodfellow et al. 2014,
//! algorithm 1). The generator's update reuses the discriminator's last fake batch, as PyTorch's DCGAN tutorial does,
//! where algorithm 1 draws fresh noise.

use burn::module::{Module as _, Param};
use burn::tensor::{Device, Tensor};
use hearth_config::seed::Purpose;
use hearth_config::{AdversarialConfig, Config, GanConfig};
use hearth_data::{Batch, ImageShape, Loader, Normalization, Splits};
use hearth_model::params::{MapParam, is_statistic, map_params};
use hearth_model::{Discriminator, ForwardContext, Gan, Generator, gan};
use hearth_report::Report;
use hearth_store::StateDict;
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::learner::average;
use hearth_train::learner::state::{module_state, restore_module};
use hearth_train::learner::{TrainState, Update};
use hearth_train::task::batches::Batches;
use hearth_train::task::bitmap::Bitmap;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::scalars::Sums;
use hearth_train::task::step::StepContext;
use hearth_train::task::{Artifact, Opaque, Proposed, Split, Task, downcast};

use crate::features::FeatureEvaluator;
use crate::generate::loss::PairLoss;
use crate::images::ImageInput;
use crate::latent::{LatentStream, latent};
use sampler::sample;

mod export;
pub mod loss;
mod row;
pub mod sampler;

pub use row::ENTRY;
use row::evaluate_generator;

/// Images in a grid of samples, and in each of its rows.
const GRID: usize = 64;
const COLUMNS: usize = 8;

/// The scalar of the discriminator's loss.
const DISCRIMINATOR_LOSS: &str = "discriminator_loss";

/// The folder of a run that holds the grids of samples.
pub const SAMPLES: &str = "samples";

/// Normalises pixels as `pixel / 127.5 - 1`: from -1 to 1, the range of the generator's tanh.
pub fn normalization(channels: usize) -> Normalization {
    Normalization { mean: vec![0.5; channels], std: vec![0.5; channels] }
}

/// Trains a generator against a discriminator.
pub struct Adversarial {
    pair: Pair,
    /// The discriminator's learning rate, in units of the generator's.
    rate_ratio: f64,
    loss: PairLoss,
    settings: AdversarialConfig,
    batches: Batches,
    input: ImageInput,
    shape: ImageShape,
    latent_size: usize,
    evaluator: Option<FeatureEvaluator>,
    /// True if another classifier evaluated this run before it was resumed.
    evaluator_changed: bool,
    /// Consecutive steps with the discriminator's loss below [`PairLoss::won_below`].
    won_steps: u64,
    /// The device of training, with differentiation.
    device: Device,
    seed: u64,
}

/// The networks and their optimizers.
#[derive(Clone)]
pub struct Pair {
    generator: TrainState<Generator>,
    discriminator: TrainState<Discriminator>,
    /// The generator with the exponential moving average of its weights, without differentiation, where one is kept.
    average: Option<Generator>,
}

/// The result of a step, before it is applied.
pub struct Step {
    /// The discriminator after its steps.
    discriminator: TrainState<Discriminator>,
    generator: Update,
    learning_rate: f64,
    /// The number of the step, from 1.
    number: u64,
}

impl Adversarial {
    /// The task before its first step. Without an evaluator there are grids of samples and no evaluations.
    pub fn new(
        config: &Config,
        pair: &GanConfig,
        splits: &Splits,
        evaluator: Option<FeatureEvaluator>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let shape = splits.train.source.shape;
        let dims = [shape.channels, shape.height, shape.width];
        let training = device.clone().autodiff();
        let seed = config.run.seed;
        let batch_size = config.data().batches.batch_size;
        let loader = Loader::new(splits.train.clone(), batch_size, seed);
        let settings = config.adversarial.clone().expect("a checked config of a pair");
        let Gan { generator, discriminator } = Gan::new(pair, dims, seed, &training)?;
        let rule = &config.optimizer.rule;
        let own = config.optimizer.discriminator.as_ref().unwrap_or(rule);
        Ok(Self {
            pair: Pair {
                average: (settings.average > 0.0).then(|| generator.valid()),
                generator: TrainState::new(generator, rule),
                discriminator: TrainState::new(discriminator, own),
            },
            rate_ratio: own.update.learning_rate / rule.update.learning_rate,
            loss: PairLoss::new(&settings),
            batches: Batches::new(loader, settings.discriminator_steps),
            settings,
            input: ImageInput::new(&normalization(shape.channels)),
            shape,
            latent_size: gan::latent_size(pair),
            evaluator,
            evaluator_changed: false,
            won_steps: 0,
            device: training,
            seed,
        })
    }

    /// The generator of samples and evaluations: the moving average of its weights where one is kept.
    fn sampling_generator(&self) -> Generator {
        self.pair.average.clone().unwrap_or_else(|| self.pair.generator.network.valid())
    }

    /// The discriminator's loss on real and fake images `[batch, channels, height, width]`, its mean logits on each,
    /// and its update.
    fn discriminator_update(
        &self,
        discriminator: &Discriminator,
        [real, fake]: [Tensor<4>; 2],
        context: &mut StepContext<'_>,
    ) -> ([Scalar; 3], Update) {
        // Real and fake images pass separately, so that batch statistics do not mix them.
        let mut pass = ForwardContext::train(0);
        let discriminator = context.weights(discriminator);
        let logits =
            [real, fake].map(|images| context.output(discriminator.forward(images, &mut pass)));
        let [real_logits, fake_logits] = logits;
        let loss = self.loss.of_discriminator(real_logits.clone(), fake_logits.clone());
        let results = [
            context.read("discriminator's loss", loss.clone().inner()),
            context.read("logit of real images", real_logits.inner().mean()),
            context.read("logit of fake images", fake_logits.inner().mean()),
        ];
        let gradients = context.backward(loss, &*discriminator);
        let moments = pass.into_batch_statistics();
        (results, context.propose(&*discriminator, Some("discriminator"), gradients, moments))
    }
}

impl Task for Adversarial {
    fn layers(&self) -> LayerTable {
        let device = self.device.clone().without_autodiff();
        let [channels, height, width] = [self.shape.channels, self.shape.height, self.shape.width];
        let black = Tensor::zeros([1, channels, height, width], &device);
        let latent = Tensor::zeros([1, self.latent_size], &device);
        let generator = self.pair.generator.network.valid();
        let discriminator = self.pair.discriminator.network.valid();
        LayerTable::default()
            .with(&generator, "generator.", |pass| drop(generator.forward(latent, pass)))
            .with(&discriminator, "discriminator.", |pass| drop(discriminator.forward(black, pass)))
    }

    fn artifact_folders(&self) -> &'static [&'static str] {
        &[SAMPLES]
    }

    fn steps_per_epoch(&self) -> Option<u64> {
        Some(self.batches.steps_per_epoch())
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let batches = self.batches.of_step(context.step);
        let generator = context.weights(&self.pair.generator.network);
        let mut discriminator = self.pair.discriminator.clone();
        let mut totals = [(); 3].map(|()| Scalar::Host(0.0));
        let mut generator_pass = ForwardContext::train(0);
        let mut last_fake = None;
        for (index, batch) in batches.iter().enumerate() {
            let random = context.random(Purpose::Latent, index);
            let latent = latent(random, [batch.len(), self.latent_size], &self.device);
            let latent = context.input(latent);
            let fake = if index + 1 == batches.len() {
                // The generator learns from the images that the discriminator saw last.
                let fake = generator.forward(latent, &mut generator_pass);
                last_fake.insert(fake).clone().detach()
            } else {
                // No gradients, but batch statistics as in training.
                let fake = generator.valid().forward(latent.inner(), &mut ForwardContext::train(0));
                Tensor::from_inner(fake)
            };
            let real = context.input(self.input.tensor(batch, &self.device));
            let (results, update) =
                self.discriminator_update(&discriminator.network, [real, fake], context);
            for (total, result) in totals.iter_mut().zip(results) {
                *total = total.clone() + result * batch.len() as f64;
            }
            discriminator.update(update, context.learning_rate * self.rate_ratio);
            if let Some(largest) = self.settings.weight_clip {
                let network = discriminator.network;
                discriminator.network = map_params(network, &mut ClipWeights(largest));
            }
        }
        let samples = batches.iter().map(Batch::len).sum::<usize>() as u64;
        self.batches.recycle(batches);
        let fake = last_fake.expect("every step has a batch");
        // Without gradients for the discriminator's weights, which the generator's loss does not change.
        let fixed = context.weights(&discriminator.network).into_owned().no_grad();
        let logits = fixed.forward(fake, &mut ForwardContext::train(0));
        let loss = self.loss.of_generator(context.output(logits));
        let generator_loss = context.read("generator's loss", loss.clone().inner());
        let gradients = context.backward(loss, &*generator);
        let moments = generator_pass.into_batch_statistics();
        let generator = context.propose(&*generator, Some("generator"), gradients, moments);
        let [discriminator_loss, real_logit, fake_logit] = totals;
        let (learning_rate, number) = (context.learning_rate, context.step + 1);
        Ok(Proposed {
            change: Box::new(Step { discriminator, generator, learning_rate, number }),
            samples,
            totals: vec![
                (DISCRIMINATOR_LOSS, discriminator_loss),
                ("generator_loss", generator_loss * samples as f64),
                ("real_logit", real_logit),
                ("made_logit", fake_logit),
            ],
        })
    }

    fn sources(&self, step: u64) -> Vec<u32> {
        self.batches.sources(step)
    }

    /// Gradients of the generator: those of the discriminator's several steps are not kept.
    fn gradients(&self, change: &Opaque) -> Vec<(String, Vec<f32>)> {
        let Some(change) = change.downcast_ref::<Step>() else { return Vec::new() };
        let gradients = self.pair.generator.gradients(&change.generator).into_iter();
        gradients.map(|(path, values)| (format!("generator.{path}"), values)).collect()
    }

    fn apply(&mut self, change: Opaque) {
        let Step { discriminator, generator, learning_rate, number } = downcast(change);
        let pair = &mut self.pair;
        pair.generator.update(generator, learning_rate);
        pair.discriminator = discriminator;
        let (average, decay) = (pair.average.take(), self.settings.average);
        pair.average = average
            .map(|average| average::towards(average, &pair.generator.network, decay, number));
    }

    fn on_scalars(&mut self, results: &Sums) {
        let loss = results.mean(DISCRIMINATOR_LOSS).unwrap_or(f64::NAN);
        let won = self.loss.won_below().is_some_and(|below| loss < below);
        self.won_steps = if won { self.won_steps + 1 } else { 0 };
    }

    fn snapshot(&self) -> Opaque {
        Box::new(self.pair.clone())
    }

    fn rollback(&mut self, snapshot: Opaque) {
        self.pair = downcast(snapshot);
    }

    fn validates(&self) -> bool {
        true
    }

    fn evaluate(&self, split: Split) -> Option<Report> {
        let evaluator = self.evaluator.as_ref()?;
        let device = self.device.clone().without_autodiff();
        let generator = self.sampling_generator();
        let sampled = (&generator, self.latent_size, self.seed);
        Some(evaluate_generator(evaluator, sampled, split, &device))
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.evaluator_changed {
            warnings.push(
                "another classifier judged this run before: distances before and after it was \
                 resumed do not compare"
                    .to_owned(),
            );
        }
        if self.won_steps >= self.batches.steps_per_epoch() {
            warnings.push(
                "the discriminator has won: its loss was near zero for a whole epoch, and the \
                 generator learns little from it. A smaller learning rate in \
                 [optimizer.discriminator], or adversarial.label_smoothing, may help"
                    .to_owned(),
            );
        }
        warnings
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let device = self.device.clone().without_autodiff();
        let (generator, latent_size) = (self.sampling_generator(), self.latent_size);
        let pixels =
            sample(&generator, latent_size, (self.seed, LatentStream::Grid), GRID, &device);
        let picture = Bitmap::grid(&pixels, self.shape, COLUMNS);
        vec![Artifact { folder: SAMPLES, picture }]
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::default();
        self.pair.generator.save(Some("generator"), &mut state)?;
        self.pair.discriminator.save(Some("discriminator"), &mut state)?;
        if let Some(average) = &self.pair.average {
            state.insert_all("model.average", module_state(average)?)?;
        }
        state.insert("task.won_steps", self.won_steps)?;
        if let Some(evaluator) = &self.evaluator {
            state.insert("task.judge", evaluator.checksum())?;
        }
        Ok(state)
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.pair.generator.restore(Some("generator"), &mut state)?;
        self.pair.discriminator.restore(Some("discriminator"), &mut state)?;
        if let Some(average) = self.pair.average.take() {
            self.pair.average = Some(restore_module(average, state.take_under("model.average"))?);
        }
        self.won_steps = state.take_u64("task.won_steps")?;
        // Absent while nothing has evaluated the run.
        let before = state.get("task.judge").is_some().then(|| state.take_text("task.judge"));
        if let (Some(before), Some(evaluator)) = (before.transpose()?, &self.evaluator) {
            self.evaluator_changed = before != evaluator.checksum();
        }
        Ok(state.finish()?)
    }
}

/// Clips every weight to `[-c, c]` (Arjovsky et al. 2017, algorithm 1, line 7).
struct ClipWeights(f64);

impl MapParam for ClipWeights {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if is_statistic(path) {
            return param;
        }
        param.map(|weights| {
            Tensor::from_inner(weights.inner().clamp(-self.0, self.0)).require_grad()
        })
    }
}

#[cfg(test)]
mod tests;
