//! The model card of an export.

use std::fmt::Write as _;

use hearth_config::one_line;
use hearth_data::{Normalization, PictureShape, preprocessing};
use hearth_report::fixed;
use hearth_store::{RunDir, read_metrics};

use super::built::Built;
use super::network::Network;
use super::place::Place;
use super::{Export, Format, onnx, pytorch};
use crate::error::TrainError;
use crate::trained::Trained;

/// The card, with its front matter; `difference` is what the check found, on so many samples.
pub fn text(
    trained: &Trained,
    network: &Network,
    (job, place): (&Export<'_>, &Place),
    (difference, samples): (f64, usize),
) -> Result<String, TrainError> {
    let dataset = &trained.info.dataset;
    let name = &trained.config.run.name;
    // Those of a pair are the generator's.
    let results = match network.built {
        Built::Discriminator(_) => Vec::new(),
        Built::Classifier(_) | Built::Generator(_) => results(trained)?,
    };
    let task = match network.built {
        Built::Classifier(_) => "image-classification",
        Built::Generator(_) => "unconditional-image-generation",
        Built::Discriminator(_) => "other",
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    line("---");
    line("library_name: hearth");
    line(&format!("pipeline_tag: {task}"));
    line(&format!("datasets:\n- {}", yaml(&dataset.name)));
    if !results.is_empty() {
        line(&format!(
            "model-index:\n- name: {}\n  results:\n  - task:\n      type: {task}\n    dataset:\n      name: {dataset}\n      type: {dataset}\n    metrics:",
            yaml(name),
            dataset = yaml(&dataset.name)
        ));
        for (metric, value) in &results {
            line(&format!("    - type: {metric}\n      value: {value}"));
        }
    }
    line("---\n");
    line(&format!("# {}\n", markdown(name)));
    let what = match network.built {
        Built::Classifier(_) => "names the class of a picture",
        Built::Generator(_) => "makes a picture of random numbers",
        Built::Discriminator(_) => "tells real pictures from made ones",
    };
    let PictureShape { channels, height, width } = network.shape;
    line(&format!(
        "A network that {what}, trained on {} ({} pictures of {channels}x{height}x{width}) with Hearth {} on \
         Burn {}; its checkpoint of step {}.\n",
        dataset.name, dataset.samples[0], trained.info.hearth, trained.info.burn, trained.step,
    ));
    match &trained.info.imported {
        Some(source) if trained.step == 0 => {
            let source = markdown(source);
            line(&format!("Its weights came from {source}, and were not trained further.\n"));
        }
        Some(source) => line(&format!("Its first weights came from {}.\n", markdown(source))),
        None => {}
    }
    line("Trained by `hearth train config.toml` of:\n");
    let config = trained.config.without_folders().to_toml();
    let fence = fence(&config);
    line(&format!("{fence}toml\n{}\n{fence}\n", config.trim_end()));
    if !results.is_empty() {
        line("| on the test set | |\n| --- | --- |");
        for (metric, value) in &results {
            line(&format!("| {metric} | {} |", fixed(*value, 4)));
        }
        line("");
    }
    line(&format!(
        "`{}` was read back and run on {samples} {}: its {} differ from those of the trained network by \
         {difference:.1e} at most.\n",
        place.network,
        if network.latent > 0 { "draws of random numbers" } else { "test pictures" },
        if network.latent > 0 { "pixels, from -1 to 1," } else { "probabilities" },
    ));
    line(&usage(network, job.format, place));
    if network.latent == 0 {
        line(&prepared(network, job.format));
        line("## Classes\n");
        let classes = dataset.classes.iter().enumerate();
        let classes: Vec<_> =
            classes.map(|(index, class)| format!("{index} {}", markdown(class))).collect();
        line(&classes.join(", "));
    }
    Ok(text)
}

/// How a Burn program loads it: the config, the network that it describes, and its numbers.
fn burn_code(network: &Network, file: &str) -> String {
    let PictureShape { channels, height, width } = network.shape;
    let dims = format!("[{channels}, {height}, {width}]");
    let (pattern, new) = match network.built {
        Built::Classifier(_) => (
            "ModelConfig::Classifier { network, .. }",
            format!("Classifier::new(network, {dims}, {}, 0, &device)?", network.classes),
        ),
        Built::Generator(_) => {
            ("ModelConfig::Gan(pair)", format!("Gan::new(pair, {dims}, 0, &device)?.generator"))
        }
        Built::Discriminator(_) => {
            ("ModelConfig::Gan(pair)", format!("Gan::new(pair, {dims}, 0, &device)?.discriminator"))
        }
    };
    format!(
        "With Burn 0.22, the crates hearth-config and hearth-model, and the config above in a file:\n\n```rust\n\
         use burn::{{module::Module as _, store::ModuleRecord}};\nuse hearth_config::{{ModelConfig, \
         RawConfig}};\n\nlet config = RawConfig::read(\"config.toml\")?.check()?;\nlet {pattern} = \
         &config.model else {{ panic!(\"another network\") }};\nlet network = hearth_model::{new};\nlet network \
         = network.try_load_record(ModuleRecord::load(\"{file}\")?)?;\n```\n"
    )
}

/// The test results of the checkpoint, where the run's log has them.
fn results(trained: &Trained) -> Result<Vec<(String, f64)>, TrainError> {
    let run = RunDir::open(&trained.run)?;
    let lines = read_metrics(run.metrics())?;
    let line =
        lines.iter().rev().find(|line| line["kind"] == "test" && line["step"] == trained.step);
    let names = ["loss", "accuracy", "distance", "precision", "recall", "entropy"];
    let number = |name: &str| Some((name.to_owned(), line?[name].as_f64()?));
    Ok(names.into_iter().filter_map(number).collect())
}

/// How an image file becomes what it takes: step by step, and as a program.
fn prepared(network: &Network, format: Format) -> String {
    let PictureShape { channels, height, width } = network.shape;
    let mut text = format!(
        "## Preprocessing\n\nAn image file becomes pixels `[1, {channels}, {height}, {width}]` in these steps, in \
         this order; other ways give other classes. (Pillow's `convert(\"L\")` weighs the colours by BT.601, and its \
         `BICUBIC`, the same filter, rounds between its two passes.)\n\n| step | how |\n| --- | --- |\n"
    );
    // Writing to a string cannot fail.
    for (name, how) in preprocessing::steps(network.shape) {
        let _ = writeln!(text, "| {name} | {how} |");
    }
    let Normalization { mean, std } = &network.normalization;
    let inside = if format == Format::Onnx { ", inside the graph" } else { "" };
    let _ = writeln!(
        text,
        "| normalisation | `(pixel / 255 - mean) / std` for each channel{inside}: mean {mean:?}, std {std:?} |"
    );
    let samples = match format {
        Format::Onnx => "`prepare(path)` gives the graph's samples",
        _ => "the network takes `(prepare(path) / 255 - mean) / std`",
    };
    let _ = write!(
        text,
        "\nThe same with NumPy and Pillow, but for a level here and there (JPEG decoders differ, and Pillow keeps 8 \
         of 16 bits of colours); {samples}:\n\n```python\n{}```\n",
        preprocessing::python(network.shape)
    );
    text
}

/// A text as a YAML string: quoted as in JSON, unless it is a plain word.
fn yaml(text: &str) -> String {
    let is_word = text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let means_more = ["", "-", "null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    if is_word && !text.starts_with('-') && !means_more.contains(&text) {
        return text.to_owned();
    }
    serde_json::to_string(text).expect("a text is JSON")
}

/// A text in Markdown that is shown letter by letter, on one line.
fn markdown(text: &str) -> String {
    let mut shown = String::new();
    for letter in one_line(text).chars() {
        if "\\`*_[]<>|#&~$".contains(letter) {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}

/// The fence of a block of code, longer than any in it.
fn fence(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// How it is used.
fn usage(network: &Network, format: Format, place: &Place) -> String {
    let shape = network.shape;
    let picture = format!("{}, {}, {}", shape.channels, shape.height, shape.width);
    let prepared = match network.built {
        Built::Generator(_) => format!(
            "It takes `[batch, {}]` numbers of a standard normal distribution, and gives pictures `[batch, \
             {picture}]` from -1 to 1: a byte is `(value + 1) * 127.5`.",
            network.latent
        ),
        _ if format == Format::Onnx => format!(
            "`pixels` is `[batch, {picture}]`, floats from 0 to 255; they are normalised inside. How they are made \
             of an image file: [Preprocessing](#preprocessing)."
        ),
        _ => format!(
            "It takes pictures `[batch, {picture}]` as `(pixel / 255 - mean) / std`, by the mean and std of \
             `{}`, and gives logits. How the pixels are made of an image file: \
             [Preprocessing](#preprocessing).",
            place.settings
        ),
    };
    let code = match format {
        Format::Onnx => {
            let sample = match network.built {
                Built::Generator(_) => format!("1, {}", network.latent),
                _ => format!("1, {picture}"),
            };
            let outputs = match network.built {
                Built::Classifier(_) => "`logits` and `probabilities`",
                Built::Generator(_) => "`pictures`",
                Built::Discriminator(_) => "`logit`, high for real pictures",
            };
            format!(
                "The graph (opset {}) takes any number of samples and gives {outputs}. In this folder:\n\n```python\n\
                 import numpy\nimport onnxruntime\n\nsamples = numpy.zeros(({sample}), numpy.float32)\nsession = onnxruntime.InferenceSession(\"{}\")\noutputs = session.run(None, \
                 {{session.get_inputs()[0].name: samples}})\n```\n",
                onnx::OPSET,
                place.network,
            )
        }
        Format::Safetensors if network.layers.is_none() => {
            "Its tensors have the names and shapes of a checkpoint of Hearth.\n".to_owned()
        }
        Format::Safetensors => format!(
            "In this folder:\n\n```python\n{}\nfrom safetensors.torch import load_file\n\nnetwork.load_state_dict(load_file(\"{}\"))\n\
             network.eval()\n```\n",
            pytorch::code(network.layers.as_deref().unwrap_or_default()),
            place.network,
        ),
        Format::Burnpack => burn_code(network, &place.network),
    };
    format!("## Use\n\n{prepared}\n\n{code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are() {
        for (name, yaml_text, markdown_text) in [
            ("mlp", "mlp", "mlp"),
            ("fashion-mnist", "fashion-mnist", "fashion-mnist"),
            ("1.0", "\"1.0\"", "1.0"),
            ("no", "\"no\"", "no"),
            ("a: b\n# c", "\"a: b\\n# c\"", "a: b\\\\n\\# c"),
            ("<b>*x*_y_", "\"<b>*x*_y_\"", "\\<b\\>\\*x\\*\\_y\\_"),
        ] {
            assert_eq!((yaml(name).as_str(), markdown(name).as_str()), (yaml_text, markdown_text));
        }
        assert_eq!((fence("a"), fence("a ``` b").len()), ("```".to_owned(), 4));
    }
}
