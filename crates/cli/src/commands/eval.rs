//! `hearth eval`.

use std::path::Path;

use hearth_train::Predictor;
use hearth_train::metrics::Report;

use crate::args::Eval;
use crate::failure::Failure;
use crate::output::{print, print_json, say, table};

/// Evaluates a run.
pub fn run(args: &Eval, datasets: &Path) -> Result<(), Failure> {
    let trained = &args.trained;
    let predictor =
        Predictor::open(&trained.run, trained.checkpoint, trained.backend.unwrap_or_default())?;
    let report = predictor.evaluate(args.split, datasets, &mut |text| say(text))?;
    if trained.json {
        return print_json(&report);
    }
    say(&format!("checkpoint of step {}", predictor.step()));
    print(&text(&report))
}

fn text(report: &Report) -> String {
    let Report { split, loss, accuracy, samples, .. } = report;
    let classes = table(
        &["class", "precision", "recall", "support"],
        report.per_class.iter().map(|class| {
            let share = |share: f64| format!("{share:.4}");
            let support = class.support.to_string();
            vec![class.class.clone(), share(class.precision), share(class.recall), support]
        }),
    );
    let numbers: Vec<String> = (0..report.confusion.len()).map(|class| class.to_string()).collect();
    let header: Vec<&str> =
        std::iter::once("true \\ predicted").chain(numbers.iter().map(String::as_str)).collect();
    let rows =
        report.confusion.iter().zip(&report.per_class).enumerate().map(|(index, (row, class))| {
            let name = format!("{index} {}", class.class);
            std::iter::once(name).chain(row.iter().map(u64::to_string)).collect()
        });
    let confusion = table(&header, rows);
    format!(
        "{split}: loss {loss:.4}  accuracy {accuracy:.4}  {samples} pictures\n\n{classes}\n\n{confusion}"
    )
}
