//! The settings as typed: a tree of tables, with the location of every key and value.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::syntax::diagnostic::{COMMAND_LINE, Diagnostic, Location, SourceText};
use crate::syntax::errors;
use crate::syntax::text::toml_string;

/// The maximum nesting of tables and lists: settings need three levels, and each level takes a part of the stack.
const DEEPEST: usize = 16;

/// A value with its location.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub item: Item,
    /// The key's location; the value's, for the root.
    pub key: Location,
    /// The value's location.
    pub location: Location,
}

/// A table, whose members have locations of their own, or any other value.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Table(BTreeMap<String, Node>),
    Leaf(Value),
}

impl Node {
    /// Parses a TOML text.
    pub fn parse(source: SourceText) -> Result<Self, Diagnostic> {
        let source = Arc::new(source);
        let location = |span| Location { source: source.clone(), span };
        let table = DeTable::parse(&source.text).map_err(|error| {
            let location = location(error.span().unwrap_or(0..0));
            errors::diagnostic(error.message(), &location).at(Some(&location))
        })?;
        let whole = location(table.span());
        let item = table_item(&source, table.get_ref(), DEEPEST)?;
        Ok(Self { item, key: whole.clone(), location: whole })
    }

    /// Parses an override `a.b.c=value`. A plain word that is not TOML is a string; numbers and booleans in other
    /// notations are accepted: `.1`, `1.`, `007`, `True`.
    pub fn parse_override(text: &str) -> Result<Self, Diagnostic> {
        let source = |text: &str| SourceText { name: COMMAND_LINE.into(), text: text.into() };
        let parsed = Self::parse(source(text));
        let Some((key, value)) = text.split_once('=') else {
            let location = Location { source: Arc::new(source(text)), span: 0..text.len() };
            return Err(Diagnostic::new("this is not KEY=VALUE")
                .at(Some(&location))
                .help("a setting is one word without spaces, such as train.epochs=3"));
        };
        if parsed.is_ok() {
            return parsed;
        }
        let meant = Some(errors::typed(value)).filter(|meant| meant != value);
        // Digits and signs alone were meant as a number.
        let is_word = value.chars().any(char::is_alphabetic)
            && value.chars().all(|c| c.is_alphanumeric() || "-_./ ".contains(c));
        match meant {
            Some(meant) => Self::parse(source(&format!("{key}={meant}"))),
            None if is_word => Self::parse(source(&format!("{key}={}", toml_string(value)))),
            None => parsed,
        }
    }

    /// Merges `other` into this tree, table by table; its values win.
    pub fn merge(&mut self, other: Self) {
        match (&mut self.item, other.item) {
            (Item::Table(ours), Item::Table(theirs)) => {
                for (key, node) in theirs {
                    match ours.get_mut(&key) {
                        Some(present) => present.merge(node),
                        None => {
                            ours.insert(key, node);
                        }
                    }
                }
            }
            (_, item) => *self = Self { item, ..other },
        }
    }

    /// The members of a table; none for any other value.
    pub fn members(&self) -> impl Iterator<Item = (&String, &Self)> {
        match &self.item {
            Item::Table(members) => Some(members),
            Item::Leaf(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// The node at a dotted path.
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('.').filter(|key| !key.is_empty()).try_fold(self, |node, key| match &node.item {
            Item::Table(members) => members.get(key),
            Item::Leaf(_) => None,
        })
    }

    /// The location of the value at a dotted path, or else of the innermost list or table around it: list members, as
    /// in `model.widths[1]`, have no location of their own.
    pub fn location_of(&self, path: &str) -> Location {
        match (self.find(path), path.rsplit_once(['.', '['])) {
            (Some(node), _) => node.location.clone(),
            (None, Some((parent, _))) => self.location_of(parent),
            (None, None) => self.key.clone(),
        }
    }

    /// The location of a member of the table at a dotted path; the member's name may contain dots.
    pub fn location_of_member(&self, path: &str, name: &str) -> Location {
        let member =
            self.find(path).and_then(|table| table.members().find(|(key, _)| *key == name));
        member.map_or_else(|| self.location_of(path), |(_, node)| node.location.clone())
    }

    /// The value without locations.
    pub fn to_value(&self) -> Value {
        match &self.item {
            Item::Leaf(value) => value.clone(),
            Item::Table(members) => Value::Table(
                members.iter().map(|(key, node)| (key.clone(), node.to_value())).collect(),
            ),
        }
    }
}

/// Converts a parsed table in which up to `levels` more levels may nest.
fn table_item(
    source: &Arc<SourceText>,
    table: &DeTable<'_>,
    levels: usize,
) -> Result<Item, Diagnostic> {
    let location = |span| Location { source: source.clone(), span };
    let members = table.iter().map(|(key, value)| {
        let at = |message: String| Diagnostic::new(message).at(Some(&location(value.span())));
        let item = match value.get_ref() {
            DeValue::Table(table) => table_item(source, table, inner(levels).map_err(at)?)?,
            leaf => Item::Leaf(leaf_value(leaf, levels).map_err(at)?),
        };
        let node = Node { item, key: location(key.span()), location: location(value.span()) };
        Ok((key.get_ref().to_string(), node))
    });
    members.collect::<Result<_, _>>().map(Item::Table)
}

/// The levels that may nest in the next one; an error at the maximum.
fn inner(levels: usize) -> Result<usize, String> {
    levels.checked_sub(1).ok_or_else(|| format!("this lies more than {DEEPEST} levels deep"))
}

fn leaf_value(value: &DeValue<'_>, levels: usize) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map(Value::Integer)
            .map_err(|_| format!("{} does not fit into 64 bits", integer.as_str()))?,
        DeValue::Float(float) => float
            .as_str()
            .parse()
            .map(Value::Float)
            .map_err(|_| format!("{} is not a number", float.as_str()))?,
        DeValue::Array(members) => {
            let levels = inner(levels)?;
            let members = members.iter().map(|member| leaf_value(member.get_ref(), levels));
            Value::Array(members.collect::<Result<_, _>>()?)
        }
        DeValue::Table(members) => {
            let levels = inner(levels)?;
            let members = members.iter().map(|(key, member)| {
                Ok((key.get_ref().to_string(), leaf_value(member.get_ref(), levels)?))
            });
            Value::Table(members.collect::<Result<_, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_is_a_fault() {
        let parse = |text: &str| Node::parse(SourceText { name: "a".into(), text: text.into() });
        let keys = |count: usize| vec!["a"; count].join(".");
        assert!(parse(&format!("{} = 1", keys(DEEPEST + 1))).is_ok());
        let lists = |count: usize| format!("a = {}1{}", "[".repeat(count), "]".repeat(count));
        assert!(parse(&lists(DEEPEST)).is_ok());
        for text in [
            format!("{} = 1", keys(DEEPEST + 2)),
            format!("[{}]\n{} = 1", keys(10), keys(10)),
            lists(DEEPEST + 1),
            format!("a = {}1{}", "[{a=".repeat(10), "}]".repeat(10)),
        ] {
            let diagnostic = parse(&text).expect_err("too deep").to_string();
            assert!(diagnostic.contains("levels deep"), "{diagnostic}");
        }
        // Keys of eighty parts in tables of eighty levels, which would overflow the stack.
        let deep = format!("{{{} =", keys(79)).repeat(79);
        assert!(parse(&format!("a = {deep}1{}", "}".repeat(79))).is_err());
    }
}
