//! The states of many environments as one: each scalar becomes a vector, each tensor gains a first dimension.

use hearth_store::{DType, StateDict, StoreError, TensorValue, Value};

/// Stacks the states of several environments, which have the same names and shapes.
pub fn stack(states: &[StateDict]) -> Result<StateDict, StoreError> {
    let mut stacked = StateDict::new();
    let Some(first) = states.first() else { return Ok(stacked) };
    for (path, value) in first.iter() {
        let (dtype, shape) = layout(path, value)?;
        let mut bytes = Vec::new();
        for state in states {
            let value = state.get(path).ok_or_else(|| missing(path))?;
            if layout(path, value)? != (dtype, shape) {
                return Err(StoreError::Shape {
                    path: path.to_owned(),
                    wanted: shape.to_vec(),
                    found: layout(path, value)?.1.to_vec(),
                });
            }
            match value {
                Value::Tensor(tensor) => bytes.extend_from_slice(tensor.bytes()),
                Value::Int(int) => bytes.extend(int.to_le_bytes()),
                Value::Float(float) => bytes.extend(float.to_le_bytes()),
                Value::Bool(bool) => bytes.push(u8::from(*bool)),
                Value::Text(_) => unreachable!("a text has no layout"),
            }
        }
        let shape = [&[states.len()], shape].concat();
        stacked.insert(path, TensorValue::from_bytes(dtype, shape, bytes)?)?;
    }
    if let Some(state) = states.iter().find(|state| state.len() != first.len()) {
        let extra = state.iter().map(|(path, _)| path.to_owned());
        let paths = extra.filter(|path| first.get(path).is_none()).collect();
        return Err(StoreError::Extra { paths });
    }
    Ok(stacked)
}

/// The states of `count` environments out of a stacked one.
pub fn unstack(stacked: &StateDict, count: usize) -> Result<Vec<StateDict>, StoreError> {
    let mut states = vec![StateDict::new(); count];
    for (path, value) in stacked.iter() {
        let Value::Tensor(tensor) = value else {
            return Err(kind(path, "a tensor", "a scalar"));
        };
        let [found, shape @ ..] = tensor.shape() else {
            return Err(kind(path, "a tensor of several environments", "a tensor of none"));
        };
        if *found != count {
            let wanted = [&[count], shape].concat();
            let found = tensor.shape().to_vec();
            return Err(StoreError::Shape { path: path.to_owned(), wanted, found });
        }
        let size = tensor.bytes().len() / count;
        for (state, bytes) in states.iter_mut().zip(tensor.bytes().chunks_exact(size.max(1))) {
            let word = || <[u8; 8]>::try_from(bytes).expect("eight bytes");
            let value = match (tensor.dtype(), shape) {
                (DType::I64, []) => Value::Int(i64::from_le_bytes(word())),
                (DType::F64, []) => Value::Float(f64::from_le_bytes(word())),
                (DType::U8, []) => Value::Bool(bytes[0] != 0),
                (dtype, _) => TensorValue::from_bytes(dtype, shape, bytes.to_vec())?.into(),
            };
            state.insert(path, value)?;
        }
    }
    Ok(states)
}

/// The element type and shape of a value in a stack.
fn layout<'a>(path: &str, value: &'a Value) -> Result<(DType, &'a [usize]), StoreError> {
    match value {
        Value::Tensor(tensor) if !tensor.shape().is_empty() && !tensor.bytes().is_empty() => {
            Ok((tensor.dtype(), tensor.shape()))
        }
        Value::Tensor(_) => Err(kind(path, "a tensor of at least one dimension", "another")),
        Value::Int(_) => Ok((DType::I64, &[])),
        Value::Float(_) => Ok((DType::F64, &[])),
        Value::Bool(_) => Ok((DType::U8, &[])),
        Value::Text(_) => Err(kind(path, "a number", "a text")),
    }
}

fn missing(path: &str) -> StoreError {
    StoreError::Missing { path: path.to_owned() }
}

fn kind(path: &str, wanted: &'static str, found: &'static str) -> StoreError {
    StoreError::Kind { path: path.to_owned(), wanted, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(number: i64) -> StateDict {
        let mut state = StateDict::new();
        state.insert("steps", number).expect("new");
        state.insert("angle", number as f64 / 3.0).expect("new");
        state.insert("face_up", number % 2 == 0).expect("new");
        let cards = TensorValue::new([2], &[number, -number]).expect("two numbers");
        state.insert("cards", cards).expect("new");
        state
    }

    #[test]
    fn states_come_back_out_of_a_stack() {
        let states: Vec<_> = (0..3).map(state).collect();
        let stacked = stack(&states).expect("alike");
        assert_eq!(unstack(&stacked, 3).expect("three"), states);
        assert!(matches!(unstack(&stacked, 2), Err(StoreError::Shape { .. })));
    }

    #[test]
    fn states_that_differ_are_an_error() {
        let mut other = state(1);
        other.take("cards").expect("cards");
        assert!(matches!(stack(&[state(0), other.clone()]), Err(StoreError::Missing { .. })));
        assert!(matches!(stack(&[other.clone(), state(0)]), Err(StoreError::Extra { .. })));
        other.insert("cards", TensorValue::new([1], &[1_i64]).expect("one")).expect("new");
        assert!(matches!(stack(&[state(0), other]), Err(StoreError::Shape { .. })));
    }
}
