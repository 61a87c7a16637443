//! `hearth eval`.

use std::path::Path;

use hearth_train::metrics::ClassificationReport;
use hearth_train::report::GenerationReport;
use hearth_train::{Backend, Evaluation, Report, evaluate_run};

use crate::args::Eval;
use crate::failure::Failure;
use crate::output::{print, print_json, results, say, table};

/// Evaluates a run.
pub fn run(args: &Eval, backend: Backend, datasets: &Path) -> Result<(), Failure> {
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
    match &report {
        Report::Classification(classes) => print(&text(classes)),
        Report::Generation(pictures) => print(&generation(&report, pictures)),
    }
}

fn generation(report: &Report, pictures: &GenerationReport) -> String {
    let rows = pictures.classes.iter().map(|class| {
        let share = format!("{:.4}", class.share);
        vec![class.class.clone(), share]
    });
    let GenerationReport { split, samples, judge, .. } = pictures;
    format!(
        "{split}: {}\n{samples} pictures, judged by {} step {}, {}\n\n{}",
        results(report),
        judge.run,
        judge.step,
        &judge.checksum[..16],
        table(&["seen as", "share"], rows)
    )
}

fn text(report: &ClassificationReport) -> String {
    let ClassificationReport { split, loss, accuracy, samples, .. } = report;
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
