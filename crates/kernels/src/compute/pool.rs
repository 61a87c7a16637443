//! Pooling.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::dims;
use crate::host::Host;
use crate::pool::{PoolGeometry, PoolKind};

/// The operation of a pooling layer.
#[derive(Clone, Copy, Debug)]
pub struct PoolOp {
    /// The sizes.
    pub geometry: PoolGeometry,
    /// The reduction of each window.
    pub kind: PoolKind,
}

impl PoolOp {
    /// The forward pass: `[batch, channels, height, width]` to the pooled height and width.
    pub fn forward<B: Host>(&self, x: &FloatTensor<B>) -> FloatTensor<B> {
        with_float!(x, E => {
            let [batch, channels, ..] = dims::<B>(x);
            let x = B::view::<E>(x).channels_last();
            let y = match self.kind {
                PoolKind::Max => self.geometry.max(&x, channels),
                PoolKind::Average => self.geometry.average(&x, channels),
            };
            let [rows, columns] = self.geometry.output();
            B::channels_last(y, [batch, channels, rows, columns])
        })
    }

    /// The gradient of the input; `forward` holds input and output of max pooling, None for average pooling.
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
                    self.geometry.max_gradient(&x, &output, &gradient, channels)
                }
                None => self.geometry.average_gradient(&gradient, channels),
            };
            let [height, width] = self.geometry.input;
            B::channels_last(dx, [batch, channels, height, width])
        })
    }
}
