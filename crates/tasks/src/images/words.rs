//! The text of a model card for a network on images.

use std::fmt::Write as _;

use hearth_data::{ImageShape, Normalization, preprocessing};
use hearth_export::Format;
use hearth_export::card::classes;
use hearth_export::signature::{BurnCode, Words};

use crate::images::export::{ImageNetwork, ImageSignature};

impl ImageSignature {
    /// The shape of an image as code: channels, height, width.
    pub(super) fn size(&self) -> String {
        let ImageShape { channels, height, width } = self.shape;
        format!("{channels}, {height}, {width}")
    }

    /// The section on preprocessing: from an image file to the input, step by step and as Python.
    fn prepared(&self, format: Format) -> String {
        let mut text = format!(
            "## Preprocessing\n\nAn image file becomes pixels `[1, {}]` in these steps, in \
             this order; other ways give other classes. (Pillow's `convert(\"L\")` weighs the colours by BT.601, and \
             its `BICUBIC`, the same filter, rounds between its two passes.)\n\n| step | how |\n| --- | --- |\n",
            self.size()
        );
        // Writing to a string cannot fail.
        for (name, step) in preprocessing::steps(self.shape) {
            let _ = writeln!(text, "| {name} | {step} |");
        }
        let Normalization { mean, std } = &self.normalization;
        let inside = if format == Format::Onnx { ", inside the graph" } else { "" };
        let _ = writeln!(
            text,
            "| normalisation | `(pixel / 255 - mean) / std` for each channel{inside}: mean {mean:?}, std {std:?} |"
        );
        let samples = match format {
            Format::Onnx => "`prepare(path)` gives the graph's samples",
            _ => "the network takes `(prepare(path) / 255 - mean) / std`",
        };
        let _ = write!(
            text,
            "\nThe same with NumPy and Pillow, but for a level here and there (JPEG decoders differ, and Pillow keeps \
             8 of 16 bits of colours); {samples}:\n\n```python\n{}```\n",
            preprocessing::python(self.shape)
        );
        text
    }
}

impl Words for ImageSignature {
    fn task(&self) -> &'static str {
        match self.kind {
            ImageNetwork::Classifier => "image-classification",
            ImageNetwork::Generator { .. } => "unconditional-image-generation",
            ImageNetwork::Discriminator => "other",
        }
    }

    /// The results of an adversarial pair are those of its generator.
    fn has_results(&self) -> bool {
        self.kind != ImageNetwork::Discriminator
    }

    fn purpose(&self) -> String {
        let purpose = match self.kind {
            ImageNetwork::Classifier => "names the class of a picture",
            ImageNetwork::Generator { .. } => "makes a picture of random numbers",
            ImageNetwork::Discriminator => "tells real pictures from made ones",
        };
        purpose.to_owned()
    }

    fn unit(&self) -> String {
        let ImageShape { channels, height, width } = self.shape;
        format!("pictures of {channels}x{height}x{width}")
    }

    fn checked(&self) -> [&'static str; 2] {
        match self.kind {
            ImageNetwork::Generator { .. } => ["draws of random numbers", "pixels, from -1 to 1,"],
            _ => ["test pictures", "probabilities"],
        }
    }

    fn usage(&self, format: Format, settings: &str) -> String {
        let picture = self.size();
        match self.kind {
            ImageNetwork::Generator { latent } => format!(
                "It takes `[batch, {latent}]` numbers of a standard normal distribution, and gives pictures `[batch, \
                 {picture}]` from -1 to 1: a byte is `(value + 1) * 127.5`."
            ),
            _ if format == Format::Onnx => format!(
                "`pixels` is `[batch, {picture}]`, floats from 0 to 255; they are normalised inside. How they are \
                 made of an image file: [Preprocessing](#preprocessing)."
            ),
            _ => format!(
                "It takes pictures `[batch, {picture}]` as `(pixel / 255 - mean) / std`, by the mean and std of \
                 `{settings}`, and gives logits. How the pixels are made of an image file: \
                 [Preprocessing](#preprocessing)."
            ),
        }
    }

    fn burn(&self) -> BurnCode {
        let (config, dims) = ("ModelConfig", self.size());
        let pair = "ModelConfig::Gan(pair)";
        let (pattern, new) = match self.kind {
            ImageNetwork::Classifier => (
                "ModelConfig::Classifier { network, .. }",
                format!("Classifier::new(network, [{dims}], {}, 0, &device)?", self.classes.len()),
            ),
            ImageNetwork::Generator { .. } => {
                (pair, format!("Gan::new(pair, [{dims}], 0, &device)?.generator"))
            }
            ImageNetwork::Discriminator => {
                (pair, format!("Gan::new(pair, [{dims}], 0, &device)?.discriminator"))
            }
        };
        BurnCode { config, pattern, new }
    }

    fn sections(&self, format: Format, _: &str) -> String {
        match self.kind {
            ImageNetwork::Generator { .. } => String::new(),
            _ => format!("{}\n{}", self.prepared(format), classes(&self.classes)),
        }
    }
}
