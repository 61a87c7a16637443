//! `hearth inspect`.

use std::path::Path;

use hearth_report::inspect::InspectedText;
use hearth_report::{Alignment, fixed, shown_tokens, text_table};
use hearth_tasks::inspect::Probe;
use hearth_tasks::{Findings, Inspection, inspect};
use hearth_train::Backend;

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say};

/// Inspects a run.
pub fn run(args: &InspectArgs, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let trained = &args.trained;
    let inspection = Inspection {
        run: &trained.run,
        which: trained.checkpoint,
        backend,
        datasets,
        files: &args.files,
    };
    let found = inspect(inspection, &mut |text| say(text))?;
    if trained.json {
        return print_json(&found);
    }
    say(&format!("checkpoint of step {}", found.step));
    let text = match found.findings {
        Findings::Probes(probes) => probe_table(probes),
        Findings::Translations(texts) => {
            texts.iter().map(translation).collect::<Vec<_>>().join("\n\n")
        }
    };
    print(&format!("{text}\n\n{}", found.page.display()))
}

fn probe_table(probes: Vec<Probe>) -> String {
    let rows = probes.into_iter().map(|probe| {
        let accuracy = fixed(probe.accuracy, 4);
        vec![probe.layer, accuracy]
    });
    text_table(&["layer", "linear probe"], rows)
}

/// The tokens of a text, its translation, and the weights of the attention.
fn translation(text: &InspectedText) -> String {
    let InspectedText { tokens, translation, .. } = text;
    let (tokens, translated) = (shown_tokens(tokens), &translation.text);
    let attention = translation.attention.as_ref().map(Alignment::to_text);
    let attention = attention.unwrap_or_else(|| "this network has no attention".to_owned());
    format!("tokens: {tokens}\ntranslation: {translated}\n{attention}")
}
