//! Python for networks on rows of a table: the PyTorch module, and the encoding of a row of a CSV file.

use std::fmt::Write as _;

use hearth_data::tables::{MISSING, Target};
use hearth_export::onnx::graph::CODES;
use hearth_export::pytorch;
use hearth_model::Layer;

use super::export::{NUMBERS, RowSignature};

impl RowSignature {
    /// The names of the inputs: numbers, codes or both.
    pub fn names(&self) -> Vec<&'static str> {
        let numbers = (self.coding.num_numbers() > 0).then_some(NUMBERS);
        let codes = (!self.coding.categories().is_empty()).then_some(CODES);
        numbers.into_iter().chain(codes).collect()
    }

    /// Python that defines `network`, a PyTorch module on raw numbers and codes.
    pub fn module(&self, layers: &[Layer]) -> String {
        let (mean, std) = self.statistics();
        let categories = self.coding.categories();
        let (mut fields, mut parts) = (String::new(), String::new());
        // Writing to a string cannot fail.
        if !mean.is_empty() {
            // Not in the state_dict, and in 64 bits: the difference of a year and the mean of years is small.
            for (name, values) in [("mean", mean), ("std", std)] {
                let _ = write!(
                    fields,
                    "        {name} = torch.tensor({values:?}, dtype=torch.float64)\n        \
                     self.register_buffer(\"{name}\", {name}, persistent=False)\n"
                );
            }
            parts += "        parts.append(((numbers.double() - self.mean) / self.std).float())\n";
        }
        if let (Some(width), false) = (self.embedding, categories.is_empty()) {
            let codes: Vec<usize> = categories.iter().map(|values| values + 1).collect();
            let _ = write!(
                fields,
                "        tables = [nn.Embedding(codes, {width}, padding_idx=0) for codes in {codes:?}]\n        \
                 self.embeddings = nn.ModuleList(tables)\n"
            );
            parts += "        for place, table in enumerate(self.embeddings):\n            \
                      parts.append(table(codes[:, place]))\n";
        } else if !categories.is_empty() {
            let _ = writeln!(fields, "        self.values = {categories:?}");
            parts += "        for place, values in enumerate(self.values):\n            \
                      one_hot = nn.functional.one_hot(codes[:, place], values + 1)\n            \
                      parts.append(one_hot[:, 1:].float())\n";
        }
        let inputs = self.names().join(", ");
        let classes = format!(
            "class Row(nn.Module):\n    def __init__(self):\n        super().__init__()\n{fields}\n    \
             def forward(self, {inputs}):\n        parts = []\n{parts}        return torch.cat(parts, 1)\n\n\n\
             {}class Network(nn.Sequential):\n    def forward(self, {inputs}):\n        row, *layers = self\n        \
             x = row({inputs})\n        for layer in layers:\n            x = layer(x)\n        return x\n",
            self.scaling()
        );
        let last: &[&str] = match self.coding.target {
            Target::Classes { .. } => &[],
            Target::Number { .. } => &["Value()"],
        };
        format!("import torch\n{}", pytorch::code_of(layers, &classes, "Network", last))
    }

    /// The last module of a network that predicts a number.
    fn scaling(&self) -> String {
        match self.coding.target {
            Target::Classes { .. } => String::new(),
            Target::Number { mean, std } => format!(
                "class Value(nn.Module):\n    def forward(self, x):\n        return x * {std:?} + {mean:?}\n\n\n"
            ),
        }
    }
}

/// Python that encodes the rows of a CSV file by the columns in the file `settings`.
pub fn encoding(settings: &str) -> String {
    let missing: Vec<String> = MISSING.iter().map(|word| format!("{word:?}")).collect();
    let missing = missing.join(", ");
    format!(
        r#"import csv
import json
import unicodedata

with open("{settings}", encoding="utf-8") as file:
    table = json.load(file)["table"]
MISSING = {{{missing}}}


def plain(text):
    return unicodedata.normalize("NFC", text.strip())


def encode(row):
    """Numbers and codes of a row: the texts of its cells by the names of their columns."""
    cells = {{plain(name): plain(cell) for name, cell in row.items()}}
    numbers, flags, codes = [], [], []
    for column in table["columns"]:
        name, coding = column["name"], column["coding"]
        cell = cells[name]
        is_missing = cell in MISSING
        if is_missing and coding["fill"] is None:
            raise ValueError(f"column {{name}} has no value")
        value = coding["fill"] if is_missing else cell
        if coding["kind"] == "number":
            numbers.append(float(value))
            if coding["missing_flag"]:
                flags.append(float(is_missing))
        else:
            values = coding["values"]
            codes.append(values.index(value) + 1 if value in values else 0)
    return numbers + flags, codes


with open("rows.csv", encoding="utf-8-sig", newline="") as file:
    numbers, codes = zip(*map(encode, csv.DictReader(file)))
"#
    )
}
