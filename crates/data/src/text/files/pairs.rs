//! From lines to pairs.

use std::collections::BTreeMap;
use std::path::Path;

use hearth_config::shown;

use super::input::TextFile;
use super::lines::Lines;
use crate::error::DataError;
use crate::names::some_of;
use crate::text::texts::Texts;
use crate::text::tokenizer::normalised;

/// Lines that a note names; the others are counted.
const MAX_NAMED: usize = 3;

/// Files of pairs.
#[derive(Clone, Debug)]
pub enum PairInput {
    /// One file: in each line a source, a tab and a target.
    One(TextFile),
    /// Two aligned files: the sources, and line by line their targets.
    Two(TextFile, TextFile),
}

/// Lines that are left out: their number, and those of the first ones.
#[derive(Default)]
struct LeftOut {
    count: usize,
    first: Vec<u64>,
}

/// The pairs of files, their checksums and notes.
pub(super) struct Reader {
    pub texts: Texts,
    pub checksums: BTreeMap<String, String>,
    pub notes: Vec<String>,
    lowercase: bool,
}

impl PairInput {
    /// The file that messages name.
    pub(super) fn first(&self) -> &TextFile {
        match self {
            Self::One(input) | Self::Two(input, _) => input,
        }
    }

    fn inputs(&self) -> impl Iterator<Item = &TextFile> {
        let (first, second) = match self {
            Self::One(input) => (input, None),
            Self::Two(source, target) => (source, Some(target)),
        };
        std::iter::once(first).chain(second)
    }
}

impl Reader {
    pub fn new(lowercase: bool) -> Self {
        let (texts, checksums, notes) = (Texts::default(), BTreeMap::new(), Vec::new());
        Self { texts, checksums, notes, lowercase }
    }

    /// Reads the pairs of a file or two, and returns their number. Pairs with an empty side and empty lines are left out
    /// and counted in notes; no pair at all is an error.
    pub fn read(&mut self, pairs: &PairInput) -> Result<usize, DataError> {
        let before = self.texts.len();
        self.texts.reserve(pairs.inputs().map(TextFile::length).sum());
        match pairs {
            PairInput::One(input) => self.read_one(input)?,
            PairInput::Two(source, target) => self.read_two(source, target)?,
        }
        match self.texts.len() - before {
            0 => Err(pairs.first().fault(None, format!("it has no pairs; expected: {ONE_FILE}"))),
            count => Ok(count),
        }
    }

    fn read_one(&mut self, input: &TextFile) -> Result<(), DataError> {
        let mut lines = Lines::open(input)?;
        let (mut empty, mut half) = (LeftOut::default(), LeftOut::default());
        while lines.advance()? {
            let (line, number) = (lines.text(), lines.number);
            let fault = |fault: String| Err(input.fault(Some(number), fault));
            let (source, target) = match line.split_once('\t') {
                None if line.is_empty() => ("", ""),
                None => return fault(format!("it has no tab; expected: {ONE_FILE}")),
                Some((source, target)) => (source.trim(), target),
            };
            let num_tabs = target.matches('\t').count() + 1;
            if num_tabs > 1 {
                return fault(format!(
                    "it has {num_tabs} tabs; expected: {ONE_FILE}; `cut -f1,2` keeps the first two columns of a file"
                ));
            }
            self.add((source, target.trim()), number, [&mut empty, &mut half], input)?;
        }
        self.finish(input, [empty, half], [(input, lines)]);
        Ok(())
    }

    fn read_two(&mut self, source: &TextFile, target: &TextFile) -> Result<(), DataError> {
        let [mut sources, mut targets] = [Lines::open(source)?, Lines::open(target)?];
        let (mut empty, mut half) = (LeftOut::default(), LeftOut::default());
        loop {
            let found = [sources.advance()?, targets.advance()?];
            if found == [false; 2] {
                break;
            }
            let pair = (sources.text(), targets.text());
            // Empty lines at the end of one file are no lack of the other.
            if found != [true; 2] && pair != ("", "") {
                while sources.advance()? {}
                while targets.advance()? {}
                let [many, few] = [sources.number, targets.number];
                return Err(source.fault(
                    None,
                    format!(
                        "its number of lines is {many}, and that of {} is {few}; expected is a target for each source, in the same line",
                        shown(target.path())
                    ),
                ));
            }
            let pair = (pair.0.trim(), pair.1.trim());
            let number = sources.number.max(targets.number);
            self.add(pair, number, [&mut empty, &mut half], source)?;
        }
        self.finish(source, [empty, half], [(source, sources), (target, targets)]);
        Ok(())
    }

    /// Adds a pair in normalised form, or counts it where a side is empty.
    fn add(
        &mut self,
        (source, target): (&str, &str),
        number: u64,
        [empty, half]: [&mut LeftOut; 2],
        input: &TextFile,
    ) -> Result<(), DataError> {
        match (source.is_empty(), target.is_empty()) {
            (true, true) => empty.count(number),
            (false, false) => {
                let [source, target] =
                    [source, target].map(|text| normalised(text, self.lowercase));
                let fault = "the texts have more than 4 GB together; use a part of them";
                self.texts
                    .push(&source, &target)
                    .ok_or_else(|| input.fault(Some(number), fault))?;
            }
            _ => half.count(number),
        }
        Ok(())
    }

    /// Notes on the lines that are left out, and checksums.
    fn finish<'a>(
        &mut self,
        input: &TextFile,
        [empty, half]: [LeftOut; 2],
        files: impl IntoIterator<Item = (&'a TextFile, Lines<'a>)>,
    ) {
        let name = shown(input.path());
        self.notes.extend(
            empty
                .note(["line is empty and left out", "lines are empty and left out"])
                .map(|note| format!("{name}: {note}")),
        );
        self.notes.extend(
            half.note([
                "pair has an empty side and is left out",
                "pairs have an empty side and are left out",
            ])
            .map(|note| format!("{name}: {note}")),
        );
        for (input, lines) in files {
            let path = input.path();
            // The name, so that data may move, or the path if another file has the same name.
            let name = path.file_name().map(|name| Path::new(name).display().to_string());
            let name = name.filter(|name| !self.checksums.contains_key(name));
            let key = name.unwrap_or_else(|| path.display().to_string());
            self.checksums.insert(key, lines.sha256());
        }
    }
}

/// A line of pairs in one file.
const ONE_FILE: &str = "a source, a tab and a target in each line";

impl LeftOut {
    fn count(&mut self, line: u64) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(line);
        }
    }

    /// `3 lines are empty (lines 4, 7 and 9)`; `None` for none. The words are those for one and for several.
    fn note(&self, [one, several]: [&str; 2]) -> Option<String> {
        let Self { count, first } = self;
        match count {
            0 => None,
            1 => Some(format!("1 {one} (line {})", first[0])),
            count => {
                let more = count - first.len();
                let named = first.iter().map(u64::to_string);
                let rest = (more > 0).then(|| format!("{more} more"));
                let named: Vec<String> = named.chain(rest).collect();
                Some(format!("{count} {several} (lines {})", some_of(&named, named.len())))
            }
        }
    }
}
