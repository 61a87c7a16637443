//! Damage to a coding that was read from a file.

use super::MOST_VALUES;
use super::coding::{Coding, Column, ColumnCoding};
use super::target::Target;

/// The most classes.
const MOST_CLASSES: usize = 65_536;

impl Coding {
    /// The first reason why rows cannot be coded by it.
    pub fn fault(&self) -> Option<String> {
        if self.columns.is_empty() {
            return Some("its table has no columns".to_owned());
        }
        let good = match &self.target {
            Target::Classes { names } => (1..=MOST_CLASSES).contains(&names.len()),
            Target::Number { mean, std } => is_scale(*mean, *std),
        };
        if !good {
            let target = &self.target_column;
            return Some(format!("its target `{target}` has no classes and no mean and deviation"));
        }
        let mut columns = self.columns.iter();
        let Column { name, .. } = columns.find(|column| !column.coding.is_sound())?;
        Some(format!("its column `{name}` has numbers or values that no training gives"))
    }
}

impl ColumnCoding {
    fn is_sound(&self) -> bool {
        match self {
            Self::Number { mean, std, fill, .. } => {
                is_scale(*mean, *std) && fill.is_none_or(f64::is_finite)
            }
            // They are searched by halves.
            Self::Category { values, .. } => {
                values.len() <= MOST_VALUES && values.is_sorted_by(|a, b| a < b)
            }
        }
    }
}

fn is_scale(mean: f64, std: f64) -> bool {
    mean.is_finite() && std.is_finite() && std > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_coding_is_found() {
        let number = |std| ColumnCoding::Number { mean: 1.0, std, fill: None, missing_flag: false };
        let category = |values: &[&str]| ColumnCoding::Category {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            fill: None,
        };
        let coding = |coding, target| Coding {
            columns: vec![Column { name: "age".into(), coding }],
            target_column: "price".into(),
            target,
        };
        let target = Target::Number { mean: 0.0, std: 2.0 };
        for good in [number(0.5), category(&["a", "b"])] {
            assert_eq!(coding(good, target.clone()).fault(), None);
        }
        for bad in [number(0.0), number(f64::NAN), category(&["b", "a"]), category(&["a", "a"])] {
            let fault = coding(bad, target.clone()).fault().expect("damage");
            assert!(fault.contains("`age`"), "{fault}");
        }
        for bad in [Target::Classes { names: Vec::new() }, Target::Number { mean: 0.0, std: 0.0 }] {
            assert!(coding(number(1.0), bad).fault().expect("damage").contains("`price`"));
        }
        let empty = Coding { columns: Vec::new(), target_column: "price".into(), target };
        assert!(empty.fault().is_some());
    }
}
