//! Display of a fault in six lines: message, place and remedy.
//!
//! ```text
//!   × `data.bach_size` is not a key of [data] with kind = "fashion-mnist"
//!    ╭─[configs/mlp.toml:8:1]
//!  8 │ bach_size = 64
//!    · ─────────
//!   help: did you mean `batch_size`?
//! ```

use std::io::IsTerminal as _;

use hearth_config::{Diagnostic, LineSpan, Location};

/// Maximum length of a line, in characters.
const WIDTH: usize = 100;

/// Maximum number of characters shown of a config's line.
const SHOWN: usize = 84;

/// Maximum number of lines, and of characters in a word, of a fault whose place is shown.
const LINES: usize = 6;
const NAME: usize = 40;

/// The text of a fault for standard error, coloured on a terminal.
pub fn shown(fault: &Diagnostic) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    text(fault, std::io::stderr().is_terminal() && !plain)
}

fn text(fault: &Diagnostic, in_color: bool) -> String {
    let color = |code: &str, text: &str| {
        if in_color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    // Text that is cut is in the config, whose line is shown as well.
    let (longest, most) =
        if fault.location().is_some() { (NAME, LINES - 3) } else { (usize::MAX, usize::MAX) };
    let mut lines = wrapped(&fault.to_string(), WIDTH - 4, longest, most - 1);
    let remedy =
        wrapped(fault.help_text().unwrap_or_default(), WIDTH - 8, longest, most - lines.len());
    for (index, line) in lines.iter_mut().enumerate() {
        let mark = if index == 0 { color("31", "×") } else { " ".to_owned() };
        *line = format!("  {mark} {line}");
    }
    lines.extend(fault.location().into_iter().flat_map(|place| snippet(place, color)));
    for (index, line) in remedy.iter().enumerate() {
        let mark = if index == 0 { color("36", "help:") } else { " ".repeat(5) };
        lines.push(format!("  {mark} {line}"));
    }
    lines.join("\n")
}

/// The line of a place, with the faulty part underlined.
fn snippet(place: &Location, color: impl Fn(&str, &str) -> String) -> [String; 3] {
    let LineSpan { line, text, columns: (first, count) } = place.line_span();
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let name = if place.is_typed() {
        place.to_string()
    } else {
        format!("{}:{line}:{}", place.source.name, first + 1)
    };
    // A long line is shown from a little before the place.
    let skipped = if first + count.min(SHOWN / 2) > SHOWN { first - 20 } else { 0 };
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let part: String = text.chars().skip(skipped).take(SHOWN).map(visible).collect();
    let room = SHOWN.saturating_sub(first - skipped).max(1);
    let under = "─".repeat(count.clamp(1, room));
    [
        format!(" {margin} ╭─[{name}]"),
        format!(" {number} │ {part}").trim_end().to_owned(),
        format!(" {margin} · {}{}", " ".repeat(first - skipped), color("31", &under)),
    ]
}

/// The words of a text, each of at most `longest` characters, on at most `most` lines of at most `width`.
fn wrapped(text: &str, width: usize, longest: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        // The items of a list were printed in full when they happened.
        if paragraph.trim_start().starts_with("- ") {
            lines.push(shortened(paragraph.trim(), width));
            continue;
        }
        let mut line = String::new();
        for word in words(paragraph) {
            // A command stays whole, for copying.
            let is_command = word.contains(char::is_whitespace);
            let word = shortened(word, if is_command { usize::MAX } else { longest });
            let length = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && length > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(shortened(&rest, width));
    }
    lines
}

/// The words of a paragraph; text between two backticks is one word.
fn words(paragraph: &str) -> Vec<&str> {
    let (mut words, mut begun, mut in_command) = (Vec::new(), 0, false);
    for (at, letter) in paragraph.char_indices() {
        let closes = |rest: &str| rest.chars().any(|c| c == '`');
        match letter {
            '`' if in_command => in_command = false,
            '`' => in_command = closes(&paragraph[at + 1..]),
            space if space.is_whitespace() && !in_command => {
                words.push(&paragraph[begun..at]);
                begun = at + space.len_utf8();
            }
            _ => {}
        }
    }
    words.push(&paragraph[begun..]);
    words.retain(|word| !word.is_empty());
    words
}

/// The beginning and the end of a text that is too long.
fn shortened(text: &str, width: usize) -> String {
    const GAP: &str = " ... ";
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= width {
        return text.to_owned();
    }
    let half = width.saturating_sub(GAP.len()) / 2;
    let part = |letters: &[char]| letters.iter().collect::<String>();
    part(&letters[..half]) + GAP + &part(&letters[letters.len() - half..])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hearth_config::SourceText;

    use super::*;

    fn at(text: &str, part: &str) -> Diagnostic {
        let source = SourceText { name: "a.toml".into(), text: text.into() };
        let start = source.text.find(part).expect("it is there");
        let place = Location { source: Arc::new(source), span: start..start + part.len() };
        Diagnostic::new("it is wrong").at(Some(&place)).help("it would be right")
    }

    #[test]
    fn a_fault_is_its_message_its_line_and_its_remedy() {
        let shown = text(&at("a = 1\n\tb = “x”\n", "“x”"), false);
        assert_eq!(
            shown,
            "  × it is wrong\n   ╭─[a.toml:2:6]\n 2 │  b = “x”\n   ·      ───\n  help: it would be right"
        );
        assert!(text(&at("a = 1", "1"), true).contains("\x1b[31m×\x1b[0m it is wrong"));
    }

    #[test]
    fn long_lines_are_cut_and_long_messages_wrapped() {
        let long = format!("a = {}1 + b", "x".repeat(5000));
        let shown = text(&at(&long, "1 + b"), false);
        let (found, under) = (shown.lines().nth(2).unwrap(), shown.lines().nth(3).unwrap());
        assert!(found.chars().count() <= WIDTH && found.ends_with("x1 + b"), "{found}");
        let place = |line: &str, letter: char| line.chars().position(|c| c == letter);
        assert_eq!(place(found, '1').map(|_| found.chars().count()), Some(under.chars().count()));
        let name = "x".repeat(500);
        let fault = Diagnostic::new(format!("`{name}` is no key")).help(format!("not `{name}`"));
        let place = at(&name, &name).location().cloned();
        assert!(text(&fault, false).contains(&name), "it is shown nowhere else");
        assert_eq!(text(&fault.at(place.as_ref()), false).lines().count(), 5);
        let words =
            Diagnostic::new("word\n".repeat(90)).help("word ".repeat(90)).at(place.as_ref());
        assert_eq!(text(&words, false).lines().count(), LINES);
        let shown = text(&Diagnostic::new("word ".repeat(50)), false);
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        let command = format!("hearth train --run '{}' --resume", "my  run ".repeat(20));
        let shown =
            text(&Diagnostic::new(format!("{}`{command}` goes on", "word ".repeat(10))), false);
        assert!(shown.lines().any(|line| line.contains(&command)), "{shown}");
        let list = format!("none led there\n  - first: {}end\n  - second: no", "so ".repeat(90));
        let shown = text(&Diagnostic::new(list), false);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!((lines.len(), lines[2]), (3, "    - second: no"), "{shown}");
        assert!(lines[1].contains(" ... ") && lines[1].ends_with("so end"), "{shown}");
        assert!(lines[1].chars().count() <= WIDTH, "{shown}");
    }
}
