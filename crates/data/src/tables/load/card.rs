//! Splits and data card of a table.

use std::sync::Arc;

use super::table::Table;
use crate::card::DataCard;
use crate::samples::{Splits, Subset};
use crate::tables::coded::rows::{Rows, Targets};
use crate::tables::coded::target::Target;

impl Table {
    /// Training, validation and test rows.
    pub fn splits(&self) -> Splits<Rows> {
        let part = |indices: &Vec<u32>| Subset {
            source: Arc::clone(&self.rows),
            indices: indices.as_slice().into(),
        };
        let [train, valid, test] =
            [&self.parts.train, &self.parts.valid, &self.parts.test].map(part);
        Splits { train, valid, test }
    }

    /// Class names; empty for regression.
    pub fn classes(&self) -> &[String] {
        match &self.coding.target {
            Target::Classes { names } => names,
            Target::Number { .. } => &[],
        }
    }

    /// The data card.
    pub(crate) fn card(&self) -> DataCard {
        let categories = self.coding.categories();
        let columns = |count: usize, one: &str, more: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {more}")),
        };
        let numbers = self.rows.num_numbers;
        let parts = [&self.parts.train, &self.parts.valid, &self.parts.test];
        DataCard {
            name: self.name.clone(),
            unit: "rows",
            sample: [
                columns(numbers, "number", "numbers"),
                columns(categories.len(), "category", "categories"),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" and "),
            dims: None,
            inputs: numbers + categories.iter().sum::<usize>(),
            samples: parts.map(Vec::len),
            classes: self.classes().to_vec(),
            class_counts: self.class_counts(parts),
            layout: None,
            facts: Vec::new(),
            checksums: self.checksums.clone(),
            notes: self.notes.clone(),
            warnings: self.warnings.clone(),
            bytes: 4 * self.rows.num_rows * (numbers + categories.len() + 1),
        }
    }

    /// For each class, counts of rows in three splits.
    fn class_counts(&self, parts: [&Vec<u32>; 3]) -> Vec<[usize; 3]> {
        let Targets::Classes(labels) = &self.rows.targets else { return Vec::new() };
        let mut counts = vec![[0; 3]; self.classes().len()];
        for (split, part) in parts.into_iter().enumerate() {
            for index in part {
                counts[usize::from(labels[*index as usize])][split] += 1;
            }
        }
        counts
    }
}
