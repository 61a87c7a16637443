//! The tensors of a checkpoint as the parameters of a PyTorch module, and back.

use hearth_model::outline::{Layout, Parameter};
use hearth_store::{NamedTensor, StateDict, StoreError, TensorValue};

/// The parameters of a state. A missing, extra or misshapen entry of it is an error.
pub fn to_pytorch(
    parameters: &[Parameter],
    mut state: StateDict,
) -> Result<Vec<NamedTensor>, StoreError> {
    let found = parameters.iter().map(|parameter| {
        let mut values = Vec::new();
        for (path, shape) in &parameter.parts {
            values.extend(state.take_values::<f32>(path, shape)?);
        }
        let values = origins(parameter).into_iter().map(|place| values[place]).collect();
        let (name, shape) = (parameter.name.clone(), parameter.shape.clone());
        Ok(NamedTensor { name, shape, values })
    });
    let found = found.collect::<Result<_, _>>()?;
    state.finish()?;
    Ok(found)
}

/// The state of parameters, the reverse of [`to_pytorch`].
pub fn from_pytorch(
    parameters: &[Parameter],
    mut theirs: StateDict,
) -> Result<StateDict, StoreError> {
    let mut state = StateDict::new();
    for parameter in parameters {
        let values = theirs.take_values::<f32>(&parameter.name, &parameter.shape)?;
        let mut ours = vec![0.0; values.len()];
        for (place, value) in origins(parameter).into_iter().zip(values) {
            ours[place] = value;
        }
        let mut rest = &ours[..];
        for (path, shape) in &parameter.parts {
            let values = rest.split_off(..size(shape)).expect("the sizes of the parts");
            state.insert(path.clone(), TensorValue::new(shape.clone(), values)?)?;
        }
    }
    theirs.finish()?;
    Ok(state)
}

fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// The place of each value of a parameter among those of its parts, which stand one behind the other.
fn origins(parameter: &Parameter) -> Vec<usize> {
    let transposed = |first: usize, inputs: usize, outputs: usize| {
        let places = (0..outputs).flat_map(move |output| (0..inputs).map(move |i| (output, i)));
        places.map(move |(output, input)| first + input * outputs + output)
    };
    match (parameter.layout, &parameter.shape[..]) {
        (Layout::Outputs, _) => {
            let mut places = Vec::with_capacity(size(&parameter.shape));
            for (_, shape) in &parameter.parts {
                places.extend(transposed(places.len(), shape[0], shape[1]));
            }
            places
        }
        // The inputs of all parts are the rows of one matrix.
        (Layout::Inputs, [outputs, inputs]) => transposed(0, *inputs, *outputs).collect(),
        (_, shape) => (0..size(shape)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_by_hand() {
        let cases = [
            // Outputs of two layers of two inputs, one behind the other.
            (Layout::Outputs, [2, 2], [2, 2], [4, 2], [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]),
            // Inputs of two layers of two outputs, side by side.
            (Layout::Inputs, [1, 2], [3, 2], [2, 4], [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]),
            (Layout::Same, [1, 2], [3, 2], [4, 2], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
        ];
        for (layout, first, second, shape, expected) in cases {
            let parts = [("a".to_owned(), first.to_vec()), ("b".to_owned(), second.to_vec())];
            let mut state = StateDict::new();
            let mut numbers = (0_u8..).map(f32::from);
            for (path, shape) in &parts {
                let values: Vec<f32> = numbers.by_ref().take(size(shape)).collect();
                let tensor = TensorValue::new(shape.clone(), &values).expect("as many");
                state.insert(path.clone(), tensor).expect("new");
            }
            let (name, shape) = ("joined".to_owned(), shape.to_vec());
            let parameters = [Parameter { name, shape, parts: parts.to_vec(), layout }];
            let found = to_pytorch(&parameters, state.clone()).expect("all is there");
            assert_eq!(found[0].values, expected, "{layout:?}");
            let mut theirs = StateDict::new();
            for NamedTensor { name, shape, values } in found {
                let tensor = TensorValue::new(shape, &values).expect("as many");
                theirs.insert(name, tensor).expect("new");
            }
            assert_eq!(from_pytorch(&parameters, theirs).expect("the same"), state);
        }
    }
}
