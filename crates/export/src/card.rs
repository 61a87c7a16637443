//! The model card of an export.

use std::fmt::Write as _;

use hearth_config::one_line;
use hearth_report::fixed;
use hearth_store::{RunDir, read_metrics};
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;

use super::network::Network;
use super::outline::Outline;
use super::place::Place;
use super::signature::{BurnCode, Signature};
use super::translator::{DECODER, ENCODER, TranslatorOutline};
use super::{Export, Format, onnx};

/// The card, with its front matter; `difference` is the largest one of the check on `samples` samples.
pub fn text(
    trained: &LoadedRun,
    network: &Network,
    (job, place): (&Export<'_>, &Place),
    (difference, samples): (f64, usize),
) -> Result<String, TrainError> {
    let dataset = &trained.info.dataset;
    let name = &trained.config.run.name;
    let signature = &*network.signature;
    let results = if signature.has_results() { results(trained)? } else { Vec::new() };
    let task = signature.task();
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
    line(&format!(
        "A network that {}, trained on {} ({} {}) with Hearth {} on Burn {}; its checkpoint of step {}.\n",
        signature.purpose(),
        dataset.name,
        dataset.samples[0],
        signature.unit(),
        trained.info.hearth,
        trained.info.burn,
        trained.step,
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
    let [checked, outputs] = signature.checked();
    line(&format!(
        "`{}` was read back and run on {samples} {checked}: its {outputs} differ from those of the trained network by \
         {difference:.1e} at most.\n",
        place.network,
    ));
    line(&usage(network, job.format, place));
    text.push_str(&signature.sections(job.format, &place.settings));
    Ok(text)
}

/// The classes by their numbers, with a heading.
pub fn classes(names: &[String]) -> String {
    let names = names.iter().enumerate();
    let names: Vec<_> = names.map(|(index, name)| format!("{index} {}", markdown(name))).collect();
    format!("## Classes\n\n{}\n", names.join(", "))
}

/// Rust that loads the network with Burn: the config, the network that it describes, and its weights.
fn burn_code(signature: &dyn Signature, file: &str) -> String {
    let BurnCode { config, pattern, new } = signature.burn();
    format!(
        "With Burn 0.22, the crates hearth-config and hearth-model, and the config above in a file:\n\n```rust\n\
         use burn::{{module::Module as _, store::ModuleRecord}};\nuse hearth_config::{{{config}, \
         RawConfig}};\n\nlet config = RawConfig::read(\"config.toml\")?.check()?;\nlet {pattern} = \
         &config.model else {{ panic!(\"another network\") }};\nlet network = hearth_model::{new};\nlet network \
         = network.try_load_record(ModuleRecord::load(\"{file}\")?)?;\n```\n"
    )
}

/// The results on a card, by their names in the log.
const RESULTS: [&str; 12] = [
    "loss",
    "accuracy",
    "perplexity",
    "exact_match",
    "bleu",
    "rmse",
    "mae",
    "r2",
    "distance",
    "precision",
    "recall",
    "entropy",
];

/// The test results of the checkpoint, where the run's log has them.
fn results(trained: &LoadedRun) -> Result<Vec<(String, f64)>, TrainError> {
    let run = RunDir::open(&trained.run)?;
    let lines = read_metrics(run.metrics())?;
    let line =
        lines.iter().rev().find(|line| line["kind"] == "test" && line["step"] == trained.step);
    let number = |name: &&str| Some(((*name).to_owned(), line?[name].as_f64()?));
    Ok(RESULTS.iter().filter_map(number).collect())
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
pub fn markdown(text: &str) -> String {
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

/// The section on use.
fn usage(network: &Network, format: Format, place: &Place) -> String {
    let signature = &*network.signature;
    let in_folder = |code: String| format!("In this folder:\n\n```python\n{code}```\n");
    let code = match (format, &network.outline, signature.layered()) {
        (Format::Burnpack, ..) => burn_code(signature, &place.network),
        (Format::Onnx, _, Some(signature)) => format!(
            "The graph (opset {}) takes any number of samples and gives {}. {}",
            onnx::OPSET,
            signature.gives(),
            in_folder(format!(
                "import numpy\nimport onnxruntime\n\nsession = onnxruntime.InferenceSession(\"{}\")\n\
                 outputs = session.run(None, {{{}}})\n",
                place.network,
                signature.feed(),
            )),
        ),
        (Format::Onnx, ..) => format!(
            "The graphs (opset {}) take any number of texts, padded behind their ends with `<pad>`: `{ENCODER}` from \
             `source` `[batch, sources]` to the encoding and a state, and `{DECODER}` from a `token` `[batch]`, the \
             state and the encoding to the `logits` of the token behind it and the next state. {}",
            onnx::OPSET,
            in_folder(TranslatorOutline::translate_by_graphs(&place.tokenizer)),
        ),
        (_, Outline::Layers(layers), Some(signature)) => {
            in_folder(loaded(&signature.pytorch(layers), place))
        }
        (_, Outline::Translator(outline), _) => in_folder(format!(
            "{}\n{}",
            loaded(&outline.pytorch(), place),
            TranslatorOutline::translate(&place.tokenizer)
        )),
        _ => "Its tensors have the names and shapes of a checkpoint of Hearth.\n".to_owned(),
    };
    format!("## Use\n\n{}\n\n{code}", signature.usage(format, &place.settings))
}

/// The code of a PyTorch module called `network`, and the loading of its weights.
fn loaded(module: &str, place: &Place) -> String {
    format!(
        "{module}\nfrom safetensors.torch import load_file\n\n\
         network.load_state_dict(load_file(\"{}\"))\nnetwork.eval()\n",
        place.network
    )
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
