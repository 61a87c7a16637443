//! Classification: cross-entropy of a network's logits against labels.

use burn::module::Module;
use burn::optim::GradientsAccumulator;
use burn::tensor::{Device, Tensor};
use hearth_config::seed::Purpose;
use hearth_config::{ClassifierConfig, Config, ModelConfig};
use hearth_data::{Batch, Loader, Normalization, Splits, Subset};
use hearth_model::{Classifier, Pass};
use hearth_report::report::{Report, View};
use hearth_store::StateDict;

use super::entry::{Opened, Opening, TaskEntry};
use crate::batches::Batches;
use crate::class_weights;
use crate::cross_entropy::CrossEntropy;
use crate::error::TrainError;
use crate::event::Event;
use crate::input::{Input, normalization};
use crate::learner::{Learner, Update};
use crate::metrics::{Tally, values};
use crate::number::Number;
use crate::state::restore_module;
use crate::step::StepContext;
use crate::task::{Own, Proposed, Split, Task, own};

/// Pictures in one batch of an evaluation.
const EVALUATION_BATCH: usize = 500;

/// Batches of an evaluation whose logits gather on the device before they are read.
const EVALUATION_READ: usize = 20;

/// Trains a network to name the class of a picture.
pub struct Classify {
    learner: Learner<Classifier>,
    loss: CrossEntropy,
    batches: Batches,
    splits: Splits,
    classes: Vec<String>,
    input: Input,
    /// Where the network trains, with differentiation.
    device: Device,
}

/// Classification in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry { name: "classify", open };

fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let Opening { config, splits, classes, device, source, assignment, observe } = opening;
    let ModelConfig::Classifier { network, .. } = &config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let normalization = normalization(config, &splits.train)?;
    let task =
        Classify::new(config, network, splits.clone(), classes.to_vec(), &normalization, device)?;
    if assignment.is_some()
        && let Some(weights) = class_weights::told(&task.loss.class_weights, classes)
    {
        observe(Event::Note(weights));
    }
    let start = source.map(|source| source.start(network, &task.learner.network, classes));
    Ok(Opened { start: start.transpose()?, task: Box::new(task), normalization })
}

impl Classify {
    /// The task before its first step.
    pub fn new(
        config: &Config,
        network: &ClassifierConfig,
        splits: Splits,
        classes: Vec<String>,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let shape = splits.train.examples.shape;
        let dims = [shape.channels, shape.height, shape.width];
        let training = device.clone().autodiff();
        let seed = config.run.seed;
        let loader = Loader::new(
            splits.train.clone(),
            config.data.batches.batch_size,
            seed,
            config.augment.clone(),
        );
        Ok(Self {
            learner: Learner::new(
                Classifier::new(network, dims, classes.len(), seed, &training)?,
                &config.optimizer.rule,
            ),
            loss: CrossEntropy {
                class_weights: class_weights::of(config, &splits.train, &classes)?,
                label_smoothing: config.train.label_smoothing,
            },
            batches: Batches::new(loader, config.train.accumulate),
            splits,
            classes,
            input: Input::new(normalization),
            device: training,
        })
    }

    /// Loss and correct predictions of some batches, summed over their images, and what to learn of them, as of one
    /// batch that holds them all.
    fn forward_backward(
        &self,
        batches: &[Batch],
        context: &mut StepContext<'_>,
    ) -> ([Number; 2], Update) {
        let network = context.weights(&self.learner.network);
        let total_weight =
            batches.iter().map(|batch| self.loss.total_weight(&batch.labels)).sum::<f64>();
        let mut gradients = GradientsAccumulator::new();
        let (mut loss, mut correct, mut moments) =
            (Number::Here(0.0), Number::Here(0.0), Vec::new());
        for (index, batch) in batches.iter().enumerate() {
            let mut pass = Pass::training(context.random(Purpose::Step, index).bits());
            let images = context.input(self.input.tensor(batch, &self.device));
            let logits = context.output(network.forward_in(images, &mut pass));
            moments.extend(pass.into_moments());
            let part = self.loss.forward(logits.clone(), &batch.labels, total_weight);
            loss = loss + context.read("loss", part.clone().inner());
            correct = correct + context.num_correct(logits.inner(), &batch.labels);
            gradients.accumulate(&*network, context.backward(part, &*network));
        }
        ([loss, correct], context.propose(&*network, None, gradients.grads(), moments))
    }
}

/// What a step changes.
pub struct Step {
    update: Update,
    learning_rate: f64,
}

impl Task for Classify {
    fn steps_per_epoch(&self) -> Option<u64> {
        Some(self.batches.steps_per_epoch())
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let batches = self.batches.of_step(context.step);
        let ([loss, correct], update) = self.forward_backward(&batches, context);
        let samples = batches.iter().map(Batch::len).sum::<usize>() as u64;
        self.batches.recycle(batches);
        Ok(Proposed {
            change: Box::new(Step { update, learning_rate: context.learning_rate }),
            samples,
            totals: vec![("loss", loss * samples as f64), ("accuracy", correct)],
        })
    }

    fn sources(&mut self, step: u64) -> Vec<u32> {
        self.batches.sources(step)
    }

    fn gradients(&self, change: &Own) -> Vec<(String, Vec<f32>)> {
        let change: Option<&Step> = change.downcast_ref();
        change.map_or_else(Vec::new, |change| self.learner.gradients(&change.update))
    }

    fn apply(&mut self, change: Own) {
        let change: Step = own(change);
        self.learner.update(change.update, change.learning_rate);
    }

    fn snapshot(&self) -> Own {
        Box::new(self.learner.clone())
    }

    fn rollback(&mut self, snapshot: Own) {
        self.learner = own(snapshot);
    }

    fn validates(&self) -> bool {
        !self.splits.valid.is_empty()
    }

    fn evaluate(&self, split: Split) -> Option<Report> {
        let subset = split.of(&self.splits);
        let device = self.device.clone().without_autodiff();
        let network = self.learner.network.valid();
        Some(evaluate(&network, &self.input, subset, split, &self.classes, &device))
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::default();
        self.learner.save(None, &mut state)?;
        Ok(state)
    }

    fn start_from(&mut self, weights: StateDict) -> Result<(), TrainError> {
        self.learner.network = restore_module(self.learner.network.clone(), weights)?;
        Ok(())
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.learner.restore(None, &mut state)?;
        Ok(state.finish()?)
    }
}

/// Results of a network, not in training, on a set in stored order.
pub fn evaluate(
    network: &Classifier,
    input: &Input,
    subset: &Subset,
    split: Split,
    classes: &[String],
    device: &Device,
) -> Report {
    let mut tally = Tally::new(classes.len());
    let starts: Vec<_> = (0..subset.len()).step_by(EVALUATION_BATCH).collect();
    let mut batch = Batch::default();
    for starts in starts.chunks(EVALUATION_READ) {
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        for start in starts {
            subset.fill(*start..subset.len().min(start + EVALUATION_BATCH), &mut batch);
            logits.push(network.forward(input.tensor(&batch, device)));
            labels.extend_from_slice(&batch.labels);
        }
        tally.add(&values(Tensor::cat(logits, 0)), &labels);
    }
    let mistakes = tally.mistakes(subset, classes);
    let mut report = tally.report(split.name(), classes);
    report.views.push(("mistakes", View::Images(mistakes)));
    report
}
