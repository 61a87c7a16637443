//! The weights of the first layer, which are read as pictures: they have the picture's channels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_data::PictureShape;
use hearth_model::params::{VisitParam, visit_params};

use super::tiles;
use hearth_train::task::bitmap::Bitmap;

/// The most units whose weights are shown.
const MOST: usize = 64;

/// One picture for each filter of a convolution, or each unit of a linear layer; none where the layer's
/// inputs are no picture. A grey one has the picture's size, a filter that of its window.
pub fn first_layer<M: Module>(network: &M, shape: PictureShape) -> Option<Bitmap> {
    let mut first = First(None);
    visit_params(network, &mut first);
    let (dims, values) = first.0?;
    match dims[..] {
        // [outputs, inputs, height, width]
        [_, channels, height, width] if channels == shape.channels => {
            let shape = PictureShape { channels, height, width };
            let filters = values.chunks_exact(shape.pixels()).take(MOST);
            Some(tiles::signed(&filters.map(<[f32]>::to_vec).collect::<Vec<_>>(), shape))
        }
        // [inputs, outputs]
        [inputs, outputs] if inputs == shape.pixels() => {
            let unit = |unit: usize| values.iter().skip(unit).step_by(outputs).copied().collect();
            let units: Vec<Vec<f32>> = (0..outputs.min(MOST)).map(unit).collect();
            Some(tiles::signed(&units, shape))
        }
        _ => None,
    }
}

/// Finds the first weights: their shape, and their numbers.
struct First(Option<(Vec<usize>, Vec<f32>)>);

impl VisitParam for First {
    fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
        if self.0.is_none() && path.ends_with("weight") {
            let data = param.val().into_data();
            let dims = data.shape().to_vec();
            self.0 = data.try_into_vec().ok().map(|values| (dims, values));
        }
    }
}
