//! The text of a model card for a network on rows of a table.

use std::fmt::Write as _;

use hearth_data::tables::{ColumnCoding, Target};
use hearth_export::Format;
use hearth_export::card::{classes, markdown};
use hearth_export::signature::{BurnCode, Words};

use super::code::encoding;
use super::export::RowSignature;
use crate::rows::input::dims;
use crate::rows::num_outputs;

impl RowSignature {
    fn target(&self) -> String {
        markdown(&self.coding.target_column)
    }

    /// Sentences on the inputs `numbers` and `codes`.
    fn inputs(&self, format: Format) -> String {
        let (num_numbers, num_codes) = (self.coding.num_numbers(), self.coding.categories().len());
        let mut text = String::new();
        if num_numbers > 0 {
            let inside = if format == Format::Onnx { "in the graph" } else { "in the module" };
            let _ = write!(
                text,
                "`numbers` is `[batch, {num_numbers}]`: the numbers of a row as they stand in the table, in the order \
                 of the columns below; they are standardised {inside}. "
            );
            let has_flag = |coding: &ColumnCoding| {
                matches!(coding, ColumnCoding::Number { missing_flag: true, .. })
            };
            let flagged = self.coding.columns.iter().filter(|column| has_flag(&column.coding));
            let flagged: Vec<_> = flagged.map(|column| markdown(&column.name)).collect();
            if !flagged.is_empty() {
                let _ = write!(
                    text,
                    "Behind them stands 1 where the number of a column is missing and else 0, for {}. ",
                    flagged.join(", ")
                );
            }
        }
        if num_codes > 0 {
            let _ = write!(
                text,
                "`codes` is `[batch, {num_codes}]`, whole numbers: the place of the value of each category among \
                 those of its column, from 1, and 0 for any other. "
            );
        }
        text
    }

    /// A Markdown table of the columns.
    fn columns(&self) -> String {
        let mut text = "| column | kind | where it is missing |\n| --- | --- | --- |\n".to_owned();
        for column in &self.coding.columns {
            let (kind, missing) = match &column.coding {
                ColumnCoding::Number { mean, std, fill, .. } => (
                    format!("number: mean {mean}, standard deviation {std}"),
                    fill.map(|fill| format!("{fill} stands in for it")),
                ),
                ColumnCoding::Category { values, fill } => (
                    format!("category: {} values", values.len()),
                    fill.as_ref().map(|fill| match fill.as_str() {
                        "" => "a value of its own".to_owned(),
                        fill => format!("{} stands in for it", markdown(fill)),
                    }),
                ),
            };
            let missing = missing.unwrap_or_else(|| "an error".to_owned());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {} | {kind} | {missing} |", markdown(&column.name));
        }
        text
    }
}

impl Words for RowSignature {
    fn task(&self) -> &'static str {
        match self.coding.target {
            Target::Classes { .. } => "tabular-classification",
            Target::Number { .. } => "tabular-regression",
        }
    }

    fn purpose(&self) -> String {
        format!("predicts {} from a row of a table", self.target())
    }

    fn unit(&self) -> String {
        format!("rows of {} columns", self.coding.columns.len())
    }

    fn checked(&self) -> [&'static str; 2] {
        match self.coding.target {
            Target::Classes { .. } => ["test rows", "probabilities"],
            Target::Number { .. } => {
                ["test rows", "predictions, in standard deviations of the target,"]
            }
        }
    }

    fn usage(&self, format: Format, settings: &str) -> String {
        let target = self.target();
        let gives = match self.coding.target {
            // The graph's outputs are listed with its code.
            Target::Classes { .. } if format == Format::Onnx => String::new(),
            Target::Classes { .. } => "It gives logits. ".to_owned(),
            Target::Number { .. } if format == Format::Burnpack => {
                format!("It gives `(value - mean) / std` of {target}. ")
            }
            Target::Number { .. } => format!("It gives {target} in the unit of the table. "),
        };
        let link = "How a row of a table becomes that: [Preprocessing](#preprocessing).";
        match format {
            Format::Burnpack => format!(
                "It takes rows `[batch, {}, 1, 1]`: the numbers as `(number - mean) / std`, by the columns of \
                 `{settings}`, and behind them the one-hot code of each category, which is all zeros for an unknown \
                 value. {gives}{link} `RowPredictor::open` of the crate hearth does all of it.",
                dims(&self.coding).width()
            ),
            _ => format!("{}{gives}{link}", self.inputs(format)),
        }
    }

    fn burn(&self) -> BurnCode {
        let (rows, outputs) = (dims(&self.coding), num_outputs(&self.coding));
        let rows = format!(
            "hearth_model::RowDims {{ numbers: {}, categories: vec!{:?} }}",
            rows.numbers, rows.categories
        );
        BurnCode {
            config: "ClassifierConfig, ModelConfig",
            pattern: "ModelConfig::Classifier { network: ClassifierConfig::Mlp(network), .. }",
            new: format!("Classifier::for_rows(network, &{rows}, {outputs}, 0, &device)"),
        }
    }

    fn sections(&self, format: Format, settings: &str) -> String {
        let inputs = |of: &dyn Fn(&str) -> String| -> String {
            self.names().into_iter().map(of).collect::<Vec<_>>().join(", ")
        };
        let run = match format {
            Format::Onnx => {
                let feed = inputs(&|name| {
                    let kind = if name == "codes" { "int64" } else { "float32" };
                    format!("\"{name}\": numpy.array({name}, numpy.{kind})")
                });
                format!("outputs = session.run(None, {{{feed}}})\n")
            }
            Format::Safetensors => {
                let tensors = inputs(&|name| {
                    let kind = if name == "codes" { "int64" } else { "float64" };
                    format!("torch.tensor({name}, dtype=torch.{kind})")
                });
                format!("with torch.no_grad():\n    outputs = network({tensors})\n")
            }
            Format::Burnpack => String::new(),
        };
        let mut text = format!(
            "## Preprocessing\n\n{}\nThe values of the categories and all other numbers stand in `{settings}`, and the \
             order of the values is that of their codes. A row of a CSV file with commas, and with points in its \
             numbers, becomes numbers and codes so:\n\n```python\n{}{run}```\n",
            self.columns(),
            encoding(settings)
        );
        if let Target::Classes { names } = &self.coding.target {
            let _ = write!(text, "\n{}", classes(names));
        }
        text
    }
}
