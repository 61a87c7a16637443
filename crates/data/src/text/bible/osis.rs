//! OSIS markup, as SWORD modules have it: the text of a verse, and the entries that open a chapter or a book.

/// Elements that are no part of a verse: notes, headings, and the speakers' names that an edition adds.
const LEFT_OUT: [&str; 3] = ["note", "title", "speaker"];

/// Elements that separate words: lines, paragraphs and blocks.
const BREAKS: [&str; 8] = ["div", "item", "l", "lb", "lg", "list", "p", "title"];

/// Maximum length of the name of an entity.
const MAX_ENTITY: usize = 8;

/// A tag: `<l level="1">`, `</l>` or `<l/>`.
#[derive(Clone, Copy)]
struct Tag<'t> {
    name: &'t str,
    attributes: &'t str,
    is_end: bool,
    is_empty: bool,
}

/// Space before the next character.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Gap {
    None,
    /// In the place of markup: none before a punctuation mark.
    OfMarkup,
    Space,
}

/// The text of a verse: without tags, notes and headings, but with the titles of psalms, which are verses in other
/// editions (`canonical="true"`); one space between words. Anything behind the end of the chapter is no part of it.
pub(super) fn verse(osis: &str) -> String {
    let mut text = String::new();
    let mut gap = Gap::None;
    // The element that is left out, and how many of its name are open.
    let mut left_out: Option<(&str, usize)> = None;
    let mut rest = osis;
    while let Some(first) = rest.chars().next() {
        if let Some((tag, behind)) = Tag::split(rest) {
            rest = behind;
            left_out = match left_out {
                Some((name, depth)) if name == tag.name => match tag.change() {
                    -1 if depth == 1 => None,
                    change => Some((name, depth.saturating_add_signed(change))),
                },
                Some(open) => Some(open),
                None if tag.name == "chapter" && tag.has("eID=") => break,
                None => tag.is_left_out().then_some((tag.name, 1)),
            };
            if (left_out.is_some() || LEFT_OUT.contains(&tag.name) || BREAKS.contains(&tag.name))
                && gap == Gap::None
            {
                gap = Gap::OfMarkup;
            }
            continue;
        }
        let (character, length) = entity(rest).unwrap_or((first, first.len_utf8()));
        rest = &rest[length..];
        if left_out.is_some() {
            continue;
        }
        if character.is_whitespace() {
            gap = Gap::Space;
            continue;
        }
        let joins = gap == Gap::OfMarkup && ",.;:!?)’”".contains(character);
        if gap != Gap::None && !joins && !text.is_empty() {
            text.push(' ');
        }
        gap = Gap::None;
        text.push(character);
    }
    text
}

/// The chapter that an entry opens: `Gen.1`.
pub(super) fn chapter(osis: &str) -> Option<&str> {
    tags(osis).find(|tag| tag.name == "chapter" && tag.has("sID="))?.value("osisID=\"")
}

/// True if an entry opens a book.
pub(super) fn opens_book(osis: &str) -> bool {
    tags(osis).any(|tag| tag.name == "div" && tag.has("sID=") && tag.has("type=\"book\""))
}

fn tags(mut rest: &str) -> impl Iterator<Item = Tag<'_>> {
    std::iter::from_fn(move || {
        let (tag, behind) = Tag::split(&rest[rest.find('<')?..])?;
        rest = behind;
        Some(tag)
    })
}

impl<'t> Tag<'t> {
    /// The tag that a text begins with, and the text behind it. A tag without an end is the rest of the text.
    fn split(text: &'t str) -> Option<(Self, &'t str)> {
        let (inner, behind) = {
            let inner = text.strip_prefix('<')?;
            inner.split_once('>').unwrap_or((inner, ""))
        };
        let (inner, is_end) = inner.strip_prefix('/').map_or((inner, false), |name| (name, true));
        let (inner, is_empty) = inner.strip_suffix('/').map_or((inner, false), |tag| (tag, true));
        let end = inner.find(char::is_whitespace).unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(end);
        Some((Self { name, attributes, is_end, is_empty }, behind))
    }

    fn has(self, attribute: &str) -> bool {
        self.attributes
            .match_indices(attribute)
            .any(|(start, _)| self.attributes[..start].ends_with(char::is_whitespace))
    }

    fn value(self, attribute: &str) -> Option<&'t str> {
        let (before, value) = self.attributes.split_once(attribute)?;
        let (value, _) = value.split_once('"')?;
        before.ends_with(char::is_whitespace).then_some(value)
    }

    fn is_left_out(self) -> bool {
        let is_canonical = self.name == "title" && self.has("canonical=\"true\"");
        LEFT_OUT.contains(&self.name) && self.change() == 1 && !is_canonical
    }

    /// The change of the number of open elements.
    fn change(self) -> isize {
        match (self.is_end, self.is_empty) {
            (true, _) => -1,
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}

/// The character of an entity that a text begins with, and the entity's length: `&amp;`, `&#233;`, `&#xe9;`.
fn entity(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(MAX_ENTITY + 1).position(|byte| byte == b';')?;
    let name = &inner[..end];
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|character| !character.is_control())?
        }
    };
    Some((character, end + 2))
}
