//! Saliency maps: the gradient of a logit by the pixels.

use burn::tensor::Tensor;
use hearth_data::ImageShape;
use hearth_model::Classifier;
use hearth_train::task::bitmap::Bitmap;

/// The saliency map of the logit of `class` for an image `[1, channels, height, width]`: the largest absolute
/// derivative over the channels at each pixel, scaled so that the maximum is white (Simonyan, Vedaldi and Zisserman
/// 2014, section 3.1).
pub fn of(network: &Classifier, image: Tensor<4>, class: usize) -> Bitmap {
    let [_, channels, height, width] = image.dims();
    let input = Tensor::from_inner(image).require_grad();
    let logit = network.forward(input.clone()).narrow(1, class, 1).sum();
    let gradient = input.grad(&logit.backward()).expect("the logit depends on the image");
    let values: Vec<f32> =
        gradient.into_data().try_into_vec().expect("gradients are f32 on every backend here");
    let plane = height * width;
    let magnitudes: Vec<f32> = (0..plane)
        .map(|at| (0..channels).map(|c| values[c * plane + at].abs()).fold(0.0, f32::max))
        .collect();
    let largest = magnitudes.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let pixels =
        magnitudes.into_iter().map(|value| (255.0 * value / largest).round() as u8).collect();
    Bitmap { shape: ImageShape { channels: 1, height, width }, pixels }
}
