//! The page of a learning rate range test: the loss against the learning rate.

use maud::html;

use crate::page::{figure, page};
use crate::plot::{Axes, Series, curves};

/// The page, an HTML file. Points are pairs of learning rate and loss; `suggested` is the range of rates worth trying.
pub fn html(
    name: &str,
    losses: &[(f64, f64)],
    smoothed: &[(f64, f64)],
    suggested: Option<[f64; 2]>,
) -> String {
    let series = |name: &str, points: Vec<(f64, f64)>| Series { name: name.to_owned(), points };
    let between = |[from, to]: [f64; 2]| {
        smoothed.iter().filter(|(rate, _)| (from..=to).contains(rate)).copied().collect()
    };
    let all = [
        series("loss", losses.to_vec()),
        series("smoothed", smoothed.to_vec()),
        series("worth trying", suggested.map_or_else(Vec::new, between)),
    ];
    let axes = Axes { x: "learning rate", y: "loss", log_x: true };
    let body = html! {
        p {
            @match suggested {
                Some([from, to]) => {
                    "Learning rates worth trying: " (format!("{from:.2e} to {to:.2e}"))
                    ", from nine tenths of the loss's decrease to its minimum."
                }
                None => { "The loss hardly falls." }
            }
        }
        (figure(curves(axes, &all), "Training loss of each step, against its learning rate"))
    };
    page(&format!("{name}: learning rate range test"), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_marked() {
        let points: Vec<_> =
            (1..50).map(|at| (f64::from(at) * 1e-3, 1.0 / f64::from(at))).collect();
        let page = html("mlp", &points, &points, Some([2e-3, 5e-3]));
        assert!(page.contains("2.00e-3 to 5.00e-3") && page.contains(">\nworth trying"), "{page}");
        let page = html("mlp", &points, &points, None);
        assert!(page.contains("hardly falls") && !page.contains("worth trying"), "{page}");
    }
}
