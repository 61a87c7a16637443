//! The tensors of a network's layers: their paths in a checkpoint, and their names and layouts in PyTorch.

use hearth_model::ImageDims;
use hearth_model::outline::{FeatureOrder, Layer};
use hearth_store::{NamedTensor, StateDict, StoreError, TensorValue};

/// A tensor of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its path in a checkpoint.
    pub path: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// Its name in PyTorch.
    pub name: String,
    order: Order,
}

/// The order of a tensor's values in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As in a checkpoint.
    Same,
    /// The weights of a linear layer: outputs first.
    Transposed(FeatureOrder),
    /// One number for each output.
    Outputs(FeatureOrder),
    /// A vector for each of the codes from 1 on; PyTorch has zeros for code 0 before them.
    BehindZeros,
}

impl Tensor {
    /// Its shape in PyTorch.
    pub fn pytorch_shape(&self) -> Vec<usize> {
        match (self.order, &self.shape[..]) {
            (Order::Transposed(_), [inputs, outputs]) => vec![*outputs, *inputs],
            (Order::BehindZeros, [values, width]) => vec![values + 1, *width],
            _ => self.shape.clone(),
        }
    }

    /// Numbers of a checkpoint, as PyTorch orders them.
    pub fn to_pytorch(&self, values: &[f32]) -> Vec<f32> {
        let ordered = (0..values.len()).map(|place| values[self.origin(place)]);
        std::iter::repeat_n(0.0, self.num_zeros()).chain(ordered).collect()
    }

    /// Numbers of PyTorch, as a checkpoint orders them.
    pub fn from_pytorch(&self, values: &[f32]) -> Vec<f32> {
        let values = &values[self.num_zeros()..];
        let mut ours = vec![0.0; values.len()];
        for (place, value) in values.iter().enumerate() {
            ours[self.origin(place)] = *value;
        }
        ours
    }

    /// The number of zeros in PyTorch before the values of a checkpoint.
    fn num_zeros(&self) -> usize {
        match (self.order, &self.shape[..]) {
            (Order::BehindZeros, [_, width]) => *width,
            _ => 0,
        }
    }

    /// The index in a checkpoint of the value at `place` in PyTorch, without the leading zeros.
    fn origin(&self, place: usize) -> usize {
        match (self.order, &self.shape[..]) {
            (Order::Transposed(places), [inputs, outputs]) => {
                let (output, input) = (place / inputs, place % inputs);
                let [input, output] = match places {
                    FeatureOrder::Same => [input, output],
                    FeatureOrder::Inputs(dims) => [channels_last(dims, input), output],
                    FeatureOrder::Outputs(dims) => [input, channels_last(dims, output)],
                };
                input * outputs + output
            }
            (Order::Outputs(FeatureOrder::Outputs(dims)), _) => channels_last(dims, place),
            _ => place,
        }
    }
}

/// The index in height, width, channels order of the feature at `place` in channels, height, width order.
fn channels_last([channels, height, width]: ImageDims, place: usize) -> usize {
    let area = height * width;
    place % area * channels + place / area
}

/// The tensors of all layers, in order.
pub fn tensors(layers: &[Layer]) -> Vec<Tensor> {
    let mut found = Vec::new();
    collect(layers, "", &mut found);
    found
}

fn collect(layers: &[Layer], prefix: &str, found: &mut Vec<Tensor>) {
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("{prefix}{index}");
        let mut add = |path: &str, ours: &str, theirs: &str, shape: &[usize], order| {
            let (path, name) = (format!("{path}.{ours}"), format!("{name}.{theirs}"));
            found.push(Tensor { path, shape: shape.to_vec(), name, order });
        };
        match layer {
            Layer::Linear { path, features, order } => {
                add(path, "weight", "weight", features, Order::Transposed(*order));
                add(path, "bias", "bias", &features[1..], Order::Outputs(*order));
            }
            Layer::Convolution { path, channels, kernel, bias, transposed, .. } => {
                let [inputs, outputs] = *channels;
                let pair = if *transposed { [inputs, outputs] } else { [outputs, inputs] };
                let shape = [pair[0], pair[1], *kernel, *kernel];
                add(path, "weight", "weight", &shape, Order::Same);
                if *bias {
                    add(path, "bias", "bias", &[outputs], Order::Same);
                }
            }
            Layer::Norm { path, channels } => {
                for (ours, theirs) in [
                    ("gamma", "weight"),
                    ("beta", "bias"),
                    ("running_mean", "running_mean"),
                    ("running_variance", "running_var"),
                ] {
                    add(path, ours, theirs, &[*channels], Order::Same);
                }
            }
            Layer::Row { dims, embedding: Some(width) } => {
                for (category, values) in dims.categories.iter().enumerate() {
                    let ours = category.to_string();
                    let theirs = format!("embeddings.{category}.weight");
                    add("embeddings", &ours, &theirs, &[*values, *width], Order::BehindZeros);
                }
            }
            Layer::Residual { inner, shortcut } => {
                collect(inner, &format!("{name}.inner."), found);
                collect(shortcut, &format!("{name}.shortcut."), found);
            }
            Layer::Row { embedding: None, .. }
            | Layer::Flatten
            | Layer::Unflatten(_)
            | Layer::Function(_)
            | Layer::Pool(_)
            | Layer::GlobalAverage => {}
        }
    }
}

/// The numbers of layers as PyTorch holds them. A missing, extra or misshapen entry of the state is an error.
pub fn to_pytorch(layers: &[Layer], mut state: StateDict) -> Result<Vec<NamedTensor>, StoreError> {
    let found = tensors(layers).into_iter().map(|tensor| {
        let values = state.take_values::<f32>(&tensor.path, &tensor.shape)?;
        let (shape, values) = (tensor.pytorch_shape(), tensor.to_pytorch(&values));
        Ok(NamedTensor { name: tensor.name, shape, values })
    });
    let found = found.collect::<Result<_, _>>()?;
    state.finish()?;
    Ok(found)
}

/// The state of layers of what PyTorch holds, the reverse of [`to_pytorch`].
pub fn from_pytorch(layers: &[Layer], mut theirs: StateDict) -> Result<StateDict, StoreError> {
    let mut state = StateDict::new();
    for tensor in tensors(layers) {
        let values = theirs.take_values::<f32>(&tensor.name, &tensor.pytorch_shape())?;
        if values[..tensor.num_zeros()].iter().any(|value| *value != 0.0) {
            let (wanted, found) = ("zeros for code 0", "another vector");
            return Err(StoreError::Kind { path: tensor.name, wanted, found });
        }
        let values = tensor.from_pytorch(&values);
        state.insert(tensor.path.clone(), TensorValue::new(tensor.shape.clone(), &values)?)?;
    }
    theirs.finish()?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use hearth_model::RowDims;

    use super::*;

    /// A linear layer after an image of 2 channels in 1 row and 3 columns.
    #[test]
    fn a_linear_layer_after_an_image_is_reordered_by_hand() {
        let order = FeatureOrder::Inputs([2, 1, 3]);
        let layers = [Layer::Linear { path: "head".to_owned(), features: [6, 1], order }];
        let mut state = StateDict::new();
        // Rows, columns, channels: both channels of a column stand together.
        let weight = [0.0, 10.0, 1.0, 11.0, 2.0, 12.0_f32];
        state
            .insert("head.weight", TensorValue::new([6, 1], &weight).expect("it fits"))
            .expect("new");
        state
            .insert("head.bias", TensorValue::new([1], &[7.0_f32]).expect("it fits"))
            .expect("new");
        let found = to_pytorch(&layers, state.clone()).expect("all is there");
        let named = |name: &str, shape: &[usize], values: &[f32]| NamedTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: values.to_vec(),
        };
        assert_eq!(found[0], named("0.weight", &[1, 6], &[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]));
        assert_eq!(found[1], named("0.bias", &[1], &[7.0]));
        let mut theirs = StateDict::new();
        for NamedTensor { name, shape, values } in found {
            theirs.insert(name, TensorValue::new(shape, &values).expect("it fits")).expect("new");
        }
        assert_eq!(from_pytorch(&layers, theirs).expect("the same"), state);
    }

    #[test]
    fn the_vector_of_code_0_is_zeros_in_pytorch_and_nowhere_else() {
        let dims = RowDims { numbers: 1, categories: vec![1, 2] };
        let layers = [Layer::Row { dims, embedding: Some(2) }];
        let mut state = StateDict::new();
        for (path, values) in
            [("embeddings.0", &[1.0_f32, 2.0][..]), ("embeddings.1", &[3.0, 4.0, 5.0, 6.0])]
        {
            let tensor = TensorValue::new([values.len() / 2, 2], values);
            state.insert(path, tensor.expect("it fits")).expect("new");
        }
        let found = to_pytorch(&layers, state.clone()).expect("all is there");
        assert_eq!(found[1].name, "0.embeddings.1.weight");
        assert_eq!(found[1].shape, [3, 2]);
        assert_eq!(found[1].values, [0.0, 0.0, 3.0, 4.0, 5.0, 6.0]);
        for first in [0.0, 0.5] {
            let mut theirs = StateDict::new();
            for NamedTensor { name, shape, mut values } in found.clone() {
                values[0] = first;
                let tensor = TensorValue::new(shape, &values).expect("it fits");
                theirs.insert(name, tensor).expect("new");
            }
            let ours = from_pytorch(&layers, theirs);
            if first == 0.0 {
                assert_eq!(ours.expect("the same"), state);
            } else {
                let error = ours.expect_err("not zeros").to_string();
                assert!(error.contains("zeros for code 0 is needed"), "{error}");
            }
        }
    }
}
