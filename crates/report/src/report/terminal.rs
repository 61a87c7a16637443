//! A report as text, for the terminal.

use comfy_table::{CellAlignment, presets};

use super::{Matrix, Report, ResultTable, View};
use crate::fixed;

/// The maximum number of rows of a table or matrix; of longer ones a part is shown.
const MOST_ROWS: usize = 20;

impl Report {
    /// The report as text. `all` is the command that prints the rows left out.
    pub fn to_text(&self, all: &str) -> String {
        let mut parts =
            vec![format!("{}: {}\n{}", self.split, self.headline, self.texts().join(", "))];
        for (_, view) in &self.views {
            match view {
                View::Table(table) => parts.push(table.to_text()),
                View::Matrix(matrix) => parts.push(matrix.to_text()),
                _ => {}
            }
        }
        let is_long = |(_, view): &(_, View)| match view {
            View::Table(table) => table.rows.len() > MOST_ROWS,
            View::Matrix(matrix) => matrix.classes.len() > MOST_ROWS,
            _ => false,
        };
        if self.views.iter().any(is_long) {
            parts.push(format!("everything: {all}"));
        }
        parts.join("\n\n")
    }
}

impl ResultTable {
    fn to_text(&self) -> String {
        let shown = |rows: &mut dyn Iterator<Item = usize>| {
            let cells = |row: usize| self.rows[row].iter().map(ToString::to_string).collect();
            text_table(&self.header, rows.map(cells))
        };
        if self.rows.len() <= MOST_ROWS {
            return shown(&mut (0..self.rows.len()));
        }
        let (first, common) = &self.first;
        if first.is_empty() {
            let rows = shown(&mut (0..MOST_ROWS));
            return format!("the first {MOST_ROWS} of {} {}:\n{rows}", self.rows.len(), self.unit);
        }
        let count = first.len().min(MOST_ROWS);
        let rows = shown(&mut first.iter().copied().take(count));
        format!("the {count} of {} {} {common}:\n{rows}", self.rows.len(), self.unit)
    }
}

impl Matrix {
    fn to_text(&self) -> String {
        if self.classes.len() <= MOST_ROWS { self.whole() } else { self.pairs() }
    }

    fn whole(&self) -> String {
        let numbers: Vec<String> = (0..self.counts.len()).map(|class| class.to_string()).collect();
        let header: Vec<&str> = std::iter::once("true \\ predicted")
            .chain(numbers.iter().map(String::as_str))
            .collect();
        let rows = self.counts.iter().zip(&self.classes).enumerate();
        let rows = rows.map(|(index, (row, class))| {
            std::iter::once(format!("{index} {class}"))
                .chain(row.iter().map(u64::to_string))
                .collect()
        });
        text_table(&header, rows)
    }

    fn pairs(&self) -> String {
        let pairs = self.confused();
        let (shown, confused) = (pairs.len().min(MOST_ROWS), pairs.len());
        let rows = pairs.into_iter().take(shown).map(|(count, label, guess)| {
            let support = self.counts[label].iter().sum::<u64>().max(1);
            let share = fixed(count as f64 / support as f64, 4);
            vec![self.classes[label].clone(), self.classes[guess].clone(), count.to_string(), share]
        });
        let rows = text_table(&["true", "predicted", "images", "of the class"], rows);
        format!("the {shown} most confused of {confused} pairs:\n{rows}")
    }
}

/// A text table whose first column is aligned to the left, and all others to the right.
pub fn text_table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::TableCell;

    /// Results in which a third of the classes is confused with the next one once, and the last class five times.
    fn shown(num_classes: usize) -> String {
        let classes: Vec<String> = (0..num_classes).map(|class| format!("class {class}")).collect();
        let mut counts = vec![vec![0; num_classes]; num_classes];
        for (label, row) in counts.iter_mut().enumerate() {
            row[label] = 1;
            row[(label + 1) % num_classes] +=
                if label + 1 == num_classes { 5 } else { u64::from(label % 3 == 0) };
        }
        let rows =
            classes.iter().map(|name| vec![TableCell::Text(name.clone()), TableCell::Number(0.5)]);
        let table = ResultTable {
            header: vec!["class", "recall"],
            rows: rows.collect(),
            unit: "classes",
            first: ((0..num_classes).rev().collect(), "with the lowest recall"),
        };
        let views = vec![
            ("samples", View::Text(json!(7), "7 images".into())),
            ("per_class", View::Table(table)),
            ("confusion", View::Matrix(Matrix { classes, counts })),
        ];
        let headline = "loss 1.0000".to_owned();
        Report { split: "test".into(), headline, views, ..Report::default() }
            .to_text("hearth eval 'my run' --json")
    }

    #[test]
    fn few_classes_are_shown_whole() {
        let text = shown(10);
        assert!(text.starts_with("test: loss 1.0000\n7 images\n\n"), "{text}");
        assert!(text.contains("true \\ predicted") && !text.contains("--json"), "{text}");
        assert_eq!(text.lines().count(), 2 + 1 + 11 + 1 + 11);
    }

    #[test]
    fn of_many_classes_the_worst_are_shown() {
        let text = shown(300);
        assert!(text.len() < 4000, "{} bytes", text.len());
        for part in [
            "the 20 of 300 classes with the lowest recall",
            "the 20 most confused of 101 pairs",
            "everything: hearth eval 'my run' --json",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(words).collect();
        assert!(lines.contains(&"class 280 0.5000".to_owned()), "{text}");
        let first = lines.iter().position(|line| line.starts_with("true predicted")).unwrap() + 1;
        assert_eq!(lines[first], "class 299 class 0 5 0.8333");
    }
}
