//! Scalars of a step, on the host or on the device, and their readback.

use std::ops::{Add, Mul};

use burn::tensor::{DType, Tensor, Transaction};

/// The time at which the scalars of a step are read back from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readback {
    /// With each step: on a CPU, where no transfer is needed.
    Immediate,
    /// Those of many steps at once: on a GPU, which each readback would stall.
    Deferred,
}

/// A scalar on the host or on the device.
// The lint depends on the compiled backends: a tensor is as large as the largest backend's.
#[allow(clippy::large_enum_variant, reason = "there are a few of them at a time")]
#[derive(Clone, Debug)]
pub enum Scalar {
    /// On the host.
    Host(f64),
    /// On the device, `[1]`.
    Device(Tensor<1>),
}

impl Scalar {
    /// The scalar of a tensor `[1]` without differentiation.
    pub fn of(tensor: Tensor<1>, readback: Readback) -> Self {
        match readback {
            Readback::Immediate => Self::Host(tensor.into_scalar::<f32>().into()),
            Readback::Deferred => Self::Device(tensor),
        }
    }

    /// The value, if it is on the host.
    pub fn on_host(&self) -> Option<f64> {
        match self {
            Self::Host(value) => Some(*value),
            Self::Device(_) => None,
        }
    }
}

impl Add for Scalar {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Host(a), Self::Host(b)) => Self::Host(a + b),
            (Self::Device(a), Self::Device(b)) => Self::Device(a + b),
            (Self::Device(a), Self::Host(b)) | (Self::Host(b), Self::Device(a)) => {
                Self::Device(a + b)
            }
        }
    }
}

impl Mul<f64> for Scalar {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        match self {
            Self::Host(value) => Self::Host(value * factor),
            Self::Device(value) => Self::Device(value * factor),
        }
    }
}

/// The values of all scalars; those on the device are read back in f32, in one transfer.
pub fn read(scalars: Vec<Scalar>) -> Vec<f64> {
    let mut transfer = Transaction::default();
    let mut on_host = Vec::with_capacity(scalars.len());
    for scalar in scalars {
        on_host.push(scalar.on_host());
        if let Scalar::Device(value) = scalar {
            transfer = transfer.register(value.cast(DType::F32));
        }
    }
    if on_host.iter().all(Option::is_some) {
        return on_host.into_iter().flatten().collect();
    }
    let mut transferred = transfer.execute().into_iter();
    let mut next = || -> f64 {
        let data = transferred.next().expect("one for each scalar on the device");
        data.as_slice::<f32>().expect("cast to f32")[0].into()
    };
    on_host.into_iter().map(|value| value.unwrap_or_else(&mut next)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;

    #[test]
    fn scalars_on_host_and_device_add_up() {
        let device = Backend::default().device().expect("a CPU");
        let on_device =
            |value: f32| Scalar::of(Tensor::from_data([value], &device), Readback::Deferred);
        let numbers = vec![
            Scalar::Host(1.5) + Scalar::Host(2.0),
            on_device(1.5) + Scalar::Host(2.0) * 2.0,
            Scalar::Host(0.5) + on_device(3.0) * 2.0,
            on_device(1.0) + on_device(f32::NAN),
        ];
        let found = read(numbers);
        assert_eq!(found[..3], [3.5, 5.5, 6.5]);
        assert!(found[3].is_nan());
        assert_eq!(
            read(vec![Scalar::of(Tensor::from_data([2.5], &device), Readback::Immediate)]),
            [2.5]
        );
    }
}
