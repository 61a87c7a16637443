//! The graph of a pickle's objects, as far as they lead to tensors. Objects are shared as in Python.

/// The index of an object in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ObjectId(usize);

/// A node of the graph.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// An object without tensors.
    Leaf,
    /// A text or an integer, which may be a key.
    Text(String),
    /// A class or a function, with its module.
    Class(String),
    /// A list, tuple or set.
    List(Vec<ObjectId>),
    /// Keys and values, in order.
    Dictionary(Vec<[ObjectId; 2]>),
    /// An instance of a class, without its state.
    Instance,
    /// A tensor.
    Tensor,
}

/// The maximum bytes of all paths together; a visit of an object counts as `VISIT` bytes.
const MOST: usize = 64 << 20;
const VISIT: usize = 64;

/// The maximum nesting of a tensor.
const DEEPEST: usize = 64;

/// The tables of a `torch.nn.Module`, in the order of its `state_dict`.
const TABLES: [&str; 3] = ["_parameters", "_buffers", "_modules"];

/// The objects of a pickle.
#[derive(Debug)]
pub(super) struct ObjectGraph(Vec<Object>);

impl ObjectGraph {
    /// The one node for all objects without tensors.
    pub const LEAF: ObjectId = ObjectId(0);

    /// A graph of only the leaf.
    pub fn new() -> Self {
        Self(vec![Object::Leaf])
    }

    /// Adds an object and returns its index.
    pub fn add(&mut self, object: Object) -> ObjectId {
        self.0.push(object);
        ObjectId(self.0.len() - 1)
    }

    /// Adds items to a list, or alternating keys and values to a dictionary.
    pub fn extend(&mut self, into: ObjectId, items: &[ObjectId]) {
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

    /// Adds the result of a call. `given` is a callable and its arguments, or a class's module and name.
    pub fn call(&mut self, given: &[ObjectId]) -> ObjectId {
        let made = match given {
            [callable, arguments, ..] => match (self.get(*callable), self.get(*arguments)) {
                (Object::Text(module), Object::Text(name)) => {
                    Object::Class(format!("{module}.{name}"))
                }
                (Object::Class(name), Object::List(arguments)) => self.result_of(name, arguments),
                _ => Object::Instance,
            },
            _ => Object::Instance,
        };
        self.add(made)
    }

    /// The object that the callable `name` returns.
    fn result_of(&self, name: &str, arguments: &[ObjectId]) -> Object {
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
                    Object::List(pair) => <[ObjectId; 2]>::try_from(&pair[..]).ok(),
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

    /// Sets an instance's state. A `torch.nn.Module` becomes a dictionary of its parameters, buffers and modules.
    pub fn build(&mut self, object: ObjectId, state: ObjectId) {
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

    /// The paths of all tensors in an object, in order; none where they are too many or nested too deep.
    pub fn tensors(&self, root: ObjectId) -> Option<Vec<super::Path>> {
        let (mut paths, mut left) = (Vec::new(), MOST);
        self.walk(root, &mut Vec::new(), &mut left, &mut paths)?;
        Some(paths)
    }

    fn walk(
        &self,
        object: ObjectId,
        path: &mut super::Path,
        left: &mut usize,
        paths: &mut Vec<super::Path>,
    ) -> Option<()> {
        *left = left.checked_sub(VISIT)?;
        if path.len() > DEEPEST {
            return None;
        }
        let mut step = |name: String, object: ObjectId| {
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

    fn get(&self, id: ObjectId) -> &Object {
        &self.0[id.0]
    }

    fn text(&self, id: ObjectId) -> Option<&str> {
        match self.get(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }
}
