//! Parts of a page: one HTML file without external resources, in light and dark mode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::theme::CSS;

/// The HTML file of a page, with `title` as its title and heading.
pub fn page(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Without it, browsers request an icon file.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    }
    .into_string()
}

/// An embedded PNG image, with its alternative text.
pub fn image(png: &[u8], description: &str) -> Markup {
    html! {
        img src={ "data:image/png;base64," (STANDARD.encode(png)) } alt=(description);
    }
}

/// A plot with its caption; nothing without a plot.
pub fn figure(svg: Option<String>, caption: &str) -> Markup {
    html! {
        @if let Some(svg) = svg {
            figure {
                (PreEscaped(svg))
                figcaption { (caption) }
            }
        }
    }
}

/// A heat map of weights from 0 to 1, one row for each of `rows`.
pub fn heat_map(columns: &[String], rows: &[String], weights: &[Vec<f64>]) -> Markup {
    html! {
        div.heat {
            table {
                tr { td; @for name in columns { th { span { (name) } } } }
                @for (name, weights) in rows.iter().zip(weights) {
                    tr {
                        th { (name) }
                        @for weight in weights {
                            td style={ "--weight:" (format!("{:.0}%", 100.0 * weight)) }
                                title=(format!("{weight:.3}")) {}
                        }
                    }
                }
            }
        }
    }
}

/// A table of facts: name and value.
pub fn facts<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        table.facts {
            @for (name, value) in rows {
                tr { td { (name) } td { (value) } }
            }
        }
    }
}

/// A table whose first column is aligned to the left, and all others to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        table {
            tr { @for name in header { th { (name) } } }
            @for row in rows {
                tr { @for cell in row { td { (cell) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_and_no_markup() {
        let rows = [vec!["<script>alert(1)</script>".to_owned(), "\"&".to_owned()]];
        let text = page("</title><b>", &table(&["<i>"], &rows));
        for hostile in ["<script>", "</title><b>", "<i>", "\"&<"] {
            assert!(!text.contains(hostile), "{text}");
        }
        assert!(image(b"x", "\"><b>").into_string().contains("data:image/png;base64,eA=="));
    }
}
