//! Supervised learning: a network, and an objective on its outputs and the targets of samples.

use burn::optim::GradientsAccumulator;
use burn::tensor::{Device, Tensor};
use hearth_config::Config;
use hearth_config::seed::Purpose;
use hearth_data::{Source, Splits, Subset};
use hearth_export::Forward;
use hearth_model::{Classifier, ForwardContext};
use hearth_report::Report;
use hearth_train::backend::scalar::Scalar;
use hearth_train::task::Split;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::outputs::values;
use hearth_train::task::step::StepContext;

use crate::one_network::{Computation, OneNetwork, OneNetworkTask, batches};

/// Samples in a batch of an evaluation.
const EVALUATION_BATCH: usize = 500;

/// Batches of an evaluation whose outputs are read back from the device at once.
const EVALUATION_READ: usize = 20;

/// Conversion of the samples of a source to the inputs of a network.
pub trait Inputs: Send {
    /// The source of samples.
    type Source: Source;

    /// A batch as inputs `[batch, channels, height, width]` on `device`; rows of a table have height and width 1.
    fn tensor(&self, batch: &<Self::Source as Source>::Batch, device: &Device) -> Tensor<4>;
}

/// A differentiable loss of outputs and targets, and a second scalar for the log.
pub trait Loss: Send {
    /// The target of a sample.
    type Target: Copy;

    /// The name of the second scalar of a step, such as `accuracy`.
    const MEASURE: &'static str;

    /// The sum of the weights of some targets, which the loss of a step is divided by.
    fn total_weight(&self, targets: &[Self::Target]) -> f64;

    /// The summed loss `[1]` of outputs `[batch, outputs]`, divided by `total_weight`.
    fn loss(&self, outputs: Tensor<2>, targets: &[Self::Target], total_weight: f64) -> Tensor<1>;

    /// The sum of [`Self::MEASURE`] over a batch of outputs `[batch, outputs]`, without differentiation.
    fn measure(
        &self,
        outputs: Tensor<2>,
        targets: &[Self::Target],
        context: &mut StepContext<'_>,
    ) -> Scalar;
}

/// A loss on the samples of a source, with the report of an evaluation.
pub trait Objective<S: Source>: Loss {
    /// The target of each sample of a batch.
    fn targets<'b>(&self, batch: &'b S::Batch) -> &'b [Self::Target];

    /// The report on a set. `outputs` calls its argument with all outputs and targets of the set.
    fn report(
        &self,
        split: Split,
        subset: &Subset<S>,
        outputs: Outputs<'_, Self::Target>,
    ) -> Report;
}

/// Receives outputs `[batch, outputs]`, row by row, and the target of each row.
pub type Tally<'a, T> = &'a mut dyn FnMut(&[f32], &[T]);

/// Passes all outputs of a set to a tally, in stored order.
pub type Outputs<'a, T> = &'a mut dyn FnMut(Tally<'_, T>);

/// Training of a network by an objective.
pub struct Supervised<I: Inputs, O: Objective<I::Source>> {
    objective: O,
    inputs: I,
    splits: Splits<I::Source>,
    /// Channels, height and width of an input.
    dims: [usize; 3],
    /// The device of training, with differentiation.
    device: Device,
}

impl<I, O> Supervised<I, O>
where
    I: Inputs + 'static,
    O: Objective<I::Source> + 'static,
{
    /// The task before its first step. The network is on `device` with differentiation and takes inputs of `dims`:
    /// channels, height and width.
    pub fn task(
        config: &Config,
        (network, dims): (Classifier, [usize; 3]),
        (inputs, objective): (I, O),
        splits: Splits<I::Source>,
        device: &Device,
    ) -> OneNetworkTask<Self> {
        let batches = batches(config, &splits.train);
        let device = device.clone().autodiff();
        let learning = Self { objective, inputs, splits, dims, device };
        OneNetworkTask::new(config, network, batches, learning)
    }
}

impl<I, O> OneNetwork for Supervised<I, O>
where
    I: Inputs + 'static,
    O: Objective<I::Source> + 'static,
{
    type Network = Classifier;
    type Source = I::Source;

    fn layers(&self, network: &Classifier) -> LayerTable {
        let [channels, height, width] = self.dims;
        let device = self.device.clone().without_autodiff();
        let black = Tensor::zeros([1, channels, height, width], &device);
        let forward = |pass: &mut ForwardContext| drop(network.forward_in(black, pass));
        LayerTable::default().with(network, "", forward)
    }

    fn forward_backward(
        &self,
        network: &Classifier,
        batches: &[<I::Source as Source>::Batch],
        context: &mut StepContext<'_>,
    ) -> Computation {
        let network = context.weights(network);
        let objective = &self.objective;
        let weight = |batch| objective.total_weight(objective.targets(batch));
        let total_weight = batches.iter().map(weight).sum::<f64>();
        let mut gradients = GradientsAccumulator::new();
        let (mut loss, mut measure, mut moments) =
            (Scalar::Host(0.0), Scalar::Host(0.0), Vec::new());
        for (index, batch) in batches.iter().enumerate() {
            let mut pass = ForwardContext::train(context.random(Purpose::Step, index).bits());
            let inputs = context.input(self.inputs.tensor(batch, &self.device));
            let outputs = context.output(network.forward_in(inputs, &mut pass));
            moments.extend(pass.into_batch_statistics());
            let targets = objective.targets(batch);
            let part = objective.loss(outputs.clone(), targets, total_weight);
            loss = loss + context.read("loss", part.clone().inner());
            measure = measure + objective.measure(outputs.inner(), targets, context);
            gradients.accumulate(&*network, context.backward(part, &*network));
        }
        Computation {
            samples: batches.iter().map(|batch| objective.targets(batch).len()).sum(),
            loss,
            measure: Some((O::MEASURE, measure)),
            update: context.propose(&*network, None, gradients.grads(), moments),
        }
    }

    fn validates(&self) -> bool {
        !self.splits.valid.is_empty()
    }

    fn evaluate(&self, network: &Classifier, split: Split) -> Option<Report> {
        let subset = split.of(&self.splits)?;
        let device = self.device.clone().without_autodiff();
        Some(evaluate(network, &self.inputs, &self.objective, subset, split, &device))
    }
}

/// The report of a network in eval mode on a set, in stored order.
pub fn evaluate<I: Inputs, O: Objective<I::Source>>(
    network: &Classifier,
    inputs: &I,
    objective: &O,
    subset: &Subset<I::Source>,
    split: Split,
    device: &Device,
) -> Report {
    let starts: Vec<_> = (0..subset.len()).step_by(EVALUATION_BATCH).collect();
    let mut batch = <I::Source as Source>::Batch::default();
    let outputs = &mut |tally: Tally<'_, O::Target>| {
        for starts in starts.chunks(EVALUATION_READ) {
            let (mut outputs, mut targets) = (Vec::new(), Vec::new());
            for start in starts {
                subset.fill(*start..subset.len().min(start + EVALUATION_BATCH), &mut batch);
                let inputs = inputs.tensor(&batch, device);
                outputs.push(network.forward(inputs));
                targets.extend_from_slice(objective.targets(&batch));
            }
            tally(&values(Tensor::cat(outputs, 0)), &targets);
        }
    };
    objective.report(split, subset, outputs)
}

/// A network with its forward pass, for an export.
pub fn forward(module: Classifier) -> Forward<Classifier> {
    Forward { module, forward: |network, samples| values(network.forward(samples.features())) }
}
