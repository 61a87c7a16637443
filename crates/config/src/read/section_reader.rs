//! The section reader: every section of a config, read on its own, and the config that they make.

use crate::config::{Config, FORMAT, Origin};
use crate::data::{AugmentConfig, DataConfig};
use crate::models::{
    AgentConfig, ClassifierConfig, GanConfig, InitConfig, ModelConfig, TranslatorConfig,
};
use crate::read::origin::read_origin;
use crate::read::reader::{Reader, SECTIONS};
use crate::sections::{
    AdamConfig, NoOptions, OptimizerConfig, OptimizerKind, RuleConfig, RunConfig, ScheduleConfig,
    ScheduleKind, TrainConfig,
};
use crate::syntax::diagnostic::{COMMAND_LINE, Diagnostic};
use crate::syntax::tree::Node;
use crate::tasks::{
    AdversarialConfig, AdversarialLoss, AlgorithmConfig, AlgorithmKind, EvaluateConfig, TaskConfig,
    TaskKind,
};

/// The default bound on the discriminator's weights (Arjovsky et al. 2017, algorithm 1).
const WEIGHT_CLIP: f64 = 0.01;

/// The sections of a config; one with an error is `None`.
pub(crate) struct Sections {
    pub run: Option<RunConfig>,
    pub origin: Option<Origin>,
    /// `None` without the section, too: no augmentation.
    pub augment: Option<AugmentConfig>,
    /// `None`, too, for a table whose target column decides it.
    pub task: Option<TaskConfig>,
    pub model: Option<ModelConfig>,
    /// `None` without the section, too: not of an agent.
    pub algorithm: Option<AlgorithmConfig>,
    pub adversarial: Option<AdversarialConfig>,
    pub optimizer: Option<OptimizerConfig>,
    pub schedule: Option<ScheduleConfig>,
    pub train: Option<TrainConfig>,
    pub evaluate: Option<EvaluateConfig>,
}

impl Sections {
    /// Reads every section; the reader collects the diagnostics.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        reader.known_sections(&SECTIONS);
        check_format(reader);
        let model = read_model(reader);
        let mut train: Option<TrainConfig> = reader.section("train");
        if let Some(train) = &mut train {
            one_length(reader, train);
        }
        let is_agent = matches!(model, Some(ModelConfig::Agent(_)));
        let origin = read_origin(reader, is_agent);
        let task = model.as_ref().and_then(|model| read_task(reader, model));
        if let (Some(train), Some(task)) = (&mut train, task) {
            train.complete(task.kind);
        }
        Self {
            run: reader.section("run"),
            origin,
            augment: if reader.has("augment") { reader.section("augment") } else { None },
            task,
            algorithm: read_algorithm(reader, model.as_ref()),
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

    /// `[data]`, if it was read.
    pub fn data(&self) -> Option<&DataConfig> {
        match &self.origin {
            Some(Origin::Data(data)) => Some(data),
            _ => None,
        }
    }

    /// The config, if no section is missing.
    pub fn into_config(self) -> Option<Config> {
        let model = self.model?;
        let (adversarial, evaluate) = match &model {
            ModelConfig::Classifier { .. } | ModelConfig::Translator(_) | ModelConfig::Agent(_) => {
                (None, None)
            }
            ModelConfig::Gan(_) => {
                let mut adversarial = self.adversarial?;
                if adversarial.loss == AdversarialLoss::Wasserstein {
                    adversarial.weight_clip.get_or_insert(WEIGHT_CLIP);
                }
                (Some(adversarial), Some(self.evaluate?))
            }
        };
        let origin = self.origin?;
        let algorithm = match &model {
            ModelConfig::Agent(_) => Some(self.algorithm?),
            _ => None,
        };
        // Batches to overfit are the same in every epoch.
        let overfits =
            matches!(&origin, Origin::Data(data) if data.batches.overfit_batches.is_some());
        Some(Config {
            format: FORMAT,
            run: self.run?,
            origin,
            augment: self.augment.filter(|_| !overfits),
            task: self.task,
            model,
            algorithm,
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
        let diagnostic = Diagnostic::new(format!("`format` is missing in {file}"))
            .help(format!("begin the file with `format = {FORMAT}`"));
        reader.diagnostics.push(diagnostic);
        return;
    };
    let is_known = |format: i64| (1..=FORMAT.into()).contains(&format);
    if !node.to_value().as_integer().is_some_and(is_known) {
        let diagnostic =
            Diagnostic::new(format!("`format` is {}", node.to_value())).at(Some(&node.location));
        let help = format!(
            "this version of hearth reads formats 1 to {FORMAT}; a newer one is read by a newer hearth"
        );
        reader.diagnostics.push(diagnostic.help(help));
    }
}

/// The task: for images, the one of the model's kind, which `[task]` may only repeat; for a table, the one of `[task]`.
fn read_task(reader: &mut Reader<'_>, model: &ModelConfig) -> Option<TaskConfig> {
    let kind = match model {
        ModelConfig::Classifier { .. } if is_table(reader) => return read_table_task(reader),
        ModelConfig::Classifier { .. } => TaskKind::Classify,
        ModelConfig::Gan(_) => TaskKind::Generate,
        ModelConfig::Translator(_) => TaskKind::Translate,
        ModelConfig::Agent(_) => TaskKind::Control,
    };
    if reader.has("task") {
        let written = reader.kind("task", &TaskKind::ALL.map(TaskKind::name))?;
        reader.section::<TaskConfig>("task")?;
        if written != kind.name() {
            let diagnostic = Diagnostic::new(format!(
                "`task.kind` is \"{written}\", and this model cannot do that"
            ));
            let location = reader.root.location_of("task.kind");
            let help = format!("leave [task] out, or write kind = \"{}\"", kind.name());
            reader.diagnostics.push(diagnostic.at(Some(&location)).help(help));
            return None;
        }
    }
    Some(TaskConfig { kind })
}

/// True if `data.kind` is a table, even one with errors.
fn is_table(reader: &Reader<'_>) -> bool {
    let kind = reader.root.find("data.kind").map(Node::to_value);
    kind.is_some_and(|kind| kind.as_str() == Some("csv"))
}

/// The task of a table: that of `[task]`; none where it is absent.
fn read_table_task(reader: &mut Reader<'_>) -> Option<TaskConfig> {
    if !reader.has("task") {
        return None;
    }
    reader.kind("task", &TaskKind::ALL.map(TaskKind::name))?;
    let task: TaskConfig = reader.section("task")?;
    if !matches!(task.kind, TaskKind::Classify | TaskKind::Regress) {
        let diagnostic = Diagnostic::new(format!(
            "`task.kind` is \"{}\", which is no task of a table",
            task.kind.name()
        ));
        let location = reader.root.location_of("task.kind");
        let help = "write kind = \"classify\" or kind = \"regress\", or leave [task] out";
        reader.diagnostics.push(diagnostic.at(Some(&location)).help(help));
        return None;
    }
    Some(task)
}

/// Reports a length that is missing or given twice. One from the command line replaces the file's.
fn one_length(reader: &mut Reader<'_>, train: &mut TrainConfig) {
    let is_typed = |key: &str| {
        reader.root.find(key).is_some_and(|node| node.location.source.name == COMMAND_LINE)
    };
    match (train.epochs, train.length) {
        (None, None) => {
            let diagnostic = Diagnostic::new("`train.epochs` is missing");
            let help = "add a line to [train], as epochs = 10, or length = \"2000 steps\"";
            reader
                .diagnostics
                .push(diagnostic.at(Some(&reader.root.location_of("train.epochs"))).help(help));
        }
        (Some(_), Some(_)) => match (is_typed("train.epochs"), is_typed("train.length")) {
            (true, false) => train.length = None,
            (false, true) => train.epochs = None,
            _ => {
                let diagnostic = Diagnostic::new(
                    "`train.epochs` and `train.length` both give the length of the run",
                );
                let location = reader.root.location_of("train.length");
                reader
                    .diagnostics
                    .push(diagnostic.at(Some(&location)).help("leave one of them out"));
            }
        },
        _ => {}
    }
}

fn read_model(reader: &mut Reader<'_>) -> Option<ModelConfig> {
    const GANS: [&str; 2] = ["dcgan", "mlp-gan"];
    const TRANSLATORS: [&str; 2] = ["seq2seq", "transformer"];
    const AGENTS: [&str; 1] = ["actor-critic"];
    let kinds = [ClassifierConfig::KINDS, &GANS, &TRANSLATORS, &AGENTS].concat();
    let kind = reader.kind("model", &kinds)?;
    let gan = |(NoCommon {}, model)| ModelConfig::Gan(model);
    let translator = |(NoCommon {}, model)| ModelConfig::Translator(model);
    let agent = |(NoCommon {}, model)| ModelConfig::Agent(model);
    match kind {
        "dcgan" => tagged(reader, "model", kind, GanConfig::Dcgan).map(gan),
        "mlp-gan" => tagged(reader, "model", kind, GanConfig::MlpGan).map(gan),
        "seq2seq" => tagged(reader, "model", kind, TranslatorConfig::Seq2seq).map(translator),
        "transformer" => {
            tagged(reader, "model", kind, TranslatorConfig::Transformer).map(translator)
        }
        "actor-critic" => tagged(reader, "model", kind, AgentConfig::ActorCritic).map(agent),
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

/// Reads `[algorithm]`, which an agent needs and other networks do not have.
fn read_algorithm(reader: &mut Reader<'_>, model: Option<&ModelConfig>) -> Option<AlgorithmConfig> {
    let is_needed = matches!(model, Some(ModelConfig::Agent(_)));
    if !is_needed && !reader.has("algorithm") {
        return None;
    }
    let kind = reader.kind("algorithm", &["ppo"])?;
    let (evaluation, kind) = tagged(reader, "algorithm", kind, AlgorithmKind::Ppo)?;
    Some(AlgorithmConfig { kind, evaluation })
}

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
    let kind = reader.kind("schedule", &["constant", "step", "cosine", "linear", "one-cycle"])?;
    let (warmup, kind) = match kind {
        "constant" => tagged(reader, "schedule", kind, ScheduleKind::Constant),
        "step" => tagged(reader, "schedule", kind, ScheduleKind::Step),
        "cosine" => tagged(reader, "schedule", kind, ScheduleKind::Cosine),
        "linear" => tagged(reader, "schedule", kind, ScheduleKind::Linear),
        _ => tagged(reader, "schedule", kind, ScheduleKind::OneCycle),
    }?;
    Some(ScheduleConfig { kind, warmup })
}

/// The common part of a section whose kinds share no key.
type NoCommon = NoOptions;

/// Reads a section with a `kind`: its common part, and the kind's own part in its variant.
pub(super) fn tagged<Common, Own, Kind>(
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
