//! The objects of a pickle as far as they lead to tensors, each made once and shared as in Python.

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(usize);

/// An object.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// One without tensors.
    Leaf,
    /// A text or a whole number, which may be a key.
    Text(String),
    /// A class or a function, with its module.
    Class(String),
    /// A list, tuple or set.
    List(Vec<Id>),
    /// Keys and values, in order.
    Dictionary(Vec<[Id; 2]>),
    /// Of some class, before it has its state.
    Instance,
    /// A tensor.
    Tensor,
}

/// The most bytes that all paths together may take, each object on the way counted as some.
const MOST: usize = 64 << 20;
const VISIT: usize = 64;

/// How deep a tensor may lie.
const DEEPEST: usize = 64;

/// The tables of a `torch.nn.Module`, in the order of its `state_dict`.
const TABLES: [&str; 3] = ["_parameters", "_buffers", "_modules"];

/// All objects of a pickle.
#[derive(Debug)]
pub(super) struct Outline(Vec<Object>);

impl Outline {
    /// What all objects are that lead nowhere.
    pub const LEAF: Id = Id(0);

    /// That of no pickle yet.
    pub fn new() -> Self {
        Self(vec![Object::Leaf])
    }

    /// A new object.
    pub fn add(&mut self, object: Object) -> Id {
        self.0.push(object);
        Id(self.0.len() - 1)
    }

    /// Puts items into a list, or keys and values into a dictionary.
    pub fn extend(&mut self, into: Id, items: &[Id]) {
        let mut object = std::mem::replace(&mut self.0[into.0], Object::Leaf);
        match &mut object {
            Object::List(list) => list.extend_from_slice(items),
            Object::Dictionary(entries) => {
                entries.extend(items.as_chunks().0);
            }
            _ => {}
        }
        self.0[into.0] = object;
    }

    /// The result of a call: a callable and what it is given, or a class's module and name.
    pub fn call(&mut self, given: &[Id]) -> Id {
        let made = match given {
            [callable, arguments, ..] => match (self.get(*callable), self.get(*arguments)) {
                (Object::Text(module), Object::Text(name)) => {
                    Object::Class(format!("{module}.{name}"))
                }
                (Object::Class(name), Object::List(arguments)) => self.made_by(name, arguments),
                _ => Object::Instance,
            },
            _ => Object::Instance,
        };
        self.add(made)
    }

    fn made_by(&self, name: &str, arguments: &[Id]) -> Object {
        let items = || match arguments {
            [items] => match self.get(*items) {
                Object::List(items) => items.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        match name {
            "collections.OrderedDict" => {
                let pairs = items().into_iter().filter_map(|item| match self.get(item) {
                    Object::List(pair) => <[Id; 2]>::try_from(&pair[..]).ok(),
                    _ => None,
                });
                Object::Dictionary(pairs.collect())
            }
            "builtins.set" | "builtins.frozenset" | "__builtin__.set" | "__builtin__.frozenset" => {
                Object::List(items())
            }
            _ if name.starts_with("torch.") && name.contains("._rebuild_") => Object::Tensor,
            _ => Object::Instance,
        }
    }

    /// Gives an object its state. A module becomes a dictionary of its tensors and its modules.
    pub fn build(&mut self, object: Id, state: Id) {
        if !matches!(self.get(object), Object::Instance) {
            return;
        }
        let Object::Dictionary(attributes) = self.get(state) else { return };
        let tables = TABLES.map(|table| {
            let found = attributes.iter().find(|[key, _]| self.text(*key) == Some(table));
            found.and_then(|[_, value]| match self.get(*value) {
                Object::Dictionary(entries) => Some(entries.clone()),
                _ => None,
            })
        });
        if let [Some(parameters), Some(buffers), Some(modules)] = tables {
            self.0[object.0] = Object::Dictionary([parameters, buffers, modules].concat());
        }
    }

    /// The paths of all tensors in an object, in order; none where they are too many, or lie too deep.
    pub fn tensors(&self, root: Id) -> Option<Vec<super::Path>> {
        let (mut paths, mut left) = (Vec::new(), MOST);
        self.walk(root, &mut Vec::new(), &mut left, &mut paths)?;
        Some(paths)
    }

    fn walk(
        &self,
        object: Id,
        path: &mut super::Path,
        left: &mut usize,
        paths: &mut Vec<super::Path>,
    ) -> Option<()> {
        *left = left.checked_sub(VISIT)?;
        if path.len() > DEEPEST {
            return None;
        }
        let mut step = |name: String, object: Id| {
            path.push(name);
            let walked = self.walk(object, path, left, paths);
            path.pop();
            walked
        };
        match self.get(object) {
            Object::List(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(place, item)| step(place.to_string(), *item)),
            Object::Dictionary(entries) => entries
                .iter()
                .try_for_each(|[key, value]| step(self.text(*key)?.to_owned(), *value)),
            Object::Tensor => {
                *left = left.checked_sub(path.iter().map(|name| VISIT + name.len()).sum())?;
                paths.push(path.clone());
                Some(())
            }
            _ => Some(()),
        }
    }

    fn get(&self, id: Id) -> &Object {
        &self.0[id.0]
    }

    fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }
}
