//! The sections of a config, each read on its own.

use crate::config::{Config, FORMAT};
use crate::fault::Fault;
use crate::read::Reader;
use crate::sections::{
    AdamConfig, AugmentConfig, DataConfig, DataSource, ModelConfig, OptimizerConfig, OptimizerKind,
    RunConfig, ScheduleConfig, ScheduleKind, TrainConfig,
};

/// Every section that there is.
pub(crate) const SECTIONS: [&str; 8] =
    ["format", "run", "data", "augment", "model", "optimizer", "schedule", "train"];

/// What could be read: a section with a fault is `None`.
pub(crate) struct Sections {
    pub run: Option<RunConfig>,
    pub data: Option<DataConfig>,
    /// `None` when it was not written, too: then there is no augmentation.
    pub augment: Option<AugmentConfig>,
    pub model: Option<ModelConfig>,
    pub optimizer: Option<OptimizerConfig>,
    pub schedule: Option<ScheduleConfig>,
    pub train: Option<TrainConfig>,
}

impl Sections {
    /// Reads every section; the reader notes the faults.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        reader.known_sections(&SECTIONS);
        check_format(reader);
        Self {
            run: reader.section("run"),
            data: read_data(reader),
            augment: if reader.has("augment") { reader.section("augment") } else { None },
            model: read_model(reader),
            optimizer: read_optimizer(reader),
            schedule: if reader.has("schedule") {
                read_schedule(reader)
            } else {
                Some(ScheduleConfig::default())
            },
            train: reader.section("train"),
        }
    }

    /// The whole, when nothing is missing.
    pub fn into_config(self) -> Option<Config> {
        Some(Config {
            format: FORMAT,
            run: self.run?,
            data: self.data?,
            augment: self.augment,
            model: self.model?,
            optimizer: self.optimizer?,
            schedule: self.schedule?,
            train: self.train?,
        })
    }
}

fn check_format(reader: &mut Reader<'_>) {
    let Some(node) = reader.root.find("format") else {
        let fault = Fault::new("`format` is missing")
            .help(format!("begin the file with `format = {FORMAT}`"));
        reader.faults.push(fault);
        return;
    };
    if node.to_value().as_integer() != Some(FORMAT.into()) {
        let fault = Fault::new(format!("`format` is {}", node.to_value())).at(Some(&node.place));
        reader.faults.push(fault.help(format!("this version of hearth reads format {FORMAT}")));
    }
}

fn read_data(reader: &mut Reader<'_>) -> Option<DataConfig> {
    let kinds = ["fashion-mnist", "fashion-mnist-mini", "mnist", "idx", "image-folder"];
    let kind = reader.kind("data", &kinds)?;
    let (batches, source) = match kind {
        "fashion-mnist" => tagged(reader, "data", kind, DataSource::FashionMnist),
        "fashion-mnist-mini" => tagged(reader, "data", kind, DataSource::FashionMnistMini),
        "mnist" => tagged(reader, "data", kind, DataSource::Mnist),
        "idx" => tagged(reader, "data", kind, DataSource::Idx),
        _ => tagged(reader, "data", kind, DataSource::ImageFolder),
    }?;
    Some(DataConfig { source, batches })
}

fn read_model(reader: &mut Reader<'_>) -> Option<ModelConfig> {
    let kind = reader.kind("model", &["mlp", "lenet", "cnn", "resnet"])?;
    let (NoCommon {}, model) = match kind {
        "mlp" => tagged(reader, "model", kind, ModelConfig::Mlp),
        "lenet" => tagged(reader, "model", kind, ModelConfig::Lenet),
        "cnn" => tagged(reader, "model", kind, ModelConfig::Cnn),
        _ => tagged(reader, "model", kind, ModelConfig::Resnet),
    }?;
    Some(model)
}

fn read_optimizer(reader: &mut Reader<'_>) -> Option<OptimizerConfig> {
    let kind = reader.kind("optimizer", &["sgd", "adam", "adamw"])?;
    let (update, kind) = match kind {
        "sgd" => tagged(reader, "optimizer", kind, OptimizerKind::Sgd),
        "adam" => tagged(reader, "optimizer", kind, OptimizerKind::Adam),
        _ => tagged::<_, AdamConfig, _>(reader, "optimizer", kind, OptimizerKind::Adamw),
    }?;
    Some(OptimizerConfig { kind, update })
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
    let (common, own) = reader.tagged(path, kind)?;
    Some((common, variant(own)))
}
