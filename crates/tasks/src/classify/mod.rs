//! Classification: cross-entropy of a network's logits against labels.

pub mod calibration;
pub mod class_weights;
pub mod cross_entropy;
pub mod export;
pub mod import_check;
pub mod predict;
pub mod tally;

use burn::tensor::{Device, Tensor};
use hearth_config::{CommandLine, Config, DataSource, ModelConfig};
use hearth_data::tables::{self, Coding, RowBatch, Rows, Targets};
use hearth_data::{Batch, Data, Examples, Images, Labels, Subset};
use hearth_export::import;
use hearth_model::Classifier;
use hearth_report::report::{Report, View};
use hearth_store::RunDir;
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::event::Event;
use hearth_train::plan::memory::{SMALLEST, Sizes, sizes_of};
use hearth_train::record::info::{Preprocessing, RunInfo};
use hearth_train::task::Split;
use hearth_train::task::step::StepContext;
use hearth_train::{Opened, Opening, RunTarget, TaskHooks};

use crate::entry::Evaluation;
use crate::entry::TaskEntry;
use crate::images::{ImageInput, normalization};
use crate::predictor;
use crate::rows;
use crate::rows::predict::RowPredictor;
use crate::supervised::{self, Inputs, Loss, Objective, Outputs, Supervised};
use cross_entropy::CrossEntropy;
use predict::ImagePredictor;
use tally::Tally;

/// Classification in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry {
    hooks: TaskHooks {
        labels: Labels::Needed,
        has_one_loss: true,
        open,
        sizes,
        next: |config, run| {
            if matches!(config.data().source, DataSource::Csv(_)) {
                return rows::next(config, run);
            }
            let predict = CommandLine::new("predict").path(run).placeholder("PICTURE...");
            format!("predict with: {predict}")
        },
    },
    evaluate: evaluate_run,
    predictor: |trained, backend| {
        if trained.info.table.is_some() {
            return predictor::boxed::<RowPredictor>(trained, backend);
        }
        predictor::boxed::<ImagePredictor>(trained, backend)
    },
    export: export::network,
};

fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let Opening { config, data, .. } = opening;
    let card = data.card();
    let counts: Vec<usize> = card.class_counts.iter().map(|[train, ..]| *train).collect();
    let entropy = CrossEntropy {
        class_weights: class_weights::of(config, &counts, &card.classes)?,
        label_smoothing: config.train.label_smoothing,
    };
    if opening.job.is_some()
        && let Some(weights) = class_weights::describe(&entropy.class_weights, &card.classes)
    {
        (opening.observe)(Event::Note(weights));
    }
    let objective = Classes { entropy, names: card.classes };
    match data {
        Data::Images(images) => open_images(opening, images, objective),
        Data::Rows(table) => rows::open(opening, table, objective),
        Data::Text(_) | Data::Environment(_) => {
            Err(TrainError::Settings("a classifier learns from images or rows of a table".into()))
        }
    }
}

fn open_images(
    opening: Opening<'_>,
    images: &Images,
    objective: Classes,
) -> Result<Opened, TrainError> {
    let Opening { config, device, source, job, .. } = opening;
    let ModelConfig::Classifier { network: settings, .. } = &config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let (splits, classes) = (&images.splits, &images.dataset.classes);
    let (training, seed) = (device.clone().autodiff(), config.run.seed);
    let network = Classifier::new(settings, images.dims(), classes.len(), seed, &training)?;
    let normalization = normalization(config, &splits.train)?;
    let start = match (job.map(|job| &job.target), source) {
        (Some(RunTarget::Import(_, file)), _) => {
            let mut start = import::weights(file, config, images.dims(), classes.len())?;
            let warning = import_check::check_normalization(
                config,
                settings,
                &start.state,
                (splits, classes),
                &normalization,
                device,
            )?;
            start.warnings.extend(warning);
            Some(start)
        }
        (_, Some(source)) => Some(source.start(settings, &network, classes)?),
        (_, None) => None,
    };
    let task = Supervised::task(
        config,
        (network, images.dims()),
        (ImageInput::new(&normalization), objective),
        splits.clone(),
        device,
    );
    Ok(Opened { start, task: Box::new(task), preprocessing: Preprocessing::Images(normalization) })
}

fn sizes(config: &Config, data: &Data) -> Option<Sizes> {
    let Data::Images(images) = data else { return rows::sizes(config, data) };
    let ModelConfig::Classifier { network, .. } = &config.model else { return None };
    let (dims, classes) = (images.dims(), images.dataset.classes.len());
    if dims[1].min(dims[2]) < SMALLEST {
        return None;
    }
    Some(sizes_of(dims, [(Classifier::layers(network, dims, classes)?, dims)]))
}

fn evaluate_run(
    evaluation: &Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = *evaluation;
    if RunInfo::read(&RunDir::open(run)?)?.table.is_some() {
        let objective = |_: &Config, coding: &Coding| match &coding.target {
            tables::Target::Classes { names } => Classes::unweighted(names.clone()),
            tables::Target::Number { .. } => {
                unreachable!("a checked config's task is its target's")
            }
        };
        return rows::evaluate_run(evaluation, objective, notice);
    }
    if pictures.is_some() {
        return Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run names classes".into(),
        ));
    }
    let (predictor, trained) = predictor::open_run::<ImagePredictor>(run, which, backend)?;
    let images = trained.images(datasets, notice)?;
    let subset = split.filled(split.of(&images.splits))?;
    let ImagePredictor { network, input, device, .. } = &predictor;
    Ok((trained.step, evaluate(network, input, subset, split, predictor.classes(), device)))
}

impl Inputs for ImageInput {
    type Source = Examples;

    fn tensor(&self, batch: &Batch, device: &Device) -> Tensor<4> {
        Self::tensor(self, batch, device)
    }
}

/// Classification as an objective: one label for each sample, cross-entropy as the loss.
pub struct Classes {
    entropy: CrossEntropy,
    names: Vec<String>,
}

impl Classes {
    /// An objective on these classes with equal weights and no label smoothing, as evaluations use it.
    pub fn unweighted(names: Vec<String>) -> Self {
        let entropy = CrossEntropy { class_weights: vec![1.0; names.len()], label_smoothing: 0.0 };
        Self { entropy, names }
    }

    fn tally(&self, outputs: Outputs<'_, u16>) -> Tally {
        let mut tally = Tally::new(self.names.len());
        outputs(&mut |logits, labels| tally.add(logits, labels));
        tally
    }
}

impl Loss for Classes {
    /// The index of the class among the names.
    type Target = u16;

    const MEASURE: &'static str = "accuracy";

    fn total_weight(&self, labels: &[u16]) -> f64 {
        self.entropy.total_weight(labels)
    }

    fn loss(&self, outputs: Tensor<2>, labels: &[u16], total_weight: f64) -> Tensor<1> {
        self.entropy.forward(outputs, labels, total_weight)
    }

    fn measure(&self, outputs: Tensor<2>, labels: &[u16], context: &mut StepContext<'_>) -> Scalar {
        context.num_correct(outputs, labels)
    }
}

impl Objective<Examples> for Classes {
    fn targets<'b>(&self, batch: &'b Batch) -> &'b [u16] {
        &batch.labels
    }

    fn report(&self, split: Split, subset: &Subset, outputs: Outputs<'_, u16>) -> Report {
        let tally = self.tally(outputs);
        let mistakes = tally.mistakes(subset, &self.names);
        let mut report = tally.report(split.name(), &self.names, "images");
        report.views.push(("mistakes", View::Images(mistakes)));
        report
    }
}

impl Objective<Rows> for Classes {
    fn targets<'b>(&self, batch: &'b RowBatch) -> &'b [u16] {
        match &batch.targets {
            Targets::Classes(labels) => labels,
            Targets::Numbers(_) | Targets::Unknown => &[],
        }
    }

    fn report(&self, split: Split, _: &Subset<Rows>, outputs: Outputs<'_, u16>) -> Report {
        self.tally(outputs).report(split.name(), &self.names, "rows")
    }
}

/// Results of a classifier in eval mode on a set, in stored order.
pub fn evaluate(
    network: &Classifier,
    input: &ImageInput,
    subset: &Subset,
    split: Split,
    classes: &[String],
    device: &Device,
) -> Report {
    let objective = Classes::unweighted(classes.to_vec());
    supervised::evaluate(network, input, &objective, subset, split, device)
}
