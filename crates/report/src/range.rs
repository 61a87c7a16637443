//! The page of a range test: the loss against the learning rate.

use maud::html;

use crate::page::{figure, page};
use crate::plot::{Axes, Series, curves};

/// The page; each point is a rate and a loss.
pub fn html(
    name: &str,
    losses: &[(f64, f64)],
    smoothed: &[(f64, f64)],
    suggestion: Option<f64>,
) -> String {
    let series = |name: &str, points: Vec<(f64, f64)>| Series { name: name.to_owned(), points };
    let mark = suggestion.map_or_else(Vec::new, |rate| {
        let ends = smoothed.iter().map(|point| point.1);
        let (low, high) = (ends.clone().fold(f64::MAX, f64::min), ends.fold(f64::MIN, f64::max));
        vec![(rate, low), (rate, high)]
    });
    let all = [
        series("loss", losses.to_vec()),
        series("smoothed", smoothed.to_vec()),
        series("steepest", mark),
    ];
    let axes = Axes { x: "learning rate", y: "loss", log_x: true };
    let body = html! {
        p {
            @match suggestion {
                Some(rate) => { "The loss falls most steeply at a learning rate of " (format!("{rate:.2e}")) "." }
                None => { "The loss never falls." }
            }
        }
        (figure(curves(axes, &all), "The loss of each step, whose learning rate is larger than the last one's"))
    };
    page(&format!("{name}: range test of the learning rate"), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_marked() {
        let points: Vec<_> =
            (1..50).map(|at| (f64::from(at) * 1e-3, 1.0 / f64::from(at))).collect();
        let page = html("mlp", &points, &points, Some(2e-3));
        assert!(page.contains("2.00e-3") && page.contains("steepest"), "{page}");
        assert!(html("mlp", &points, &points, None).contains("never falls"));
    }
}
