//! `[model]`: the networks, one file for each kind, with its settings and their check.

mod cnn;
mod dcgan;
mod lenet;
mod mlp;
mod mlp_gan;
mod parts;
mod resnet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

pub use cnn::CnnConfig;
pub use dcgan::DcganConfig;
pub use lenet::LenetConfig;
pub use mlp::MlpConfig;
pub use mlp_gan::MlpGanConfig;
pub use parts::{Activation, Dropout, Initializer, Pooling};
pub use resnet::ResnetConfig;

/// The one list of classifiers, a row for each: `kind`, variant and settings. It is handed to the macro `$with`.
#[macro_export]
macro_rules! classifiers {
    ($with:ident) => {
        $with! {
            /// A multilayer perceptron; softmax regression when `hidden` is empty.
            "mlp" Mlp(MlpConfig),
            /// LeNet (LeCun et al. 1998), in the form of *Dive into Deep Learning*.
            "lenet" Lenet(LenetConfig),
            /// A plain convolutional network: blocks of convolutions, each of which halves the picture.
            "cnn" Cnn(CnnConfig),
            /// A residual network (He et al. 2016), in its form for CIFAR.
            "resnet" Resnet(ResnetConfig),
        }
    };
}

/// The settings of a classifier.
pub(crate) trait Network {
    /// The distribution of its initial weights.
    fn initializer(&self) -> Initializer;

    /// The smallest side of an image that leaves a pixel.
    fn smallest(&self) -> usize {
        1
    }

    /// Notes the faults of the settings alone.
    fn check(&self, checks: &mut Checks<'_>);

    /// Notes what does not go together with images of this side.
    fn check_size(&self, _size: usize, _checks: &mut Checks<'_>) {}
}

macro_rules! settings {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// The kinds of networks that name the class of a picture.
        #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum ClassifierConfig {
            $($(#[$doc])* $variant($config),)*
        }

        impl ClassifierConfig {
            /// All kinds.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            fn settings(&self) -> &dyn Network {
                match self {
                    $(Self::$variant(settings) => settings,)*
                }
            }
        }
    };
}

classifiers!(settings);

impl ClassifierConfig {
    /// The distribution of its initial weights.
    pub fn initializer(&self) -> Initializer {
        self.settings().initializer()
    }

    /// The smallest side of an image that leaves a pixel.
    pub fn smallest(&self) -> usize {
        self.settings().smallest()
    }
}

impl ModelConfig {
    /// Notes the faults of the settings alone.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        match self {
            Self::Classifier { network, init } => {
                network.settings().check(checks);
                init.check(checks);
            }
            Self::Gan(GanConfig::Dcgan(dcgan)) => dcgan.check(checks),
            Self::Gan(GanConfig::MlpGan(gan)) => gan.check(checks),
        }
    }

    /// Notes what does not go together with images of this side.
    pub(crate) fn check_size(&self, size: usize, checks: &mut Checks<'_>) {
        match self {
            Self::Classifier { network, .. } => network.settings().check_size(size, checks),
            Self::Gan(GanConfig::Dcgan(dcgan)) => dcgan.check_size(size, checks),
            // Linear layers take any.
            Self::Gan(GanConfig::MlpGan(_)) => {}
        }
    }
}

impl InitConfig {
    fn check(&self, checks: &mut Checks<'_>) {
        let Self { init, init_head } = self;
        let empty = init.as_deref() == Some("");
        checks.that("model.init", "\"\"", !empty, "the folder of a run");
        checks.contradiction(
            init.is_none() && *init_head == Some(false),
            "model.init_head",
            "`model.init_head` leaves out the head of another run's network, and `model.init` names \
             no run",
        );
    }
}

/// `[model]`: what is trained, by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("unevaluatedProperties" = false))]
pub enum ModelConfig {
    /// A network that names the class of a picture.
    Classifier {
        /// The network itself.
        #[serde(flatten)]
        network: ClassifierConfig,
        /// What every such network shares.
        #[serde(flatten)]
        init: InitConfig,
    },
    /// A network that makes pictures, and one that tells them from real ones.
    Gan(GanConfig),
}

/// The part of `[model]` that every classifier shares: the weights that it starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InitConfig {
    /// The folder of a run whose best checkpoint the network starts from. Without it, weights are
    /// drawn by `initializer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub init: Option<String>,
    /// Whether the last layer starts from that run as well (the default), or is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_head: Option<bool>,
}

/// The kinds of adversarial pairs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GanConfig {
    /// Convolutions (Radford, Metz and Chintala 2016).
    Dcgan(DcganConfig),
    /// Linear layers.
    MlpGan(MlpGanConfig),
}

#[cfg(test)]
mod tests;
