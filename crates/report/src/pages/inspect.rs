//! The pages of inspections: linear probes, embedding, filters, activation maximisation and saliency of a classifier;
//! tokens and attention of a translator.

use std::path::PathBuf;

use maud::{Markup, html};
use serde::Serialize;

use crate::page::{figure, heat_map, image, page};
use crate::plot::{Axes, Series, bars, clouds};
use crate::{Alignment, Translation, fixed, shown_tokens};

/// The content of the page of a classifier.
#[derive(Clone, Debug, Default)]
pub struct InspectPage {
    /// The run's name.
    pub name: String,
    /// The step of the checkpoint.
    pub step: u64,
    /// The weights of the first layer, a PNG; empty where they are no images.
    pub filters: Vec<u8>,
    /// Images that maximise classes and channels (activation maximisation): the layer, and a PNG.
    pub maximised: Vec<(String, Vec<u8>)>,
    /// Images with the network's prediction, saliency and activations.
    pub images: Vec<InspectedImage>,
    /// Linear probes: the layer, and the accuracy of a linear classifier on its features.
    pub probes: Vec<(String, f64)>,
    /// Test images in the first two principal components of the last layer's inputs, a series for each class.
    pub embedding: Vec<Series>,
    /// The share of the variance that each component explains.
    pub explained: [f64; 2],
}

/// An image with the network's prediction, saliency and activations.
#[derive(Clone, Debug, Default)]
pub struct InspectedImage {
    /// Its class, or its file name.
    pub name: String,
    /// The predicted class.
    pub predicted: String,
    /// The probability of the predicted class.
    pub confidence: f64,
    /// The image, a PNG.
    pub image: Vec<u8>,
    /// The saliency map of the prediction, a PNG.
    pub saliency: Vec<u8>,
    /// Activations: the layer, and a PNG.
    pub activations: Vec<(String, Vec<u8>)>,
}

impl InspectPage {
    /// The page, an HTML file.
    pub fn html(&self) -> String {
        let probes = Axes { x: "layer", y: "accuracy", log_x: false };
        let axes = self.explained.map(|share| format!("{:.0} % of the variance", 100.0 * share));
        let embedding = Axes { x: &axes[0], y: &axes[1], log_x: false };
        let body = html! {
            p.soft { "checkpoint of step " (self.step) }
            h2 { "Linear probes and embedding" }
            div.plots {
                (figure(bars(probes, &self.probes),
                    "Test accuracy of a linear classifier on each layer's features"))
                (figure(clouds(embedding, &self.embedding),
                    "Test images in the first two principal components of the last layer's inputs"))
            }
            @if !self.filters.is_empty() {
                h2 { "The first layer's weights" }
                p.soft { "Grey is 0, white is positive, black is negative." }
                div.batch { (image(&self.filters, "weights of the first layer")) }
            }
            h2 { "Activation maximisation" }
            p.soft {
                "Images that maximise a class's logit or a channel's mean, by gradient ascent: for classes from noise, for \
                 channels from the test image of the largest mean, shown above the result."
            }
            @for (layer, png) in &self.maximised {
                p { (layer) }
                (image(png, &format!("images that maximise {layer}")))
            }
            h2 { "Saliency and activations" }
            div.plots { @for image in &self.images { div { (image.markup()) } } }
        };
        page(&format!("{}, inspected", self.name), &body)
    }
}

impl InspectedImage {
    fn markup(&self) -> Markup {
        html! {
            div.pictures {
                figure {
                    (image(&self.image, &self.name))
                    figcaption {
                        (self.name) br;
                        "predicted: " (self.predicted) " " (format!("{:.1} %", 100.0 * self.confidence))
                    }
                }
                figure {
                    (image(&self.saliency, "saliency"))
                    figcaption { "saliency" }
                }
            }
            details {
                summary { "activations by layer" }
                @for (layer, png) in &self.activations {
                    p { (layer) }
                    (image(png, layer))
                }
            }
        }
    }
}

/// The content of the page of a translator.
#[derive(Clone, Debug, Default)]
pub struct TranslationsPage {
    /// The run's name.
    pub name: String,
    /// The step of the checkpoint.
    pub step: u64,
    /// Texts with their translations.
    pub texts: Vec<InspectedText>,
}

/// A text with its translation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedText {
    /// The text.
    pub text: String,
    /// Its tokens, with that of its end.
    pub tokens: Vec<String>,
    /// Its best translation.
    pub translation: Translation,
    /// The file of the attention, a PNG; none without attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<PathBuf>,
}

impl TranslationsPage {
    /// The page, an HTML file.
    pub fn html(&self) -> String {
        let body = html! {
            p.soft { "checkpoint of step " (self.step) }
            @for InspectedText { text, tokens, translation, .. } in &self.texts {
                h2 { (translation.text) }
                p { (text) }
                p.soft { "tokens: " (shown_tokens(tokens)) }
                p.soft { "score: " (fixed(translation.score, 4)) }
                @if let Some(Alignment { source, target, weights }) = &translation.attention {
                    (heat_map(source, target, weights))
                }
            }
        };
        page(&format!("{}, inspected", self.name), &body)
    }
}
