//! Texts as TOML, texts on one line, and Unicode forms of names.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A text as a TOML string, quotation marks included.
pub fn toml_string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A key of a TOML table: bare where possible, else in quotation marks.
pub(crate) fn toml_key(key: &str) -> String {
    let line = toml::Table::from_iter([(key.to_owned(), toml::Value::Boolean(true))]).to_string();
    line.trim_end().strip_suffix(" = true").expect("a table of one key is one line").to_owned()
}

/// A text on one line: control characters, which a TOML comment cannot hold, become escapes such as `\u{7}`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c);
    if !text.contains(breaks) {
        return text.into();
    }
    let shown = |c: char| {
        if breaks(c) { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(shown).collect::<String>().into()
}

/// A name in Unicode's composed form (NFC): some systems write `é` as one character and some as two.
pub fn composed(name: &str) -> Cow<'_, str> {
    if is_nfc(name) { name.into() } else { name.nfc().collect::<String>().into() }
}

/// A name in ASCII: letters without diacritics, digits, `-` and `_`; `-` for any other character.
pub fn plain_name(name: &str) -> String {
    let letters = name.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_however_it_is_composed() {
        assert_eq!(composed("cafe\u{301}"), "caf\u{e9}");
        assert!(matches!(composed("caf\u{e9}"), Cow::Borrowed(_)));
        for name in ["cafe\u{301}", "caf\u{e9}"] {
            assert_eq!(plain_name(name), "cafe");
        }
        assert_eq!(plain_name("a b.\u{43a}"), "a-b--");
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(one_line("two words \u{1f642}"), "two words \u{1f642}");
        assert_eq!(one_line("a\nb\u{7}\u{85}"), "a\\nb\\u{7}\\u{85}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(text in any::<String>(), key in any::<String>()) {
            let table: toml::Table = format!("{} = {}", toml_key(&key), toml_string(&text))
                .parse()
                .expect("TOML");
            prop_assert_eq!(table.into_iter().collect::<Vec<_>>(), [(key, text.clone().into())]);
            let comment = format!("# {}\n", one_line(&text));
            prop_assert!(comment.parse::<toml::Table>().is_ok_and(|table| table.is_empty()));
        }
    }
}
