//! The sections of a config, each read on its own.

use crate::config::{Config, FORMAT};
use crate::fault::{COMMAND_LINE, Fault};
use crate::models::{ClassifierConfig, GanConfig, InitConfig, ModelConfig};
use crate::read::{Reader, SECTIONS};
use crate::sections::{
    AdamConfig, AdversarialConfig, AdversarialLoss, AugmentConfig, BatchConfig, DataConfig,
    DataSource, EvaluateConfig, OptimizerConfig, OptimizerKind, RuleConfig, RunConfig,
    ScheduleConfig, ScheduleKind, TEST_FRACTION, TaskConfig, TaskKind, TrainConfig,
};
use crate::tree::Node;

/// Of Arjovsky et al. 2017, algorithm 1.
const WEIGHT_CLIP: f64 = 0.01;

/// What could be read: a section with a fault is `None`.
pub(crate) struct Sections {
    pub run: Option<RunConfig>,
    pub data: Option<DataConfig>,
    /// `None` when it was not written, too: then there is no augmentation.
    pub augment: Option<AugmentConfig>,
    /// `None` where the table has to say it, too.
    pub task: Option<TaskConfig>,
    pub model: Option<ModelConfig>,
    pub adversarial: Option<AdversarialConfig>,
    pub optimizer: Option<OptimizerConfig>,
    pub schedule: Option<ScheduleConfig>,
    pub train: Option<TrainConfig>,
    pub evaluate: Option<EvaluateConfig>,
}

impl Sections {
    /// Reads every section; the reader notes the faults.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        reader.known_sections(&SECTIONS);
        check_format(reader);
        let model = read_model(reader);
        let mut train: Option<TrainConfig> = reader.section("train");
        if let Some(train) = &mut train {
            one_length(reader, train);
        }
        let data = read_data(reader);
        let task = model.as_ref().and_then(|model| read_task(reader, model));
        if let (Some(train), Some(task)) = (&mut train, task) {
            train.complete(task.kind);
        }
        Self {
            run: reader.section("run"),
            data,
            augment: if reader.has("augment") { reader.section("augment") } else { None },
            task,
            model,
            adversarial: section_or_default(reader, "adversarial"),
            optimizer: read_optimizer(reader),
            schedule: if reader.has("schedule") {
                read_schedule(reader)
            } else {
                Some(ScheduleConfig::default())
            },
            train,
            evaluate: section_or_default(reader, "evaluate"),
        }
    }

    /// The whole, when nothing is missing.
    pub fn into_config(self) -> Option<Config> {
        let model = self.model?;
        let (adversarial, evaluate) = match &model {
            ModelConfig::Classifier { .. } => (None, None),
            ModelConfig::Gan(_) => {
                let mut adversarial = self.adversarial?;
                if adversarial.loss == AdversarialLoss::Wasserstein {
                    adversarial.weight_clip.get_or_insert(WEIGHT_CLIP);
                }
                (Some(adversarial), Some(self.evaluate?))
            }
        };
        let data = self.data?;
        // What is learned by heart is always the same.
        let by_heart = data.batches.overfit_batches.is_some();
        Some(Config {
            format: FORMAT,
            run: self.run?,
            data,
            augment: self.augment.filter(|_| !by_heart),
            task: self.task,
            model,
            adversarial,
            optimizer: self.optimizer?,
            schedule: self.schedule?,
            train: self.train?,
            evaluate,
        })
    }
}

fn section_or_default<T: Default + serde::de::DeserializeOwned>(
    reader: &mut Reader<'_>,
    path: &str,
) -> Option<T> {
    if reader.has(path) { reader.section(path) } else { Some(T::default()) }
}

fn check_format(reader: &mut Reader<'_>) {
    let Some(node) = reader.root.find("format") else {
        let file = &reader.root.key.source.name;
        let fault = Fault::new(format!("`format` is missing in {file}"))
            .help(format!("begin the file with `format = {FORMAT}`"));
        reader.faults.push(fault);
        return;
    };
    let is_known = |format: i64| (1..=FORMAT.into()).contains(&format);
    if !node.to_value().as_integer().is_some_and(is_known) {
        let fault = Fault::new(format!("`format` is {}", node.to_value())).at(Some(&node.place));
        let help = format!(
            "this version of hearth reads formats 1 to {FORMAT}; a newer one is read by a newer hearth"
        );
        reader.faults.push(fault.help(help));
    }
}

/// The task that a model is for. One that is written must be that one. With a table, the model leaves two.
fn read_task(reader: &mut Reader<'_>, model: &ModelConfig) -> Option<TaskConfig> {
    let kind = match model {
        ModelConfig::Classifier { .. } if of_table(reader) => return read_table_task(reader),
        ModelConfig::Classifier { .. } => TaskKind::Classify,
        ModelConfig::Gan(_) => TaskKind::Generate,
    };
    if reader.has("task") {
        let written = reader.kind("task", &TaskKind::ALL.map(TaskKind::name))?;
        reader.section::<TaskConfig>("task")?;
        if written != kind.name() {
            let fault =
                Fault::new(format!("`task.kind` is \"{written}\", and this model cannot do that"));
            let place = reader.root.place_of("task.kind");
            let help = format!("leave [task] out, or write kind = \"{}\"", kind.name());
            reader.faults.push(fault.at(Some(&place)).help(help));
            return None;
        }
    }
    Some(TaskConfig { kind })
}

/// Whether the data are a table, even one with a fault.
fn of_table(reader: &Reader<'_>) -> bool {
    let kind = reader.root.find("data.kind").map(Node::to_value);
    kind.is_some_and(|kind| kind.as_str() == Some("csv"))
}

/// The task of a table, where it is written.
fn read_table_task(reader: &mut Reader<'_>) -> Option<TaskConfig> {
    if !reader.has("task") {
        return None;
    }
    reader.kind("task", &TaskKind::ALL.map(TaskKind::name))?;
    let task: TaskConfig = reader.section("task")?;
    if task.kind == TaskKind::Generate {
        let fault = Fault::new("`task.kind` is \"generate\", and rows of a table are not made");
        let place = reader.root.place_of("task.kind");
        let help = "write kind = \"classify\" or kind = \"regress\", or leave [task] out";
        reader.faults.push(fault.at(Some(&place)).help(help));
        return None;
    }
    Some(task)
}

/// Notes where the length is missing or written twice. One from the command line takes the place of the file's.
fn one_length(reader: &mut Reader<'_>, train: &mut TrainConfig) {
    let is_typed = |key: &str| {
        reader.root.find(key).is_some_and(|node| node.place.source.name == COMMAND_LINE)
    };
    match (train.epochs, train.length) {
        (None, None) => {
            let fault = Fault::new("`train.epochs` is missing");
            let help = "add a line to [train], as epochs = 10, or length = \"2000 steps\"";
            reader.faults.push(fault.at(Some(&reader.root.place_of("train.epochs"))).help(help));
        }
        (Some(_), Some(_)) => match (is_typed("train.epochs"), is_typed("train.length")) {
            (true, false) => train.length = None,
            (false, true) => train.epochs = None,
            _ => {
                let fault =
                    Fault::new("`train.epochs` and `train.length` both say how long the run is");
                let place = reader.root.place_of("train.length");
                reader.faults.push(fault.at(Some(&place)).help("leave one of them out"));
            }
        },
        _ => {}
    }
}

fn read_data(reader: &mut Reader<'_>) -> Option<DataConfig> {
    let kinds = ["fashion-mnist", "fashion-mnist-mini", "mnist", "idx", "image-folder", "csv"];
    let kind = reader.kind("data", &kinds)?;
    let (mut batches, mut source): (BatchConfig, _) = match kind {
        "fashion-mnist" => tagged(reader, "data", kind, DataSource::FashionMnist),
        "fashion-mnist-mini" => tagged(reader, "data", kind, DataSource::FashionMnistMini),
        "mnist" => tagged(reader, "data", kind, DataSource::Mnist),
        "idx" => tagged(reader, "data", kind, DataSource::Idx),
        "csv" => tagged(reader, "data", kind, DataSource::Csv),
        _ => tagged(reader, "data", kind, DataSource::ImageFolder),
    }?;
    if let DataSource::Csv(csv) = &mut source {
        if !reader.has("data.valid_samples") {
            batches.valid_samples = 0;
        }
        if csv.path.is_some() {
            csv.test_fraction.get_or_insert(TEST_FRACTION);
        }
    }
    Some(DataConfig { source, batches })
}

fn read_model(reader: &mut Reader<'_>) -> Option<ModelConfig> {
    const GANS: [&str; 2] = ["dcgan", "mlp-gan"];
    let kinds = [ClassifierConfig::KINDS, &GANS].concat();
    let kind = reader.kind("model", &kinds)?;
    let gan = |(NoCommon {}, model)| ModelConfig::Gan(model);
    match kind {
        "dcgan" => tagged(reader, "model", kind, GanConfig::Dcgan).map(gan),
        "mlp-gan" => tagged(reader, "model", kind, GanConfig::MlpGan).map(gan),
        _ => {
            let (mut init, network) = read_classifier(reader, kind)?;
            if init.init.is_some() {
                init.init_head.get_or_insert(true);
            }
            Some(ModelConfig::Classifier { network, init })
        }
    }
}

macro_rules! read_classifier {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        fn read_classifier(
            reader: &mut Reader<'_>,
            kind: &str,
        ) -> Option<(InitConfig, ClassifierConfig)> {
            match kind {
                $($kind => tagged(reader, "model", kind, ClassifierConfig::$variant),)*
                _ => None,
            }
        }
    };
}

crate::classifiers!(read_classifier);

fn read_optimizer(reader: &mut Reader<'_>) -> Option<OptimizerConfig> {
    let rule = read_rule(reader, "optimizer");
    let discriminator = if reader.has("optimizer.discriminator") {
        Some(read_rule(reader, "optimizer.discriminator")?)
    } else {
        None
    };
    Some(OptimizerConfig { rule: rule?, discriminator })
}

fn read_rule(reader: &mut Reader<'_>, path: &str) -> Option<RuleConfig> {
    let kind = reader.kind(path, &["sgd", "adam", "adamw"])?;
    let (update, kind) = match kind {
        "sgd" => tagged(reader, path, kind, OptimizerKind::Sgd),
        "adam" => tagged(reader, path, kind, OptimizerKind::Adam),
        _ => tagged::<_, AdamConfig, _>(reader, path, kind, OptimizerKind::Adamw),
    }?;
    Some(RuleConfig { kind, update })
}

fn read_schedule(reader: &mut Reader<'_>) -> Option<ScheduleConfig> {
    let kind = reader.kind("schedule", &["constant", "step", "cosine", "one-cycle"])?;
    let (warmup, kind) = match kind {
        "constant" => tagged(reader, "schedule", kind, ScheduleKind::Constant),
        "step" => tagged(reader, "schedule", kind, ScheduleKind::Step),
        "cosine" => tagged(reader, "schedule", kind, ScheduleKind::Cosine),
        _ => tagged(reader, "schedule", kind, ScheduleKind::OneCycle),
    }?;
    Some(ScheduleConfig { kind, warmup })
}

/// The shared part of a section in which every kind stands alone.
type NoCommon = crate::sections::NoOptions;

/// Reads a section with a `kind`, and wraps the kind's own part into its variant.
fn tagged<Common, Own, Kind>(
    reader: &mut Reader<'_>,
    path: &str,
    kind: &str,
    variant: impl Fn(Own) -> Kind,
) -> Option<(Common, Kind)>
where
    Common: serde::de::DeserializeOwned,
    Own: serde::de::DeserializeOwned,
{
    let inner: &[_] = if path == "optimizer" { &["discriminator"] } else { &[] };
    let (common, own) = reader.tagged(path, kind, inner)?;
    Some((common, variant(own)))
}
