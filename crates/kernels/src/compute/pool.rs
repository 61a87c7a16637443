//! Pooling.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::dims;
use crate::host::Host;
use crate::pool::Pooling;

/// Which number a pooling layer takes from each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The largest.
    Largest,
    /// The average.
    Average,
}

/// A pooling layer.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// The windows.
    pub pooling: Pooling,
    /// What is taken of each.
    pub taken: Taken,
}

impl Pool {
    /// Pools.
    pub fn forward<B: Host>(&self, x: &FloatTensor<B>) -> FloatTensor<B> {
        with_float!(x, E => {
            let [batch, channels, ..] = dims::<B>(x);
            let x = B::view::<E>(x).channels_last();
            let y = match self.taken {
                Taken::Largest => self.pooling.largest(&x, channels),
                Taken::Average => self.pooling.average(&x, channels),
            };
            let [rows, columns] = self.pooling.output();
            B::pictures(y, [batch, channels, rows, columns])
        })
    }

    /// The gradient of the input; `forward` holds input and output when the largest was taken.
    pub fn backward<B: Host>(
        &self,
        forward: Option<(&FloatTensor<B>, &FloatTensor<B>)>,
        gradient: &FloatTensor<B>,
    ) -> FloatTensor<B> {
        with_float!(gradient, E => {
            let [batch, channels, ..] = dims::<B>(gradient);
            let gradient = B::view::<E>(gradient).channels_last();
            let dx = match forward {
                Some((x, output)) => {
                    let x = B::view::<E>(x).channels_last();
                    let output = B::view::<E>(output).channels_last();
                    self.pooling.largest_gradient(&x, &output, &gradient, channels)
                }
                None => self.pooling.average_gradient(&gradient, channels),
            };
            let [height, width] = self.pooling.input;
            B::pictures(dx, [batch, channels, height, width])
        })
    }
}
