//! `[model]`: the networks. Each kind has a file with its settings and their check.

mod actor_critic;
mod cnn;
mod dcgan;
mod lenet;
mod mlp;
mod mlp_gan;
mod parts;
mod resnet;
mod seq2seq;
mod transformer;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

pub use actor_critic::ActorCriticConfig;
pub use cnn::CnnConfig;
pub use dcgan::DcganConfig;
pub use lenet::LenetConfig;
pub use mlp::MlpConfig;
pub use mlp_gan::MlpGanConfig;
pub use parts::{Activation, DropoutRates, Initializer, Pooling};
pub use resnet::ResnetConfig;
pub use seq2seq::{AttentionKind, Seq2seqConfig};
pub use transformer::{PositionKind, TransformerConfig};

/// The table of classifiers, passed to the macro `$with`: a row of `kind`, variant and settings for each.
#[macro_export]
macro_rules! classifiers {
    ($with:ident) => {
        $with! {
            /// A multilayer perceptron; softmax or linear regression when `hidden` is empty.
            "mlp" Mlp(MlpConfig),
            /// LeNet-5 (LeCun et al. 1998), in the form of *Dive into Deep Learning*.
            "lenet" Lenet(LenetConfig),
            /// A plain convolutional network: blocks of convolutions, each of which halves the image.
            "cnn" Cnn(CnnConfig),
            /// A residual network (He et al. 2016), in its form for CIFAR.
            "resnet" Resnet(ResnetConfig),
        }
    };
}

/// The settings of a kind of classifier.
pub(crate) trait NetworkSettings {
    /// The distribution of the initial weights.
    fn initializer(&self) -> Initializer;

    /// The minimum height and width of an image, in pixels.
    fn smallest(&self) -> usize {
        1
    }

    /// Reports errors of the settings by themselves.
    fn check(&self, checks: &mut Checks<'_>);

    /// Reports contradictions with images of `size` x `size` pixels.
    fn check_size(&self, _size: usize, _checks: &mut Checks<'_>) {}
}

macro_rules! settings {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// The kinds of networks with one output for each class, or one in all for a regression.
        #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum ClassifierConfig {
            $($(#[$doc])* $variant($config),)*
        }

        impl ClassifierConfig {
            /// All kinds.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            fn settings(&self) -> &dyn NetworkSettings {
                match self {
                    $(Self::$variant(settings) => settings,)*
                }
            }
        }
    };
}

classifiers!(settings);

impl ClassifierConfig {
    /// The distribution of the initial weights.
    pub fn initializer(&self) -> Initializer {
        self.settings().initializer()
    }

    /// The minimum height and width of an image, in pixels.
    pub fn smallest(&self) -> usize {
        self.settings().smallest()
    }
}

impl ModelConfig {
    /// Reports errors of the settings by themselves.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        match self {
            Self::Classifier { network, init } => {
                network.settings().check(checks);
                init.check(checks);
            }
            Self::Gan(GanConfig::Dcgan(dcgan)) => dcgan.check(checks),
            Self::Gan(GanConfig::MlpGan(gan)) => gan.check(checks),
            Self::Translator(TranslatorConfig::Seq2seq(network)) => network.check(checks),
            Self::Translator(TranslatorConfig::Transformer(network)) => network.check(checks),
            Self::Agent(AgentConfig::ActorCritic(network)) => network.check(checks),
        }
    }

    /// Reports contradictions with images of `size` x `size` pixels.
    pub(crate) fn check_size(&self, size: usize, checks: &mut Checks<'_>) {
        match self {
            Self::Classifier { network, .. } => network.settings().check_size(size, checks),
            Self::Gan(GanConfig::Dcgan(dcgan)) => dcgan.check_size(size, checks),
            // Linear layers take images of any size, and the others take none.
            Self::Gan(GanConfig::MlpGan(_)) | Self::Translator(_) | Self::Agent(_) => {}
        }
    }
}

impl InitConfig {
    fn check(&self, checks: &mut Checks<'_>) {
        let Self { init, init_head } = self;
        let empty = init.as_deref() == Some("");
        checks.require("model.init", "\"\"", !empty, "the folder of a run");
        checks.contradiction(
            init.is_none() && *init_head == Some(false),
            "model.init_head",
            "`model.init_head` leaves out the head of another run's network, and `model.init` names \
             no run",
        );
    }
}

/// `[model]`: the network to train, by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("unevaluatedProperties" = false))]
pub enum ModelConfig {
    /// A network for classification or regression.
    Classifier {
        /// The network itself.
        #[serde(flatten)]
        network: ClassifierConfig,
        /// The settings that every such network has.
        #[serde(flatten)]
        init: InitConfig,
    },
    /// A GAN: a generator of images, and a discriminator of real and fake ones.
    Gan(GanConfig),
    /// An encoder of a source sequence and a decoder of a target sequence.
    Translator(TranslatorConfig),
    /// The networks of an agent, which acts in an environment.
    Agent(AgentConfig),
}

/// The part of `[model]` that every classifier shares: its initial weights.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InitConfig {
    /// The folder of a run, whose best checkpoint holds the initial weights. When absent, `initializer` draws them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub init: Option<String>,
    /// True (the default) if that run's last layer is taken as well; false if `initializer` draws it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_head: Option<bool>,
}

/// The kinds of GANs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GanConfig {
    /// A GAN of convolutional networks (Radford, Metz and Chintala 2016).
    Dcgan(DcganConfig),
    /// A GAN of multilayer perceptrons (Goodfellow et al. 2014).
    MlpGan(MlpGanConfig),
}

/// The kinds of translators: networks from one sequence of tokens to another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TranslatorConfig {
    /// A recurrent encoder and decoder, with attention or without.
    Seq2seq(Seq2seqConfig),
    /// An encoder and a decoder of self-attention.
    Transformer(TransformerConfig),
}

/// The kinds of networks of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AgentConfig {
    /// A policy and an estimate of returns, for PPO.
    ActorCritic(ActorCriticConfig),
}

#[cfg(test)]
mod tests;
