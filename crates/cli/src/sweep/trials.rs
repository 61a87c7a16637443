//! Trials of a sweep: a grid, or random combinations.

use std::collections::HashSet;

use hearth_config::Diagnostic;
use hearth_config::seed::{Purpose, Stream};

use super::axis::{AxisValues, SweepAxis};

/// The settings of a trial, as overrides `key=value` in the order of the axes.
pub type Trial = Vec<String>;

/// Maximum number of trials: more are a typing error, not a search.
const MAX_TRIALS: usize = 10_000;

/// Maximum number of draws per trial, on average, to find combinations that are new. All of n combinations come up
/// after about ln(n) draws for each.
const DRAWS_PER_TRIAL: usize = 1000;

/// The grid of all combinations; the last key changes fastest.
///
/// # Errors
/// When an axis is a range, or there are too many combinations.
pub fn grid(axes: &[SweepAxis]) -> Result<Vec<Trial>, Diagnostic> {
    let mut trials = vec![Trial::new()];
    for axis in axes {
        let AxisValues::Values(values) = &axis.values else {
            return Err(Diagnostic::new(format!(
                "`{axis}` is a range, and all of it cannot be tried"
            ))
            .help("name values, or try some combinations with --random N"));
        };
        check_number(trials.len().saturating_mul(values.len()))?;
        let longer = trials.iter().flat_map(|trial| {
            values.iter().map(move |value| {
                trial.iter().cloned().chain([axis.with(value)]).collect::<Trial>()
            })
        });
        trials = longer.collect();
    }
    Ok(trials)
}

/// Random search: `number` different combinations. The same seed draws the same ones, and a larger number extends them.
///
/// # Errors
/// When there are fewer combinations than `number`, or `number` is 0 or too large.
pub fn random(axes: &[SweepAxis], number: usize, seed: u64) -> Result<Vec<Trial>, Diagnostic> {
    check_number(number)?;
    let mut stream = Stream::new(seed, Purpose::Sweep, 0, 0);
    let mut draw = |axis: &SweepAxis| match &axis.values {
        AxisValues::Values(values) => axis.with(&values[stream.below(values.len())]),
        AxisValues::Range(range) => axis.with(&range.at(stream.uniform())),
    };
    let (mut trials, mut known) = (Vec::new(), HashSet::new());
    for _ in 0..number.saturating_mul(DRAWS_PER_TRIAL) {
        if trials.len() == number {
            break;
        }
        let trial: Trial = axes.iter().map(&mut draw).collect();
        if known.insert(trial.clone()) {
            trials.push(trial);
        }
    }
    match trials.len() {
        found if found == number => Ok(trials),
        found => Err(Diagnostic::new(format!(
            "--random {number}: these settings have only {found} different combinations"
        ))),
    }
}

fn check_number(number: usize) -> Result<(), Diagnostic> {
    match number {
        0 => Err(Diagnostic::new("--random 0 draws no trial; ask for 1 or more")),
        1..=MAX_TRIALS => Ok(()),
        _ => Err(Diagnostic::new(format!("a sweep has at most {MAX_TRIALS} trials"))
            .help("try some of the combinations with --random N")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(texts: &[&str]) -> Vec<SweepAxis> {
        texts.iter().map(|text| SweepAxis::parse(text).expect("good")).collect()
    }

    #[test]
    fn a_grid_holds_every_combination_in_order() {
        let trials = grid(&axes(&["a=1,2", "b=x", "c=[3],[4,5]"])).expect("values");
        let expected = [
            ["a=1", "b=x", "c=[3]"],
            ["a=1", "b=x", "c=[4,5]"],
            ["a=2", "b=x", "c=[3]"],
            ["a=2", "b=x", "c=[4,5]"],
        ];
        assert_eq!(trials, expected);
        assert!(grid(&axes(&["a=0.1..1"])).expect_err("a range").to_string().contains("a range"));
        let digits = "a=0,1,2,3,4,5,6,7,8,9";
        let many = grid(&axes(&[digits; 5])).expect_err("100,000");
        assert!(many.to_string().contains("at most"), "{many}");
    }

    #[test]
    fn a_seed_draws_the_same_trials_each_time() {
        let axes = axes(&["rate=0.001..0.1", "kind=sgd,adam", "seed=1..1000", "fixed=7"]);
        let twelve = random(&axes, 12, 3).expect("enough");
        assert_eq!(twelve, random(&axes, 12, 3).expect("enough"));
        assert_eq!(twelve[..5], random(&axes, 5, 3).expect("enough"));
        assert_ne!(twelve, random(&axes, 12, 4).expect("enough"));
        assert!(twelve.iter().all(|trial| trial[3] == "fixed=7"));
        for kind in ["kind=sgd", "kind=adam"] {
            assert!(twelve.iter().any(|trial| trial[1] == kind), "{kind}");
        }
    }

    #[test]
    fn no_combination_is_drawn_twice() {
        let axes = axes(&["a=1,2,3,4", "b=1..5"]);
        let all: HashSet<_> = random(&axes, 20, 0).expect("20 of 20").into_iter().collect();
        assert_eq!(all.len(), 20);
        let fault = random(&axes, 21, 0).expect_err("one too many").to_string();
        assert!(fault.contains("only 20"), "{fault}");
        assert!(random(&axes, 0, 0).is_err() && random(&axes, usize::MAX, 0).is_err());
    }

    #[test]
    fn the_draws_are_golden() {
        // A change here changes every sweep that is repeated from its seed.
        let trials = random(&axes(&["a=0.001..0.1", "b=x,y,z"]), 3, 0).expect("enough");
        assert_eq!(trials.concat().join(" "), "a=0.001051 b=z a=0.02711 b=y a=0.01774 b=x");
    }
}
