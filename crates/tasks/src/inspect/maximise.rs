//! Activation maximisation: images that maximise the logit of a class or the mean of a channel, by gradient ascent on
//! the pixels (Erhan et al. 2009) with decay and blur (Yosinski et al. 2015, section 3).

use burn::tensor::{Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_data::{Batch, Subset};
use hearth_train::task::bitmap::Bitmap;
use hearth_train::task::outputs::values;

use super::{Subject, tiles};

/// Steps of gradient ascent.
const STEPS: usize = 150;

/// The root mean square of a step, in standard deviations of a pixel.
const LEARNING_RATE: f32 = 0.08;

/// The factor of L2 decay: each step multiplies the normalised image by it.
const DECAY: f32 = 0.99;

/// Steps between two blurs.
const BLUR_EVERY: usize = 4;

/// The most classes, or channels of a layer, in a grid.
const MOST: usize = 16;

/// Test images among which the ascent for a channel finds its start.
const STARTS: usize = 500;

/// A grid for the classes, named `classes`, and one for each hidden layer, named like it. The grid of a layer has two
/// rows: the images at the start of the ascent, and those at its end.
pub fn classes_and_channels(subject: &Subject, set: &Subset) -> Vec<(String, Bitmap)> {
    let shape = subject.shape;
    let count = subject.classes.len().min(MOST);
    let mut stream = Stream::new(subject.seed, Purpose::Sample, u64::MAX, 0);
    // In units of normalised pixels, of mean 0 and standard deviation 1.
    let noise = (0..count * shape.pixels()).map(|_| 0.1 * stream.normal() as f32).collect();
    let found = ascend(subject, noise, |images| subject.network.forward(images));
    let mut grids = vec![("classes".to_owned(), tiles::grid(&found, shape))];
    let mut batch = Batch::default();
    set.fill(0..set.len().min(STARTS), &mut batch);
    let images = subject.input.tensor(&batch, &subject.device);
    let mut layers = Subject::layers(&subject.inference, images);
    // The last layer gives the logits.
    layers.pop();
    for (index, (name, features)) in layers.into_iter().enumerate() {
        // An inactive ReLU has no gradient, so that each channel starts at the image that activates it most.
        let strongest: Vec<i64> = means(features)
            .argmax(0)
            .into_data()
            .convert::<i64>()
            .try_into_vec()
            .expect("converted to i64");
        let mut pixels = Vec::new();
        for at in strongest.into_iter().take(MOST) {
            pixels.extend_from_slice(set.image(usize::try_from(at).unwrap_or_default()));
        }
        let count = pixels.len() / shape.pixels();
        let start = values(subject.images(pixels.clone(), count).flatten(1, 3));
        pixels.extend(ascend(subject, start, |images| {
            means(Subject::layers(&subject.network, images).swap_remove(index).1)
        }));
        grids.push((name, tiles::rows(&pixels, shape, count)));
    }
    grids
}

/// The mean of each channel of `[batch, channels, height, width]`, `[batch, channels]`.
fn means(features: Tensor<4>) -> Tensor<2> {
    features.mean_dim(3).mean_dim(2).flatten(1, 3)
}

/// The pixels of images after gradient ascent from `pixels`, which are normalised. Image i maximises column i of
/// `objective`, `[batch, columns]`.
fn ascend(
    subject: &Subject,
    mut pixels: Vec<f32>,
    objective: impl Fn(Tensor<4>) -> Tensor<2>,
) -> Vec<u8> {
    let shape = subject.shape;
    let (count, plane) = (pixels.len() / shape.pixels(), shape.height * shape.width);
    let dims = [count, shape.channels, shape.height, shape.width];
    let training = subject.device.clone().autodiff();
    let diagonal = Tensor::<2>::eye(count, &training);
    for step in 0..STEPS {
        let data = TensorData::new(pixels.clone(), dims);
        let input = Tensor::<4>::from_data(data, &training).require_grad();
        let activations = objective(input.clone()).narrow(1, 0, count);
        let gradients = (activations * diagonal.clone()).sum().backward();
        let gradient = input.grad(&gradients).expect("activations depend on the images");
        let gradient = values(gradient.flatten(1, 3));
        let pairs = pixels.chunks_exact_mut(shape.pixels());
        for (image, gradient) in pairs.zip(gradient.chunks_exact(shape.pixels())) {
            let squared_norm: f32 = gradient.iter().map(|value| value * value).sum();
            let rms = (squared_norm / gradient.len() as f32).sqrt().max(1e-12);
            for (pixel, slope) in image.iter_mut().zip(gradient) {
                *pixel = DECAY * (*pixel + LEARNING_RATE * slope / rms);
            }
            if step % BLUR_EVERY == BLUR_EVERY - 1 && step + 1 < STEPS {
                for plane in image.chunks_exact_mut(plane) {
                    blur(plane, shape.width);
                }
            }
        }
        subject.input.clamp(&mut pixels, plane);
    }
    subject.input.bytes(&pixels, plane)
}

/// Convolves a plane with the binomial kernel `[1, 2, 1] / 4` along rows and then along columns, with replicated
/// borders.
fn blur(plane: &mut [f32], width: usize) {
    let height = plane.len() / width;
    for (stride, count, across, lines) in [(1, width, width, height), (width, height, 1, width)] {
        for line in 0..lines {
            let at = |index: usize| line * across + index * stride;
            let old: Vec<f32> = (0..count).map(|index| plane[at(index)]).collect();
            for index in 0..count {
                let (before, after) = (index.saturating_sub(1), (index + 1).min(count - 1));
                plane[at(index)] = (old[before] + 2.0 * old[index] + old[after]) / 4.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_the_sum_and_spreads_a_dot() {
        let mut plane = vec![0.0; 15];
        plane[7] = 16.0;
        blur(&mut plane, 5);
        assert_eq!(plane, [0., 1., 2., 1., 0., 0., 2., 4., 2., 0., 0., 1., 2., 1., 0.]);
    }
}
