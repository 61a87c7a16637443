//! What the network looks for: pictures that a class or a channel answers to most, found by gradient ascent
//! on the pixels (Erhan et al. 2009), kept smooth by decay and blur (Yosinski et al. 2015, section 3).

use burn::tensor::{Tensor, TensorData};
use hearth_config::seed::{Purpose, Stream};
use hearth_data::{Batch, Subset};

use super::{Subject, tiles};
use hearth_train::task::bitmap::Bitmap;
use hearth_train::task::outputs::values;

/// Steps of the ascent.
const STEPS: usize = 150;

/// The length of a step, in standard deviations of a pixel.
const RATE: f32 = 0.08;

/// The share of the picture, as it differs from the mean, that each step keeps.
const KEPT: f32 = 0.99;

/// Steps after which the picture is blurred.
const BLUR_EVERY: usize = 4;

/// The most classes or channels of a layer.
const MOST: usize = 16;

/// Test pictures among which the first ones are chosen.
const STARTS: usize = 500;

/// One grid for the classes, named `classes`, and one for each layer with channels, named like it; the
/// second one has the pictures that the ascent began with above those that it led to.
pub fn classes_and_channels(subject: &Subject, set: &Subset) -> Vec<(String, Bitmap)> {
    let shape = subject.shape;
    let count = subject.classes.len().min(MOST);
    let mut stream = Stream::new(subject.seed, Purpose::Sample, u64::MAX, 0);
    // The mean of all pictures is 0, and their standard deviation 1.
    let noise = (0..count * shape.pixels()).map(|_| 0.1 * stream.normal() as f32).collect();
    let found = ascend(subject, noise, |pictures| subject.network.forward(pictures));
    let mut grids = vec![("classes".to_owned(), tiles::grid(&found, shape))];
    let mut batch = Batch::default();
    set.fill(0..set.len().min(STARTS), &mut batch);
    let pictures = subject.input.tensor(&batch, &subject.device);
    let mut layers = Subject::layers(&subject.still, pictures);
    // The last layer is that of the classes.
    layers.pop();
    for (place, (name, features)) in layers.into_iter().enumerate() {
        // A channel that is silent at a picture has no slope there, so that each begins where it is loud.
        let loudest: Vec<i64> = means(features)
            .argmax(0)
            .into_data()
            .convert::<i64>()
            .try_into_vec()
            .expect("they were made i64");
        let mut pixels = Vec::new();
        for at in loudest.into_iter().take(MOST) {
            pixels.extend_from_slice(set.image(usize::try_from(at).unwrap_or_default()));
        }
        let count = pixels.len() / shape.pixels();
        let start = values(subject.pictures(pixels.clone(), count).flatten(1, 3));
        pixels.extend(ascend(subject, start, |pictures| {
            means(Subject::layers(&subject.network, pictures).swap_remove(place).1)
        }));
        grids.push((name, tiles::rows(&pixels, shape, count)));
    }
    grids
}

/// The mean of each channel, `[batch, channels]`.
fn means(features: Tensor<4>) -> Tensor<2> {
    features.mean_dim(3).mean_dim(2).flatten(1, 3)
}

/// The bytes of pictures that begin at `pixels`, normalised, and each of which makes its own column of what
/// `answers` gives, `[batch, columns]`, large.
fn ascend(
    subject: &Subject,
    mut pixels: Vec<f32>,
    answers: impl Fn(Tensor<4>) -> Tensor<2>,
) -> Vec<u8> {
    let shape = subject.shape;
    let (count, plane) = (pixels.len() / shape.pixels(), shape.height * shape.width);
    let dims = [count, shape.channels, shape.height, shape.width];
    let training = subject.device.clone().autodiff();
    let own = Tensor::<2>::eye(count, &training);
    for step in 0..STEPS {
        let data = TensorData::new(pixels.clone(), dims);
        let input = Tensor::<4>::from_data(data, &training).require_grad();
        let answers = answers(input.clone()).narrow(1, 0, count);
        let gradients = (answers * own.clone()).sum().backward();
        let gradient = input.grad(&gradients).expect("answers depend on the pictures");
        let gradient = values(gradient.flatten(1, 3));
        let pairs = pixels.chunks_exact_mut(shape.pixels());
        for (picture, gradient) in pairs.zip(gradient.chunks_exact(shape.pixels())) {
            let square: f32 = gradient.iter().map(|value| value * value).sum();
            let size = (square / gradient.len() as f32).sqrt().max(1e-12);
            for (pixel, slope) in picture.iter_mut().zip(gradient) {
                *pixel = KEPT * (*pixel + RATE * slope / size);
            }
            if step % BLUR_EVERY == BLUR_EVERY - 1 && step + 1 < STEPS {
                for plane in picture.chunks_exact_mut(plane) {
                    blur(plane, shape.width);
                }
            }
        }
        subject.input.clamp(&mut pixels, plane);
    }
    subject.input.bytes(&pixels, plane)
}

/// Weights each pixel with its neighbours as 1 2 1, along rows and then along columns; the border repeats.
fn blur(plane: &mut [f32], width: usize) {
    let height = plane.len() / width;
    for (stride, count, across, lines) in [(1, width, width, height), (width, height, 1, width)] {
        for line in 0..lines {
            let at = |place: usize| line * across + place * stride;
            let old: Vec<f32> = (0..count).map(|place| plane[at(place)]).collect();
            for place in 0..count {
                let (before, after) = (place.saturating_sub(1), (place + 1).min(count - 1));
                plane[at(place)] = (old[before] + 2.0 * old[place] + old[after]) / 4.0;
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
