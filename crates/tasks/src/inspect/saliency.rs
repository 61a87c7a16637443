//! What a guess rests on.

use burn::tensor::Tensor;
use hearth_data::PictureShape;
use hearth_model::Classifier;

use hearth_train::task::bitmap::Bitmap;

/// How much the logit of `class` changes with each pixel of a picture `[1, channels, height, width]`: the
/// largest size of its derivative over the channels, white where it is largest (Simonyan, Vedaldi and
/// Zisserman 2014, section 3.1).
pub fn of(network: &Classifier, picture: Tensor<4>, class: usize) -> Bitmap {
    let [_, channels, height, width] = picture.dims();
    let input = Tensor::from_inner(picture).require_grad();
    let logit = network.forward(input.clone()).narrow(1, class, 1).sum();
    let gradient = input.grad(&logit.backward()).expect("the logit depends on the picture");
    let values: Vec<f32> =
        gradient.into_data().try_into_vec().expect("gradients are f32 on every backend here");
    let plane = height * width;
    let sizes: Vec<f32> = (0..plane)
        .map(|at| (0..channels).map(|c| values[c * plane + at].abs()).fold(0.0, f32::max))
        .collect();
    let largest = sizes.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let pixels = sizes.into_iter().map(|size| (255.0 * size / largest).round() as u8).collect();
    Bitmap { shape: PictureShape { channels: 1, height, width }, pixels }
}
