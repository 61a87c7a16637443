//! `hearth eval`.

use std::path::Path;

use hearth_config::CommandLine;
use hearth_tasks::{Evaluation, evaluate_run};
use hearth_train::{Backend, CheckpointSelector, Split};

use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say};

/// Evaluates a run.
pub fn run(args: &EvalArgs, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let trained = &args.trained;
    let evaluation = Evaluation {
        run: &trained.run,
        which: trained.checkpoint,
        backend,
        split: args.split,
        pictures: args.pictures.as_deref(),
        datasets,
    };
    let (step, report) = evaluate_run(evaluation, &mut |text| say(text))?;
    if trained.json {
        return print_json(&report);
    }
    say(&format!("checkpoint of step {step}"));
    let all = CommandLine::new("eval").path(&trained.run).args(chosen(args)).arg("--json");
    print(&report.to_text(&all.to_string()))
}

/// The options of this evaluation that differ from the defaults.
fn chosen(args: &EvalArgs) -> Vec<String> {
    let mut words = Vec::new();
    if args.split != Split::Test {
        words.extend(["--split".to_owned(), args.split.name().to_owned()]);
    }
    let checkpoint = match args.trained.checkpoint {
        CheckpointSelector::Best => None,
        CheckpointSelector::Last => Some("last".to_owned()),
        CheckpointSelector::Step(step) => Some(step.to_string()),
    };
    words.extend(checkpoint.into_iter().flat_map(|name| ["--checkpoint".to_owned(), name]));
    words
}
