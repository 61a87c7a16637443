//! The weight of each class in the loss, from `[train] class_weights`.

use hearth_config::{Balanced, ClassWeights, Config, composed, nearest};
use hearth_train::error::TrainError;

/// The most classes that a message names.
const SHOWN: usize = 10;

/// One weight for each class, in the order of `classes`; `counts` are the numbers of their training samples.
///
/// `balanced` is `samples / (classes with samples * count)`, as scikit-learn's `class_weight="balanced"`; a class
/// without samples has weight 0. A list of another length, an unknown name and all weights 0 are errors.
pub fn of(config: &Config, counts: &[usize], classes: &[String]) -> Result<Vec<f64>, TrainError> {
    match &config.train.class_weights {
        None => Ok(vec![1.0; classes.len()]),
        Some(ClassWeights::Each(weights)) if weights.len() == classes.len() => Ok(weights.clone()),
        Some(ClassWeights::Each(weights)) => Err(TrainError::Settings(format!(
            "train.class_weights lists {} weights, and the data has {} classes, in this order: {}. A table \
             [train.class_weights] has them by name",
            weights.len(),
            classes.len(),
            listed(classes),
        ))),
        Some(ClassWeights::ByName(weights)) => {
            let mut all = vec![1.0; classes.len()];
            for (name, weight) in weights {
                all[index_of(name, classes)?] = *weight;
            }
            if all.iter().all(|weight| *weight == 0.0) {
                let fault = "train.class_weights are all 0: nothing would be learned";
                return Err(TrainError::Settings(fault.into()));
            }
            Ok(all)
        }
        Some(ClassWeights::Named(Balanced::Balanced)) => {
            let present = counts.iter().filter(|count| **count > 0).count();
            let all = counts.iter().sum::<usize>() as f64;
            let share = |count: &usize| match count {
                0 => 0.0,
                count => all / (present as f64 * *count as f64),
            };
            Ok(counts.iter().map(share).collect())
        }
    }
}

/// A note with the weight of each class; none if all are equal.
pub fn describe(weights: &[f64], classes: &[String]) -> Option<String> {
    if weights.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq()) {
        return None;
    }
    let weighted = classes.iter().zip(weights);
    let weighted: Vec<_> =
        weighted.map(|(class, weight)| format!("{class} {}", short(*weight))).collect();
    Some(format!("class weights: {}", listed(&weighted)))
}

/// The index of a class, compared in Unicode's composed form. An unknown name is an error.
fn index_of(name: &str, classes: &[String]) -> Result<usize, TrainError> {
    let expected = composed(name);
    classes.iter().position(|class| composed(class) == expected).ok_or_else(|| {
        let near = nearest(name, classes.iter().map(String::as_str));
        let help = near.map_or_else(
            || format!("the classes are {}", listed(classes)),
            |near| format!("did you mean `{near}`?"),
        );
        TrainError::Settings(format!(
            "train.class_weights names `{name}`, which is no class: {help}"
        ))
    })
}

/// A weight with at most four decimals, without trailing zeros.
fn short(weight: f64) -> String {
    let text = format!("{weight:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The first ten names, and the number of further ones.
fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::RawConfig;

    use super::*;

    /// The weights of three classes with one, one and two samples.
    fn weights(setting: &str) -> Result<Vec<f64>, String> {
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/mlp-nano.toml");
        let raw = RawConfig::read(config.as_ref()).expect("it is there");
        let config = raw.with_overrides(&[setting]).expect("TOML").check().expect("good");
        let classes = ["bag", "caf\u{e9}", "trouser"].map(str::to_owned);
        of(&config, &[1, 1, 2], &classes).map_err(|error| error.to_string())
    }

    #[test]
    fn weights_are_found_by_name_and_by_index() {
        for (setting, expected) in [
            ("train.class_weights.trouser=3", [1.0, 1.0, 3.0]),
            ("train.class_weights={bag=0, \"cafe\u{301}\"=2.5}", [0.0, 2.5, 1.0]),
            ("train.class_weights=[1.0, 2.0, 3.0]", [1.0, 2.0, 3.0]),
            ("train.class_weights=balanced", [4.0 / 3.0, 4.0 / 3.0, 2.0 / 3.0]),
        ] {
            assert_eq!(weights(setting).expect(setting), expected, "{setting}");
        }
    }

    #[test]
    fn a_weight_of_no_class_is_an_error_with_the_classes() {
        for (setting, part) in [
            ("train.class_weights.bags=3", "did you mean `bag`?"),
            ("train.class_weights.shirt=3", "the classes are bag, caf\u{e9}, trouser"),
            ("train.class_weights=[1.0, 2.0]", "in this order: bag, caf\u{e9}, trouser"),
            ("train.class_weights={bag=0, \"caf\u{e9}\"=0, trouser=0}", "all 0"),
        ] {
            let error = weights(setting).expect_err(setting);
            assert!(error.contains(part), "{setting}: {error}");
        }
    }

    #[test]
    fn a_note_names_the_weight_of_each_class() {
        let names = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>();
        assert_eq!(describe(&[1.0; 3], &names(3)), None);
        let text = describe(&[2.0, 0.33333, 1.0], &names(3));
        assert_eq!(text.as_deref(), Some("class weights: c0 2, c1 0.3333, c2 1"));
        let many: Vec<f64> = (0..300).map(f64::from).collect();
        assert!(
            describe(&many, &names(300)).is_some_and(|text| text.ends_with("c9 9 and 290 more"))
        );
    }
}
