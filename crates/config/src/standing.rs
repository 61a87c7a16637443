//! The order of validation results: one for best checkpoints, early stopping and rankings.

use std::cmp::Ordering;

use crate::tasks::Metric;

/// The validation results after a step that are compared: a metric, and the loss to break ties.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The step.
    pub step: u64,
    /// The metric's value, compared first.
    pub value: f64,
    /// The validation loss, which breaks ties; none where it is absent or unknown.
    pub loss: Option<f64>,
}

/// The direction in which a number improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Higher is better, as of an accuracy.
    Higher,
    /// Lower is better, as of a loss.
    Lower,
    /// The number explains another one and is not compared.
    Neither,
}

impl Metric {
    /// The direction in which the metric improves.
    pub fn better(self) -> Better {
        match self {
            Self::Accuracy | Self::R2 | Self::ExactMatch | Self::Bleu | Self::EpisodicReturn => {
                Better::Higher
            }
            Self::Loss | Self::Distance | Self::Rmse | Self::Mae => Better::Lower,
        }
    }

    /// The standing after a step; `find` returns a result by its name. The value is NaN where the metric is missing.
    pub fn standing(self, step: u64, find: impl Fn(&str) -> Option<f64>) -> Standing {
        let loss = find(Self::Loss.name()).filter(|loss| loss.is_finite());
        Standing { step, value: find(self.name()).unwrap_or(f64::NAN), loss }
    }

    /// The order of two standings, the better first: by the metric, then by the lower loss, then by the earlier step.
    /// NaN and infinities come last.
    pub fn compare(self, left: &Standing, right: &Standing) -> Ordering {
        let values = match self.better() {
            Better::Higher => ascending(-left.value, -right.value),
            Better::Lower | Better::Neither => ascending(left.value, right.value),
        };
        let loss = |score: &Standing| score.loss.unwrap_or(f64::NAN);
        values
            .then_with(|| ascending(loss(left), loss(right)))
            .then_with(|| left.step.cmp(&right.step))
    }

    /// True if the later standing `new` is better than `old`. With a `margin` above 0, the metric has to improve by
    /// more than `margin`, and the loss breaks no ties.
    pub fn improves(self, new: &Standing, old: &Standing, margin: f64) -> bool {
        if !new.value.is_finite() {
            return false;
        }
        if margin == 0.0 || !old.value.is_finite() {
            return self.compare(new, old).is_lt();
        }
        match self.better() {
            Better::Higher => new.value > old.value + margin,
            Better::Lower | Better::Neither => new.value < old.value - margin,
        }
    }
}

/// The order of numbers, ascending; NaN and infinities last.
fn ascending(left: f64, right: f64) -> Ordering {
    match (left.is_finite(), right.is_finite()) {
        // `partial_cmp` takes -0 for 0.
        (true, true) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        (false, false) => Ordering::Equal,
        (is_finite, _) => {
            if is_finite {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(step: u64, value: f64, loss: impl Into<Option<f64>>) -> Standing {
        Standing { step, value, loss: loss.into() }
    }

    /// True if `new` is better than `old`.
    fn gains(metric: Metric, old: Standing, new: Standing) -> bool {
        metric.improves(&new, &old, 0.0)
    }

    #[test]
    fn a_tie_is_broken_by_the_lower_loss() {
        for metric in [Metric::Accuracy, Metric::Distance] {
            let old = score(1, 1.0, 0.5);
            assert!(gains(metric, old, score(2, 1.0, 0.4)), "{metric:?}");
            assert!(!gains(metric, old, score(2, 1.0, 0.5)), "the earlier one of equals");
            assert!(!gains(metric, old, score(2, 1.0, 0.6)));
            assert!(!gains(metric, old, score(2, 1.0, f64::NAN)));
            assert!(!gains(metric, old, score(2, 1.0, None)));
            assert!(gains(metric, score(1, 1.0, f64::NAN), score(2, 1.0, 0.6)));
        }
        assert!(gains(Metric::Accuracy, score(1, 0.8, 0.1), score(2, 0.9, 0.2)));
        assert!(gains(Metric::Loss, score(1, 0.2, 0.2), score(2, 0.1, 0.1)));
        assert!(!gains(Metric::Loss, score(1, 0.2, 0.2), score(2, 0.2, 0.2)));
    }

    #[test]
    fn what_is_not_a_number_is_never_better() {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for metric in [Metric::Accuracy, Metric::Loss, Metric::Distance] {
                assert!(!gains(metric, score(1, wrong, wrong), score(2, wrong, 0.1)));
                assert!(!gains(metric, score(1, 0.5, 0.5), score(2, wrong, 0.1)));
                assert!(gains(metric, score(1, wrong, 0.1), score(2, 0.5, wrong)));
            }
        }
    }

    #[test]
    fn a_margin_is_one_of_the_metric() {
        let old = score(1, 0.5, 0.5);
        let gains = |value, loss| Metric::Accuracy.improves(&score(2, value, loss), &old, 0.1);
        assert!(gains(0.7, 0.9) && !gains(0.55, 0.1) && !gains(0.5, 0.1));
    }

    #[test]
    fn a_score_is_found_by_names() {
        let find = |name: &str| {
            [("loss", 0.25), ("accuracy", 0.75)]
                .iter()
                .find(|(found, _)| *found == name)
                .map(|(_, value)| *value)
        };
        assert_eq!(Metric::Accuracy.standing(7, find), score(7, 0.75, 0.25));
        assert_eq!(Metric::Loss.standing(7, find), score(7, 0.25, 0.25));
        assert!(Metric::Distance.standing(7, find).value.is_nan());
    }

    fn numbers() -> impl Strategy<Value = f64> {
        prop_oneof![
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(0.0),
            Just(-0.0),
            Just(0.5),
            Just(1.0)
        ]
    }

    proptest! {
        #[test]
        fn it_is_an_order(
            numbers in proptest::collection::vec((0_u64..3, numbers(), numbers()), 3),
        ) {
            let scores: Vec<Standing> =
                numbers.into_iter().map(|(step, value, loss)| score(step, value, loss)).collect();
            let [a, b, c] = &scores[..] else { unreachable!() };
            for metric in [Metric::Accuracy, Metric::Loss, Metric::Distance] {
                prop_assert_eq!(metric.compare(a, b), metric.compare(b, a).reverse());
                if metric.compare(a, b).is_le() && metric.compare(b, c).is_le() {
                    prop_assert!(metric.compare(a, c).is_le());
                }
            }
        }
    }
}
