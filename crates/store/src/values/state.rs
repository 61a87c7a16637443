//! The state of a run.

use std::collections::{BTreeMap, btree_map};

use crate::{Element, StoreError, TensorValue, Value};

/// The state of a run: dotted path to value, sorted by path.
///
/// Restoring consumes it: each part takes the entries that it inserted, and [`finish`](Self::finish) reports entries
/// that no part took, so that nothing is lost silently.
#[derive(Debug, Clone, Default)]
pub struct StateDict {
    entries: BTreeMap<String, Value>,
    /// The prefix that [`take_under`](Self::take_under) removed from the paths, for error messages.
    prefix: String,
}

impl PartialEq for StateDict {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for StateDict {}

impl StateDict {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts a value; a path that exists already is an error.
    pub fn insert(
        &mut self,
        path: impl Into<String>,
        value: impl Into<Value>,
    ) -> Result<(), StoreError> {
        match self.entries.entry(path.into()) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(value.into());
                Ok(())
            }
            btree_map::Entry::Occupied(entry) => {
                Err(StoreError::Duplicate { path: format!("{}{}", self.prefix, entry.key()) })
            }
        }
    }

    /// Inserts all entries of `part`, each path as `prefix.path`.
    pub fn insert_all(&mut self, prefix: &str, part: Self) -> Result<(), StoreError> {
        part.entries
            .into_iter()
            .try_for_each(|(path, value)| self.insert(format!("{prefix}.{path}"), value))
    }

    /// Takes all entries whose path starts with `prefix.`, without that prefix. The returned state must be finished,
    /// too.
    #[must_use]
    pub fn take_under(&mut self, prefix: &str) -> Self {
        let prefix = format!("{prefix}.");
        let entries = self
            .entries
            .extract_if(prefix.clone().., |path, _| path.starts_with(&prefix))
            .map(|(path, value)| (path[prefix.len()..].to_owned(), value))
            .collect();
        Self { entries, prefix: format!("{}{prefix}", self.prefix) }
    }

    /// Takes the value at `path`; a missing one is an error.
    pub fn take(&mut self, path: &str) -> Result<Value, StoreError> {
        self.entries.remove(path).ok_or_else(|| StoreError::Missing { path: self.full(path) })
    }

    /// Takes a tensor, which must have this shape.
    pub fn take_tensor(&mut self, path: &str, shape: &[usize]) -> Result<TensorValue, StoreError> {
        match self.take(path)? {
            Value::Tensor(tensor) if tensor.shape() == shape => Ok(tensor),
            Value::Tensor(tensor) => Err(StoreError::Shape {
                path: self.full(path),
                wanted: shape.to_vec(),
                found: tensor.shape().to_vec(),
            }),
            other => Err(self.wrong_kind(path, "a tensor", &other)),
        }
    }

    /// Takes a tensor's values, in row-major order; it must have this shape and element type `E`.
    pub fn take_values<E: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
    ) -> Result<Vec<E>, StoreError> {
        let tensor = self.take_tensor(path, shape)?;
        tensor
            .to_vec()
            .map_err(|_| self.wrong_kind(path, E::DTYPE.tensor_of(), &Value::Tensor(tensor)))
    }

    /// Takes an integer.
    pub fn take_int(&mut self, path: &str) -> Result<i64, StoreError> {
        match self.take(path)? {
            Value::Int(int) => Ok(int),
            other => Err(self.wrong_kind(path, "an integer", &other)),
        }
    }

    /// Takes an integer that was inserted as a `u64`, by a cast that keeps the bits.
    pub fn take_u64(&mut self, path: &str) -> Result<u64, StoreError> {
        self.take_int(path).map(i64::cast_unsigned)
    }

    /// Takes a float.
    pub fn take_float(&mut self, path: &str) -> Result<f64, StoreError> {
        match self.take(path)? {
            Value::Float(float) => Ok(float),
            other => Err(self.wrong_kind(path, "a number", &other)),
        }
    }

    /// Takes a text.
    pub fn take_text(&mut self, path: &str) -> Result<String, StoreError> {
        match self.take(path)? {
            Value::Text(text) => Ok(text),
            other => Err(self.wrong_kind(path, "a text", &other)),
        }
    }

    /// Takes a boolean.
    pub fn take_bool(&mut self, path: &str) -> Result<bool, StoreError> {
        match self.take(path)? {
            Value::Bool(bool) => Ok(bool),
            other => Err(self.wrong_kind(path, "true or false", &other)),
        }
    }

    /// Ends the restoring; the error names the entries that no part took.
    pub fn finish(self) -> Result<(), StoreError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let paths = self.entries.keys().map(|path| self.full(path)).collect();
        Err(StoreError::Extra { paths })
    }

    /// The value at `path`; none if it is missing.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.entries.get(path)
    }

    /// All entries, sorted by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(path, value)| (path.as_str(), value))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn full(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn wrong_kind(&self, path: &str, wanted: &'static str, found: &Value) -> StoreError {
        StoreError::Kind { path: self.full(path), wanted, found: found.kind() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Result<StateDict, StoreError> {
        let mut layer = StateDict::new();
        layer.insert("weight", TensorValue::new([2, 1], &[1.0f32, 2.0])?)?;
        layer.insert("bias", TensorValue::new([1], &[3.0f32])?)?;
        let mut state = StateDict::new();
        state.insert_all("model.layers.0", layer)?;
        state.insert("modelling", "a name that only begins like another")?;
        state.insert("trainer.step", 7i64)?;
        state.insert("trainer.seed", u64::MAX)?;
        state.insert("trainer.best", f64::NEG_INFINITY)?;
        state.insert("trainer.done", true)?;
        Ok(state)
    }

    #[test]
    fn everything_is_taken_once() -> Result<(), StoreError> {
        let mut state = state()?;
        let mut model = state.take_under("model");
        assert_eq!(model.len(), 2);
        let mut layer = model.take_under("layers").take_under("0");
        assert_eq!(layer.take_values::<f32>("weight", &[2, 1])?, [1.0, 2.0]);
        assert_eq!(layer.take_tensor("bias", &[1])?.to_vec::<f32>()?, [3.0]);
        layer.finish()?;
        model.finish()?;

        let mut trainer = state.take_under("trainer");
        assert_eq!(trainer.take_int("step")?, 7);
        assert_eq!(trainer.take_u64("seed")?, u64::MAX);
        assert!(trainer.take_float("best")?.is_infinite());
        assert!(trainer.take_bool("done")?);
        trainer.finish()?;
        assert_eq!(state.take_text("modelling")?.len(), 36);
        state.finish()
    }

    #[test]
    fn faults_name_the_whole_path() -> Result<(), StoreError> {
        let mut state = state()?;
        let duplicate = state.insert("trainer.step", 8i64).expect_err("it is there already");
        assert!(matches!(duplicate, StoreError::Duplicate { path } if path == "trainer.step"));

        let mut layer = state.take_under("model").take_under("layers.0");
        let missing = layer.take("gamma").expect_err("there is no gamma");
        assert!(matches!(missing, StoreError::Missing { path } if path == "model.layers.0.gamma"));
        let shape = layer.take_tensor("weight", &[1, 2]).expect_err("it is [2, 1]");
        assert!(matches!(
            shape,
            StoreError::Shape { path, wanted, found }
                if path == "model.layers.0.weight" && wanted == [1, 2] && found == [2, 1]
        ));
        let kind = layer.take_values::<i64>("bias", &[1]).expect_err("it holds f32");
        assert_eq!(
            kind.to_string(),
            "`model.layers.0.bias` is stored as a tensor of f32, but a tensor of i64 is needed"
        );
        let kind = state.take_float("trainer.step").expect_err("it is an integer");
        assert!(matches!(kind, StoreError::Kind { path, .. } if path == "trainer.step"));

        let extra = state.take_under("trainer").finish().expect_err("nobody took these");
        assert!(matches!(
            extra,
            StoreError::Extra { paths }
                if paths == ["trainer.best", "trainer.done", "trainer.seed"]
        ));
        Ok(())
    }
}
