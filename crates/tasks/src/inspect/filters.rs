//! The weights of the first layer as images, with the channels of the input.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_data::ImageShape;
use hearth_model::params::{VisitParam, visit_params};
use hearth_train::task::bitmap::Bitmap;

use super::tiles;

/// The most filters or units in the grid.
const MOST: usize = 64;

/// A grid with an image for each filter of a convolution, of the kernel's size, or for each unit of a linear layer on
/// pixels, of the input's size. None if the first layer takes no image.
pub fn first_layer<M: Module>(network: &M, shape: ImageShape) -> Option<Bitmap> {
    let mut first = First(None);
    visit_params(network, &mut first);
    let (dims, values) = first.0?;
    match dims[..] {
        // [outputs, inputs, height, width]
        [_, channels, height, width] if channels == shape.channels => {
            let shape = ImageShape { channels, height, width };
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

/// Finds the first weights: their shape and values.
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
