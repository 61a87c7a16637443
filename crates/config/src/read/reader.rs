//! Deserialises sections of the tree into their structs, and collects every diagnostic.

use serde::de::DeserializeOwned;
use toml::Value;

use crate::read::aliases::setting_like;
use crate::read::fields::field_names;
use crate::syntax::diagnostic::{COMMAND_LINE, Diagnostic, Location, nearest, suggest};
use crate::syntax::tree::{Item, Node};

/// The names of all sections.
pub(crate) const SECTIONS: [&str; 13] = [
    "format",
    "run",
    "data",
    "environment",
    "augment",
    "task",
    "model",
    "algorithm",
    "adversarial",
    "optimizer",
    "schedule",
    "train",
    "evaluate",
];

/// Reads sections of a tree. A section with an error reads as `None` and its diagnostic is collected, so that one pass
/// finds all of them.
pub(crate) struct Reader<'a> {
    pub root: &'a Node,
    pub diagnostics: Vec<Diagnostic>,
    /// Missing sections, in the order in which they were read.
    missing: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(root: &'a Node) -> Self {
        Self { root, diagnostics: Vec::new(), missing: Vec::new() }
    }

    /// Reports each section outside of `known`.
    pub fn known_sections(&mut self, known: &[&str]) {
        self.known_keys("", known, "a section", |_| true);
    }

    /// Reports each key of a table that is outside of `known` and for whose node `counts` is true.
    fn known_keys(
        &mut self,
        path: &str,
        known: &[&str],
        what: &str,
        counts: impl Fn(&Node) -> bool,
    ) {
        let Some(table) = self.root.find(path) else { return };
        let unknown =
            |(key, node): &(&String, &Node)| !known.contains(&key.as_str()) && counts(node);
        for (key, node) in table.members().filter(unknown) {
            let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let diagnostic = Diagnostic::new(format!("`{full}` is not {what}"));
            let help = match setting_like(key) {
                // A name near one of this section means that one.
                Some(setting) if nearest(key, known.iter().copied()).is_none() => {
                    format!("did you mean `{setting}`?")
                }
                _ => suggest(key, known),
            };
            self.diagnostics.push(diagnostic.at(Some(&node.key)).help(help));
        }
    }

    /// All diagnostics. Missing sections are one diagnostic together; a section under a misspelt name is not missing.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        if self.root.members().next().is_none() {
            let empty = Diagnostic::new(format!("{} is empty", self.root.key.source.name));
            return vec![
                empty.help("begin it with `format = 2`; every config in configs/ is an example"),
            ];
        }
        let misspelt = |section: &String| {
            let is_known = |name: &str| SECTIONS.contains(&name);
            let mut unknown = self.root.members().filter(|(name, _)| !is_known(name));
            unknown.any(|(name, _)| nearest(name, [section.as_str()]).is_some())
        };
        let missing: Vec<_> = self.missing.iter().filter(|section| !misspelt(section)).collect();
        if let [first @ .., last] = &missing[..] {
            let file = &self.root.key.source.name;
            let named: Vec<_> = first.iter().map(|section| format!("[{section}]")).collect();
            let all = match &named[..] {
                [] => format!("no section [{last}]"),
                named => format!("no sections {} and [{last}]", named.join(", ")),
            };
            let help =
                "every config in configs/ has them; `hearth init FOLDER` writes one for images";
            self.diagnostics.push(Diagnostic::new(format!("{file} has {all}")).help(help));
        }
        self.diagnostics
    }

    /// True if there is a section or a setting at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.root.find(path).is_some()
    }

    /// Reads a section that is one plain struct.
    pub fn section<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        self.table(path)?;
        self.known_keys(path, field_names::<T>(), &format!("a key of [{path}]"), |_| true);
        self.part(path)
    }

    /// Reads the `kind` of a section, one of `kinds`.
    pub fn kind<'k>(&mut self, path: &str, kinds: &[&'k str]) -> Option<&'k str> {
        self.table(path)?;
        let full = format!("{path}.kind");
        let Some(node) = self.root.find(&full) else {
            let diagnostic = Diagnostic::new(format!("`{full}` is missing"));
            let location = self.root.find(path).map(|node| &node.key);
            self.diagnostics
                .push(diagnostic.at(location).help(format!("one of {}", kinds.join(", "))));
            return None;
        };
        let typed = node.to_value();
        let word = typed.as_str().unwrap_or_default();
        let kind = kinds.iter().find(|kind| **kind == word).copied();
        if kind.is_none() {
            let diagnostic = Diagnostic::new(format!("{typed} is not a kind of [{path}]"));
            self.diagnostics.push(diagnostic.at(Some(&node.location)).help(suggest(word, kinds)));
        }
        kind
    }

    /// Reads a section whose keys are `kind`, the fields of `Common`, and the fields of the kind's own `Own`.
    ///
    /// A kind from the command line replaces the file's kind and the file's keys for it: `optimizer.kind=adam`
    /// drops the momentum of the file's SGD.
    ///
    /// `inner` are subsections, which are read on their own.
    pub fn tagged<Common, Own>(
        &mut self,
        path: &str,
        kind: &str,
        inner: &[&'static str],
    ) -> Option<(Common, Own)>
    where
        Common: DeserializeOwned,
        Own: DeserializeOwned,
    {
        let known = [&["kind"], inner, field_names::<Common>(), field_names::<Own>()].concat();
        let on_command_line = |location: &Location| location.source.name == COMMAND_LINE;
        let chosen = self.root.find(&format!("{path}.kind"));
        let chosen = chosen.is_some_and(|node| on_command_line(&node.location));
        let what = format!("a key of [{path}] with kind = \"{kind}\"");
        self.known_keys(path, &known, &what, |node| !chosen || on_command_line(&node.key));
        let (common, own) = (self.part(path), self.part(path));
        Some((common?, own?))
    }

    fn table(&mut self, path: &str) -> Option<()> {
        match self.root.find(path) {
            Some(Node { item: Item::Table(_), .. }) => Some(()),
            Some(node) => {
                let diagnostic = Diagnostic::new(format!("[{path}] must be a section"));
                let help = format!("write [{path}] on a line of its own, and its keys below");
                self.diagnostics.push(diagnostic.at(Some(&node.location)).help(help));
                None
            }
            None => {
                self.missing.push(path.to_owned());
                None
            }
        }
    }

    /// Reads the keys of a section that are fields of `T`.
    fn part<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let Value::Table(mut table) = self.root.find(path)?.to_value() else { return None };
        table.retain(|key, _| field_names::<T>().contains(&key));
        let error = match serde_path_to_error::deserialize(Value::Table(table)) {
            Ok(part) => return Some(part),
            Err(error) => error,
        };
        let inner = error.path().to_string();
        let full = if inner == "." { path.to_owned() } else { format!("{path}.{inner}") };
        let typed = self.root.find(&full);
        let (message, help) = plain_words(&full, error.inner().message());
        // A missing key has no location of its own: the section's is taken.
        let location = match typed.filter(|node| matches!(node.item, Item::Leaf(_))) {
            Some(node) => node.location.clone(),
            None if typed.is_some() => self.root.find(&full)?.key.clone(),
            None => self.root.location_of(&full),
        };
        let diagnostic = Diagnostic::new(message).at(Some(&location));
        self.diagnostics.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        None
    }
}

/// Serde's message in terms of TOML, and a suggestion.
fn plain_words(path: &str, message: &str) -> (String, Option<String>) {
    let message = message.lines().next().unwrap_or_default();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (Some(_), [field, ..]) = (message.strip_prefix("missing field"), &quoted[..]) {
        let example = match *field {
            "name" => "\"mlp\"",
            "path" => "\"pictures\"",
            "target" => "\"price\"",
            "rule" => "\"reverse\"",
            "map" => "\"S.G\"",
            "hidden" => "[256]",
            "widths" => "[16, 32]",
            "depths" => "[2, 2]",
            "learning_rate" => "0.1",
            _ => "...",
        };
        let help = format!("add a line to [{path}], as {field} = {example}");
        return (format!("`{path}.{field}` is missing"), Some(help));
    }
    if let (Some(_), [found, known @ ..]) = (message.strip_prefix("unknown field"), &quoted[..]) {
        // The path ends with the key itself.
        return (format!("`{path}` is not a key here"), Some(suggest(found, known)));
    }
    if let (Some(_), [found, known @ ..]) = (message.strip_prefix("unknown variant"), &quoted[..]) {
        return (format!("`{path}` cannot be \"{found}\""), Some(suggest(found, known)));
    }
    let number = "a number";
    let whole = "a whole number, 0 or more";
    let mut words = message.to_owned();
    for (rust, plain) in [
        ("invalid type: ", ""),
        ("invalid value: ", ""),
        ("floating point `", "the number `"),
        ("integer `", "the number `"),
        ("string \"", "the string \""),
        ("boolean `", "the value `"),
        ("a sequence", "a list"),
        ("sequence", "a list"),
        ("map,", "a section,"),
        ("struct EarlyStop", "a section"),
        ("usize", whole),
        ("u64", whole),
        ("f64", number),
    ] {
        words = words.replace(rust, plain);
    }
    match words.split_once(", expected ") {
        Some((found, expected)) => {
            let bare = found.strip_prefix("the string \"").and_then(|text| text.strip_suffix('"'));
            let number = bare.filter(|text| text.parse::<f64>().is_ok());
            let help = number.map(|number| format!("leave the quotation marks out: {number}"));
            (format!("`{path}` must be {expected}, and is {found}"), help)
        }
        None => (format!("`{path}`: {words}"), None),
    }
}
