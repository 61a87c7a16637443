//! The network: its own ranges, and whether the pictures are large enough for it.

use super::{Checks, LARGEST};
use crate::sections::{
    Activation, ClassifierConfig, CnnConfig, DataSource, DcganConfig, Dropout, GanConfig,
    InitConfig, MlpConfig, MlpGanConfig, ModelConfig, ResnetConfig,
};

/// The most weights between hidden layers: a gigabyte of them.
const MOST_WEIGHTS: usize = 1 << 28;

/// The most channels of a convolution.
const MOST_CHANNELS: usize = 4096;

/// The most blocks or stages: so often can the largest side be halved.
const MOST_STAGES: usize = 20;

/// The smallest side that leaves a pixel: `12 / 2 - 4 = 2`, and `2 / 2 = 1`.
pub(super) const SMALLEST_FOR_LENET: usize = 12;

impl Checks<'_> {
    pub(super) fn model(&mut self, model: &ModelConfig) {
        match model {
            ModelConfig::Classifier { network, init } => {
                self.network(network);
                self.init(init);
            }
            ModelConfig::Gan(GanConfig::Dcgan(dcgan)) => self.dcgan(dcgan),
            ModelConfig::Gan(GanConfig::MlpGan(gan)) => self.mlp_gan(gan),
        }
    }

    fn network(&mut self, network: &ClassifierConfig) {
        match network {
            ClassifierConfig::Mlp(mlp) => self.mlp(mlp),
            // Its settings are words, and every word fits every other.
            ClassifierConfig::Lenet(_) => {}
            ClassifierConfig::Cnn(cnn) => self.cnn(cnn),
            ClassifierConfig::Resnet(resnet) => self.resnet(resnet),
        }
    }

    fn init(&mut self, InitConfig { init, init_head }: &InitConfig) {
        let empty = init.as_deref() == Some("");
        self.that("model.init", "\"\"", !empty, "the folder of a run");
        self.contradiction(
            init.is_none() && *init_head == Some(false),
            "model.init_head",
            "`model.init_head` leaves out the head of another run's network, and `model.init` names \
             no run",
        );
    }

    /// Whether something is left of a picture behind all pooling, where its size is known.
    pub(super) fn picture(&mut self, source: &DataSource, model: &ModelConfig) {
        let Some(size) = source.size() else { return };
        match model {
            ModelConfig::Classifier { network: ClassifierConfig::Lenet(_), .. } => self
                .contradiction(
                    size < SMALLEST_FOR_LENET,
                    "data.size",
                    &format!(
                        "the network `lenet` needs pictures of at least \
                     {SMALLEST_FOR_LENET}x{SMALLEST_FOR_LENET} pixels, and these have {size}x{size}"
                    ),
                ),
            ModelConfig::Classifier { network: ClassifierConfig::Cnn(cnn), .. } => {
                let blocks = cnn.widths.len();
                let halvings = size.checked_ilog2().unwrap_or(0);
                self.contradiction(
                    blocks > halvings as usize,
                    "model.widths",
                    &format!(
                        "`model.widths` has {blocks} blocks, each of which halves the picture, and \
                         {size}x{size} pixels can be halved {halvings} times"
                    ),
                );
            }
            ModelConfig::Gan(GanConfig::Dcgan(dcgan)) => {
                let halvings = dcgan.widths.len();
                self.contradiction(
                    halvings < usize::BITS as usize && !size.is_multiple_of(1 << halvings),
                    "model.widths",
                    &format!(
                        "`model.widths` halves the picture {halvings} times, and {size} pixels can \
                         be halved {} times without a rest",
                        size.trailing_zeros()
                    ),
                );
                let inner = dcgan.widths.last().copied().unwrap_or(1);
                let area = (size >> halvings.min(31)).saturating_mul(size >> halvings.min(31));
                let weights = dcgan.latent.saturating_mul(inner).saturating_mul(area);
                self.that(
                    "model.latent",
                    format!("{weights} weights in the generator's first layer"),
                    weights <= MOST_WEIGHTS,
                    "at most 2^28 weights",
                );
            }
            // Strides round up, so that a pixel is always left.
            ModelConfig::Classifier {
                network: ClassifierConfig::Resnet(_) | ClassifierConfig::Mlp(_),
                ..
            }
            | ModelConfig::Gan(GanConfig::MlpGan(_)) => {}
        }
    }

    fn mlp(&mut self, mlp: &MlpConfig) {
        self.hidden(&mlp.hidden);
        for dropout in mlp.dropout.per_layer(1) {
            self.that("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
        }
        if let Dropout::Each(each) = &mlp.dropout {
            let (wanted, found) = (mlp.hidden.len(), each.len());
            self.contradiction(
                wanted != found,
                "model.dropout",
                &format!("`model.dropout` lists {found} layers, and `model.hidden` has {wanted}"),
            );
        }
        self.contradiction(
            mlp.hidden.is_empty() && matches!(mlp.dropout, Dropout::Same(share) if share > 0.0),
            "model.dropout",
            "`model.dropout` drops hidden units, and `model.hidden` is empty",
        );
        self.contradiction(
            mlp.hidden.is_empty()
                && mlp.activation != Activation::default()
                && mlp.activation != Activation::None,
            "model.activation",
            "`model.activation` stands behind hidden layers, and `model.hidden` is empty",
        );
    }

    /// The widths of linear layers.
    fn hidden(&mut self, hidden: &[usize]) {
        for width in hidden {
            self.that(
                "model.hidden",
                width,
                (1..=LARGEST).contains(width),
                "widths of 1 to 1048576",
            );
        }
        self.that(
            "model.hidden",
            format!("{} layers", hidden.len()),
            hidden.len() <= 1000,
            "at most 1000 layers",
        );
        let weights: usize = hidden
            .windows(2)
            .fold(0, |sum: usize, pair| sum.saturating_add(pair[0].saturating_mul(pair[1])));
        self.that(
            "model.hidden",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }

    fn mlp_gan(&mut self, gan: &MlpGanConfig) {
        self.latent(gan.latent);
        self.hidden(&gan.hidden);
        let layers = gan.hidden.len();
        self.that("model.hidden", format!("{layers} layers"), layers > 0, "at least 1 layer");
    }

    fn dcgan(&mut self, dcgan: &DcganConfig) {
        self.latent(dcgan.latent);
        self.widths("convolutions", &dcgan.widths);
        let ones = vec![1; dcgan.widths.len()];
        self.convolutions(0, &dcgan.widths, &ones, 16);
    }

    fn latent(&mut self, latent: usize) {
        self.that("model.latent", latent, (1..=4096).contains(&latent), "1 to 4096");
    }

    fn cnn(&mut self, cnn: &CnnConfig) {
        self.widths("blocks", &cnn.widths);
        self.that("model.depth", cnn.depth, (1..=16).contains(&cnn.depth), "1 to 16");
        self.that(
            "model.kernel_size",
            cnn.kernel_size,
            (1..=15).contains(&cnn.kernel_size) && cnn.kernel_size % 2 == 1,
            "an odd number, 1 to 15",
        );
        self.dropout(cnn.dropout);
        let area = cnn.kernel_size.saturating_mul(cnn.kernel_size);
        let depths = vec![cnn.depth; cnn.widths.len()];
        // The picture's own channels are few.
        self.convolutions(0, &cnn.widths, &depths, area);
    }

    fn resnet(&mut self, resnet: &ResnetConfig) {
        self.widths("stages", &resnet.widths);
        for depth in &resnet.depths {
            self.that("model.depths", depth, (1..=64).contains(depth), "1 to 64 blocks");
        }
        let (wanted, found) = (resnet.widths.len(), resnet.depths.len());
        self.contradiction(
            wanted != found,
            "model.depths",
            &format!(
                "`model.depths` and `model.widths` differ in length: {found} and {wanted} stages"
            ),
        );
        self.dropout(resnet.dropout);
        let convolutions: Vec<_> =
            resnet.depths.iter().map(|depth| depth.saturating_mul(2)).collect();
        let first = resnet.widths.first().copied().unwrap_or(0);
        self.convolutions(first, &resnet.widths, &convolutions, 9);
    }

    /// The channels of each block or stage.
    fn widths(&mut self, what: &str, widths: &[usize]) {
        self.that(
            "model.widths",
            format!("{} {what}", widths.len()),
            (1..=MOST_STAGES).contains(&widths.len()),
            &format!("1 to {MOST_STAGES} {what}"),
        );
        for width in widths {
            self.that(
                "model.widths",
                width,
                (1..=MOST_CHANNELS).contains(width),
                "widths of 1 to 4096",
            );
        }
    }

    fn dropout(&mut self, dropout: f64) {
        self.that("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
    }

    /// The weights of `depths` convolutions to each of `widths` channels, the first of which
    /// reads so many channels.
    fn convolutions(&mut self, first: usize, widths: &[usize], depths: &[usize], area: usize) {
        let mut weights: usize = 0;
        let mut before = first;
        for (width, depth) in widths.iter().zip(depths) {
            let inputs = width.saturating_mul(depth.saturating_sub(1)).saturating_add(before);
            let own = width.saturating_mul(inputs).saturating_mul(area);
            weights = weights.saturating_add(own);
            before = *width;
        }
        self.that(
            "model.widths",
            format!("{weights} weights"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }
}

#[cfg(test)]
mod tests;
