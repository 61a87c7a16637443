//! A report as HTML.

use maud::{Markup, html};

use super::{CaptionedImages, Curves, Report, Scatter, TableCell, View};
use crate::Alignment;
use crate::page::{figure, heat_map, image, table};
use crate::plot::{Axes, confusion, curves, reliability, scatter};
use crate::png::png;

impl Report {
    /// The section of a page for the results of the checkpoint of `step`, with its heading.
    pub fn to_html(&self, step: u64) -> Markup {
        html! {
            h2 { "Results (" (self.split) " set, step " (step) ")" }
            p.soft { (self.texts().join(", ")) }
            div.plots { @for (_, view) in &self.views { (view.to_html()) } }
            @for (_, images) in self.images() { (images.to_html()) }
            @for (_, view) in &self.views {
                @if let View::Alignments(alignments) = view { (to_html(alignments)) }
            }
        }
    }
}

impl View {
    /// The view among the plots; nothing for texts and images, which stand above and below.
    fn to_html(&self) -> Markup {
        match self {
            Self::Table(shown) => {
                let cells = |row: &Vec<TableCell>| row.iter().map(ToString::to_string).collect();
                let rows: Vec<_> = shown.rows.iter().map(cells).collect();
                html! { div { (table(&shown.header, &rows)) } }
            }
            Self::Matrix(matrix) => {
                let names: Vec<_> = matrix.classes.iter().map(String::as_str).collect();
                figure(confusion(&names, &matrix.counts), "Confusion matrix")
            }
            Self::Reliability(shown) => {
                let caption = format!(
                    "Reliability diagram: accuracy at each confidence. Expected calibration error {:.4}",
                    shown.error
                );
                figure(Some(reliability(&shown.accuracies)), &caption)
            }
            Self::Scatter(Scatter { caption, axes: [x, y], points, slope }) => {
                figure(scatter(Axes { x, y, log_x: false }, points, *slope), caption)
            }
            Self::Curves(Curves { caption, axes: [x, y], series }) => {
                figure(curves(Axes { x, y, log_x: false }, series), caption)
            }
            Self::Text(..) | Self::Images(_) | Self::Alignments(_) => html! {},
        }
    }
}

/// The weights of attentions, with their heading.
fn to_html(alignments: &[Alignment]) -> Markup {
    html! {
        @if !alignments.is_empty() {
            h2 { "Attention" }
            p.soft { "Each row is a token of the target; the darker a cell, the larger the weight of that source token." }
            div.plots { @for Alignment { source, target, weights } in alignments {
                (heat_map(source, target, weights))
            } }
        }
    }
}

impl CaptionedImages {
    fn to_html(&self) -> Markup {
        html! {
            @if !self.captions.is_empty() {
                h2 { (self.title) }
                p.soft { (self.note) }
                div.pictures {
                    @for (pixels, caption) in self.each().zip(&self.captions) {
                        figure {
                            (image(&png(self.shape, pixels), &caption.join(", ")))
                            figcaption {
                                @for (place, line) in caption.iter().enumerate() {
                                    @if place > 0 { br; }
                                    (line)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
