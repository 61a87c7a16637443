//! `hearth eval`.

use std::path::Path;

use hearth_config::CommandLine;
use hearth_report::fixed;
use hearth_train::metrics::{ClassReport, ClassificationReport};
use hearth_train::report::GenerationReport;
use hearth_train::{Backend, Evaluation, Report, Split, Which, evaluate_run};

use crate::args::Eval;
use crate::failure::Failure;
use crate::output::{print, print_json, results, say, table};

/// The most classes that are shown with their whole matrix, and the most rows for more.
const MOST_CLASSES: usize = 20;

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
        Report::Classification(classes) => {
            let all = CommandLine::new("eval").path(&trained.run).args(chosen(args)).arg("--json");
            print(&text(&report, classes, &all))
        }
        Report::Generation(pictures) => print(&generation(&report, pictures)),
    }
}

/// The options for what is evaluated, as far as they were typed.
fn chosen(args: &Eval) -> Vec<String> {
    let mut words = Vec::new();
    if args.split != Split::Test {
        words.extend(["--split".to_owned(), args.split.name().to_owned()]);
    }
    let checkpoint = match args.trained.checkpoint {
        Which::Best => None,
        Which::Last => Some("last".to_owned()),
        Which::Step(step) => Some(step.to_string()),
    };
    words.extend(checkpoint.into_iter().flat_map(|name| ["--checkpoint".to_owned(), name]));
    words
}

fn generation(report: &Report, pictures: &GenerationReport) -> String {
    let mut classes: Vec<_> = pictures.classes.iter().collect();
    let rest = classes.len().saturating_sub(MOST_CLASSES);
    let mut more = String::new();
    if rest > 0 {
        classes.sort_by(|left, right| right.share.total_cmp(&left.share));
        classes.truncate(MOST_CLASSES);
        more = format!("\n\n{rest} more classes are seen less often; --json has all of them");
    }
    let rows = classes.into_iter().map(|class| {
        let share = fixed(class.share, 4);
        vec![class.class.clone(), share]
    });
    let GenerationReport { split, samples, judge, .. } = pictures;
    format!(
        "{split}: {}\n{samples} pictures, judged by {} step {}, {}\n\n{}{more}",
        results(report),
        judge.run,
        judge.step,
        &judge.checksum[..16],
        table(&["seen as", "share"], rows)
    )
}

fn text(report: &Report, classes: &ClassificationReport, all: &CommandLine) -> String {
    let ClassificationReport { split, samples, per_class, .. } = classes;
    let head = format!("{split}: {}  {samples} pictures", results(report));
    if per_class.len() > MOST_CLASSES {
        return format!("{head}\n\n{}", worst(classes, all));
    }
    format!("{head}\n\n{}\n\n{}", class_table(per_class), confusion(classes))
}

fn class_table<'a>(classes: impl IntoIterator<Item = &'a ClassReport>) -> String {
    table(
        &["class", "precision", "recall", "support"],
        classes.into_iter().map(|class| {
            let support = class.support.to_string();
            vec![class.class.clone(), fixed(class.precision, 4), fixed(class.recall, 4), support]
        }),
    )
}

fn confusion(report: &ClassificationReport) -> String {
    let numbers: Vec<String> = (0..report.confusion.len()).map(|class| class.to_string()).collect();
    let header: Vec<&str> =
        std::iter::once("true \\ predicted").chain(numbers.iter().map(String::as_str)).collect();
    let rows =
        report.confusion.iter().zip(&report.per_class).enumerate().map(|(index, (row, class))| {
            let name = format!("{index} {}", class.class);
            std::iter::once(name).chain(row.iter().map(u64::to_string)).collect()
        });
    table(&header, rows)
}

/// Of many classes: those that are recognised least, and the pairs that are confused most.
fn worst(report: &ClassificationReport, all: &CommandLine) -> String {
    let classes = &report.per_class;
    let mut least: Vec<&ClassReport> = classes.iter().filter(|class| class.support > 0).collect();
    least.sort_by(|left, right| left.recall.total_cmp(&right.recall));
    least.truncate(MOST_CLASSES);

    let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
    for (label, row) in report.confusion.iter().enumerate() {
        let wrong = row.iter().enumerate().filter(|(guess, count)| *guess != label && **count > 0);
        pairs.extend(wrong.map(|(guess, count)| (*count, label, guess)));
    }
    // Of equals, in the order of the classes.
    pairs.sort_by_key(|(count, label, guess)| (std::cmp::Reverse(*count), *label, *guess));
    let (shown, confused) = (pairs.len().min(MOST_CLASSES), pairs.len());
    let rows = pairs.into_iter().take(shown).map(|(count, label, guess)| {
        let share = fixed(count as f64 / classes[label].support.max(1) as f64, 4);
        vec![classes[label].class.clone(), classes[guess].class.clone(), count.to_string(), share]
    });
    let pairs = table(&["true", "predicted", "pictures", "of the class"], rows);
    format!(
        "the {} of {} classes with the lowest recall:\n{}\n\nthe {shown} of {confused} pairs that are confused \
         most:\n{pairs}\n\nall classes and the whole matrix: {all}",
        least.len(),
        classes.len(),
        class_table(least),
    )
}

#[cfg(test)]
mod tests {
    use hearth_train::metrics::Tally;

    use super::*;

    fn shown(num_classes: u16) -> String {
        let classes: Vec<String> = (0..num_classes).map(|class| format!("class {class}")).collect();
        let mut tally = Tally::new(usize::from(num_classes));
        let logits = |guess: u16| -> Vec<f32> {
            (0..num_classes).map(|class| f32::from(u8::from(class == guess))).collect()
        };
        for label in 0..num_classes {
            tally.add(&logits(label), &[label]);
            // Each third is taken for the next one as well, and the last class most often.
            let wrong = if label + 1 == num_classes { 5 } else { usize::from(label % 3 == 0) };
            (0..wrong).for_each(|_| tally.add(&logits((label + 1) % num_classes), &[label]));
        }
        let report = tally.report("test", &classes);
        let all = CommandLine::new("eval").arg("my run").arg("--json");
        text(&Report::Classification(report.clone()), &report, &all)
    }

    #[test]
    fn few_classes_are_shown_whole() {
        let text = shown(10);
        assert!(text.contains("true \\ predicted") && !text.contains("--json"), "{text}");
        assert_eq!(text.lines().count(), 1 + 1 + 11 + 1 + 11);
    }

    #[test]
    fn of_many_classes_the_worst_are_shown() {
        let text = shown(300);
        assert!(text.len() < 4000, "{} bytes", text.len());
        for part in [
            "the 20 of 300 classes with the lowest recall",
            "the 20 of 101 pairs that are confused most",
            "all classes and the whole matrix: hearth eval 'my run' --json",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(words).collect();
        assert!(lines.contains(&"class 299 1.0000 0.1667 6".to_owned()), "{text}");
        let first = lines.iter().position(|line| line.starts_with("true predicted")).unwrap() + 1;
        assert_eq!(lines[first], "class 299 class 0 5 0.8333");
    }
}
