//! Columns of a table in the model's description.

use hearth_data::tables::{Column, ColumnCoding};
use serde::Serialize;
use utoipa::ToSchema;

/// Maximum number of listed values of a category.
const MAX_LISTED: usize = 300;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelColumn {
    /// The column's name.
    pub name: String,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// The mean of the training rows, of a column of numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The first 300 values in the training rows, of a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Number of different values in the training rows, of a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_values: Option<usize>,
    /// True if null may stand for a missing value.
    pub nullable: bool,
}

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Texts, one for each category.
    Category,
}

impl From<&Column> for ModelColumn {
    fn from(Column { name, coding }: &Column) -> Self {
        let name = name.clone();
        match coding {
            ColumnCoding::Number { mean, fill, .. } => Self {
                name,
                kind: ColumnKind::Number,
                mean: Some(*mean),
                values: None,
                num_values: None,
                nullable: fill.is_some(),
            },
            ColumnCoding::Category { values, fill } => {
                // The empty one is that of missing cells.
                let values: Vec<_> = values.iter().filter(|value| !value.is_empty()).collect();
                Self {
                    name,
                    kind: ColumnKind::Category,
                    mean: None,
                    num_values: Some(values.len()),
                    values: Some(values.into_iter().take(MAX_LISTED).cloned().collect()),
                    nullable: fill.is_some(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_category_is_cut_and_missing_cells_are_no_value() {
        let mut values: Vec<_> = (0..500).map(|place| format!("{place:03}")).collect();
        values.insert(0, String::new());
        let coding = ColumnCoding::Category { values, fill: Some(String::new()) };
        let column = ModelColumn::from(&Column { name: "code".into(), coding });
        let listed = column.values.as_deref().unwrap();
        assert_eq!((listed.len(), listed[0].as_str()), (MAX_LISTED, "000"));
        assert_eq!((column.num_values, column.nullable), (Some(500), true));
    }
}
