//! Summary of a run's data in a few lines: sets, folders, classes.

use hearth_data::{DataCard, FolderLayout};
use hearth_report::text_table;
use hearth_train::plan::summary::Summary;

use super::output::thousands;

/// Maximum number of classes named.
const MAX_NAMED: usize = 10;

/// The summary of a run before training.
pub fn data_lines(summary: &Summary) -> String {
    let data = &summary.data;
    let mut lines = vec![format!("{}: {}", data.name, data.counts(thousands))];
    match data.classes.len() {
        0 => {}
        1 => lines[0].push_str(", 1 class"),
        count => lines[0] += &[", ", &thousands(count as u64), " classes"].concat(),
    }
    lines.extend(data.layout.as_ref().map(|layout| folders(layout, data.samples[1] > 0)));
    lines.extend(facts(data));
    if !data.classes.is_empty() {
        lines.push(classes(&data.classes, &data.class_counts));
    }
    lines.join("\n")
}

/// The facts of the data in a line; none without any.
fn facts(data: &DataCard) -> Option<String> {
    let facts = data.facts.iter().map(|(name, fact)| format!("{name}: {fact}"));
    let facts = facts.collect::<Vec<_>>().join("; ");
    (!facts.is_empty()).then_some(facts)
}

/// The folders of the sets.
fn folders(layout: &FolderLayout, validates: bool) -> String {
    let cut = [
        (validates && layout.valid.is_none()).then_some("valid"),
        layout.test.is_none().then_some("test"),
    ];
    let cut: Vec<&str> = cut.into_iter().flatten().collect();
    let source = if layout.train == layout.root { "it" } else { "train" };
    match cut[..] {
        [] => format!("from {layout}"),
        _ => format!("from {layout}; {} cut from {source}", cut.join(" and ")),
    }
}

/// The number of samples of each class in the training, validation and test sets, for the first classes.
fn classes(names: &[String], counts: &[[usize; 3]]) -> String {
    let shown = names.len().min(MAX_NAMED);
    let more = match names.len() - shown {
        0 => String::new(),
        more => format!(" and {} more", thousands(more as u64)),
    };
    let numbers = |counts: &[usize; 3]| counts.map(|count| thousands(count as u64));
    if let Some(first) = counts.first()
        && counts.iter().all(|counts| counts == first)
    {
        let names = names[..shown].join(", ");
        return format!("{} of each class: {names}{more}", numbers(first).join(" + "));
    }
    let rows = names.iter().zip(counts).take(MAX_NAMED).map(|(name, counts)| {
        std::iter::once(name.clone()).chain(numbers(counts)).collect::<Vec<String>>()
    });
    let table = text_table(&["class", "train", "valid", "test"], rows);
    let more = if more.is_empty() { more } else { format!("\n{more}") };
    format!("\n{table}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|class| format!("class-{class}")).collect()
    }

    #[test]
    fn equal_classes_are_a_line_and_others_a_table() {
        assert_eq!(
            classes(&names(2), &[[5500, 500, 1000]; 2]),
            "5,500 + 500 + 1,000 of each class: class-0, class-1"
        );
        let line = classes(&names(100), &[[9, 0, 1]; 100]);
        assert!(line.starts_with("9 + 0 + 1 of each class: class-0, class-1,"), "{line}");
        assert!(line.ends_with("class-9 and 90 more"), "{line}");
        let text = classes(&names(12), &std::array::from_fn::<_, 12, _>(|class| [class, 1, 2]));
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["class", "train", "valid", "test"]);
        assert_eq!(lines[3], ["class-1", "1", "1", "2"]);
        assert_eq!((lines.len(), &lines[12][..]), (13, &["and", "2", "more"][..]));
    }

    #[test]
    fn folders_say_what_is_cut() {
        let mut layout = FolderLayout::default();
        (layout.root, layout.train) = ("shoes".into(), "shoes".into());
        assert_eq!(folders(&layout, true), "from shoes; valid and test cut from it");
        (layout.train, layout.test) = ("shoes/Training".into(), Some("shoes/Testing".into()));
        let text = "from shoes: train in Training/, test in Testing/";
        assert_eq!(folders(&layout, false), text);
        assert_eq!(folders(&layout, true), format!("{text}; valid cut from train"));
    }
}
