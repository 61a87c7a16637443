//! A network as the code of a PyTorch module.

use std::fmt::Write as _;

use hearth_config::Pooling;
use hearth_model::outline::{Function, Layer};

/// Python that makes the module `network`, whose `state_dict` has the names of an export.
pub fn code(layers: &[Layer]) -> String {
    code_of(layers, "", "nn.Sequential", &[])
}

/// The same of a container of another class, which is among these classes, with further modules in the end.
pub fn code_of(layers: &[Layer], classes: &str, container: &str, last: &[&str]) -> String {
    let mut text = String::from("from torch import nn\n");
    if layers.iter().any(|layer| matches!(layer, Layer::Residual { .. })) {
        text.push_str(
            "\n\nclass Residual(nn.Module):\n    def __init__(self, inner, shortcut):\n        \
             super().__init__()\n        self.inner, self.shortcut = inner, shortcut\n\n    \
             def forward(self, x):\n        return self.inner(x) + self.shortcut(x)\n\n",
        );
    }
    if !classes.is_empty() {
        let _ = write!(text, "\n\n{classes}\n");
    }
    let _ = write!(text, "\nnetwork = {container}(");
    modules(layers, 0, &mut text);
    for module in last {
        let _ = writeln!(text, "    {module},");
    }
    text.push_str(")\n");
    text
}

fn sequence(layers: &[Layer], depth: usize, text: &mut String) {
    if layers.is_empty() {
        text.push_str("nn.Identity()");
        return;
    }
    text.push_str("nn.Sequential(");
    modules(layers, depth, text);
    text.push_str(&"    ".repeat(depth));
    text.push(')');
}

/// A line for each layer, behind a parenthesis.
fn modules(layers: &[Layer], depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth + 1);
    text.push('\n');
    for layer in layers {
        text.push_str(&indent);
        match layer {
            Layer::Residual { inner, shortcut } => {
                text.push_str("Residual(");
                sequence(inner, depth + 1, text);
                text.push_str(", ");
                sequence(shortcut, depth + 1, text);
                text.push(')');
            }
            Layer::Row { .. } => text.push_str("Row()"),
            // Writing to a string cannot fail.
            _ => drop(write!(text, "nn.{}", module(layer))),
        }
        text.push_str(",\n");
    }
}

fn module(layer: &Layer) -> String {
    match layer {
        Layer::Flatten => "Flatten()".to_owned(),
        Layer::Unflatten([channels, height, width]) => {
            format!("Unflatten(1, ({channels}, {height}, {width}))")
        }
        Layer::Linear { features: [inputs, outputs], .. } => format!("Linear({inputs}, {outputs})"),
        Layer::Convolution { channels, kernel, stride, padding, bias, transposed, .. } => {
            let [inputs, outputs] = channels;
            let name = if *transposed { "ConvTranspose2d" } else { "Conv2d" };
            let bias = if *bias { "" } else { ", bias=False" };
            format!(
                "{name}({inputs}, {outputs}, {kernel}, stride={stride}, padding={padding}{bias})"
            )
        }
        Layer::Norm { channels, .. } => format!("BatchNorm2d({channels})"),
        Layer::Function(Function::Relu) => "ReLU()".to_owned(),
        Layer::Function(Function::LeakyRelu(slope)) => format!("LeakyReLU({slope})"),
        Layer::Function(Function::Tanh) => "Tanh()".to_owned(),
        Layer::Function(Function::Sigmoid) => "Sigmoid()".to_owned(),
        Layer::Function(Function::Gelu) => "GELU()".to_owned(),
        Layer::Pool(Pooling::Max) => "MaxPool2d(2)".to_owned(),
        Layer::Pool(Pooling::Average) => "AvgPool2d(2)".to_owned(),
        Layer::GlobalAverage => "AdaptiveAvgPool2d(1)".to_owned(),
        Layer::Row { .. } | Layer::Residual { .. } => unreachable!("a class of its own"),
    }
}
