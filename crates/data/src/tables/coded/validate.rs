//! Validation of codings that were read from a file, before anything is built from them.

use super::coding::{Coding, Column, ColumnCoding};
use super::target::Target;
use crate::tables::MOST_VALUES;

/// Largest number of values in a row.
const WIDEST: usize = 1 << 22;

/// Largest number of classes.
const MOST_CLASSES: usize = 1 << 16;

impl Coding {
    /// The fault of the coding; `None` if it is bounded and consistent, as every coding of a loaded table is.
    pub fn fault(&self) -> Option<String> {
        if self.columns.is_empty() {
            return Some("it has no column".to_owned());
        }
        let mut names: Vec<&String> = self.columns.iter().map(|column| &column.name).collect();
        names.sort();
        let double = names.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some([name, _]) = double {
            return Some(format!("two columns are named `{name}`"));
        }
        if let Some(column) = self.columns.iter().find(|column| !is_sound(column)) {
            return Some(format!("column `{}` has no sound coding", column.name));
        }
        if self.num_numbers() + self.categories().iter().sum::<usize>() > WIDEST {
            return Some("its rows are too wide".to_owned());
        }
        let is_target = match &self.target {
            Target::Classes { names } => (1..=MOST_CLASSES).contains(&names.len()),
            Target::Number { mean, std } => is_scale(*mean, *std),
        };
        (!is_target).then(|| "its target has no sound coding".to_owned())
    }
}

fn is_sound(column: &Column) -> bool {
    match &column.coding {
        ColumnCoding::Number { mean, std, fill, .. } => {
            is_scale(*mean, *std) && fill.is_none_or(f64::is_finite)
        }
        ColumnCoding::Category { values, fill } => {
            // Without missing training cells, the value of missing cells is not among the values.
            let is_known = |value: &String| value.is_empty() || values.binary_search(value).is_ok();
            values.len() <= MOST_VALUES
                && values.windows(2).all(|pair| pair[0] < pair[1])
                && fill.as_ref().is_none_or(is_known)
        }
    }
}

fn is_scale(mean: f64, std: f64) -> bool {
    mean.is_finite() && std.is_finite() && std > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding() -> Coding {
        let number = ColumnCoding::Number { mean: 1.0, std: 2.0, fill: None, missing_flag: false };
        let values = vec!["black".to_owned(), "red".to_owned()];
        let category = ColumnCoding::Category { values, fill: Some("red".to_owned()) };
        let column = |name: &str, coding| Column { name: name.to_owned(), coding };
        Coding {
            columns: vec![column("size", number), column("colour", category)],
            target_column: "price".to_owned(),
            target: Target::Number { mean: 0.0, std: 1.0 },
        }
    }

    #[test]
    fn codings_without_a_table_are_faults() {
        assert_eq!(coding().fault(), None);
        let with = |change: &dyn Fn(&mut Coding)| {
            let mut coding = coding();
            change(&mut coding);
            coding.fault().expect("a fault")
        };
        let number = |mean, std| ColumnCoding::Number { mean, std, fill: None, missing_flag: true };
        for (mean, std) in [(0.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, -1.0)] {
            let fault = with(&|coding| coding.columns[0].coding = number(mean, std));
            assert!(fault.contains("`size`"), "{fault}");
        }
        let mut without_missing = coding();
        if let ColumnCoding::Category { fill, .. } = &mut without_missing.columns[1].coding {
            *fill = Some(String::new());
        }
        assert_eq!(without_missing.fault(), None);
        let category = |values: &[&str], fill: Option<&str>| ColumnCoding::Category {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            fill: fill.map(str::to_owned),
        };
        for (values, fill) in [(&["b", "a"][..], None), (&["a", "a"], None), (&["a"], Some("b"))] {
            let fault = with(&|coding| coding.columns[1].coding = category(values, fill));
            assert!(fault.contains("`colour`"), "{fault}");
        }
        assert!(with(&|coding| coding.columns.clear()).contains("no column"));
        assert!(with(&|coding| coding.columns[0].name = "colour".into()).contains("two columns"));
        assert!(
            with(&|coding| coding.target = Target::Classes { names: vec![] }).contains("target")
        );
    }
}
