//! The page of an inspection: what a classifier has learned.

use maud::{Markup, html};

use crate::page::{figure, page, picture};
use crate::plot::{Axes, Series, bars, clouds};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct InspectPage {
    /// The run's name.
    pub name: String,
    /// The step of the checkpoint.
    pub step: u64,
    /// The weights of the first layer, a PNG; empty where they are no pictures.
    pub filters: Vec<u8>,
    /// Grids of pictures that classes and channels answer to most: the layer, and a PNG.
    pub most: Vec<(String, Vec<u8>)>,
    /// What the network makes of some pictures.
    pub looked: Vec<Looked>,
    /// The accuracy of a linear classifier on each layer's features.
    pub probes: Vec<(String, f64)>,
    /// Test pictures in two dimensions, one cloud for each class.
    pub embedding: Vec<Series>,
    /// The share of the variance along each of these.
    pub explained: [f64; 2],
}

/// A picture, and what the network makes of it.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Its class, or its file.
    pub name: String,
    /// What the network takes it for.
    pub guess: String,
    /// How probable it holds that.
    pub confidence: f64,
    /// A PNG.
    pub picture: Vec<u8>,
    /// Which pixels the guess rests on, a PNG.
    pub saliency: Vec<u8>,
    /// What each layer makes of it: its name, and a PNG.
    pub layers: Vec<(String, Vec<u8>)>,
}

impl InspectPage {
    /// The page, an HTML file.
    pub fn html(&self) -> String {
        let probes = Axes { x: "layer", y: "accuracy", log_x: false };
        let axes = self.explained.map(|share| format!("{:.0} % of the variance", 100.0 * share));
        let embedding = Axes { x: &axes[0], y: &axes[1], log_x: false };
        let body = html! {
            p.soft { "checkpoint of step " (self.step) }
            h2 { "How far each layer got" }
            div.plots {
                (figure(bars(probes, &self.probes),
                    "Accuracy on test pictures of a linear classifier on what each layer hands on"))
                (figure(clouds(embedding, &self.embedding),
                    "Test pictures by the features that the last layer reads: their first two principal components"))
            }
            @if !self.filters.is_empty() {
                h2 { "The first layer's weights" }
                p.soft { "Grey is 0, white counts for and black against." }
                div.batch { (picture(&self.filters, "weights of the first layer")) }
            }
            h2 { "What it looks for" }
            p.soft {
                "Pictures that make a class's logit, or a channel's mean, large: climbed to from noise, and for \
                 channels from the test picture that each answers to most, which is shown above it."
            }
            @for (layer, png) in &self.most {
                p { (layer) }
                (picture(png, &format!("what {layer} answers to most")))
            }
            h2 { "What it makes of pictures" }
            div.plots { @for looked in &self.looked { div { (looked.markup()) } } }
        };
        page(&format!("{}, inspected", self.name), &body)
    }
}

impl Looked {
    fn markup(&self) -> Markup {
        html! {
            div.pictures {
                figure {
                    (picture(&self.picture, &self.name))
                    figcaption {
                        (self.name) br;
                        "taken for " (self.guess) " " (format!("{:.1} %", 100.0 * self.confidence))
                    }
                }
                figure {
                    (picture(&self.saliency, "saliency"))
                    figcaption { "what that rests on" }
                }
            }
            details {
                summary { "layer by layer" }
                @for (layer, png) in &self.layers {
                    p { (layer) }
                    (picture(png, layer))
                }
            }
        }
    }
}
