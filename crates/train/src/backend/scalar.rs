//! Numbers that a step is measured by: at hand, or still on the device.

use std::ops::{Add, Mul};

use burn::tensor::{DType, Tensor, Transaction};

/// When the numbers that a step is measured by are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readback {
    /// With each step: on a CPU, where they are at hand.
    Immediate,
    /// Those of many steps at once: on a GPU, which would stand still at each reading.
    Deferred,
}

/// A number that was computed.
// Not with every set of backends: a tensor is as large as the largest one's.
#[allow(clippy::large_enum_variant, reason = "there are a few of them at a time")]
#[derive(Clone, Debug)]
pub enum Scalar {
    /// It is known.
    Host(f64),
    /// It is on the device, `[1]`.
    Device(Tensor<1>),
}

impl Scalar {
    /// The number of a tensor `[1]` without differentiation.
    pub fn of(tensor: Tensor<1>, readback: Readback) -> Self {
        match readback {
            Readback::Immediate => Self::Host(tensor.into_scalar::<f32>().into()),
            Readback::Deferred => Self::Device(tensor),
        }
    }

    /// The number, where it is known.
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

/// Reads all of them, those on the device in one transfer.
pub fn read(numbers: Vec<Scalar>) -> Vec<f64> {
    let mut transfer = Transaction::default();
    let mut here = Vec::with_capacity(numbers.len());
    for number in numbers {
        here.push(number.on_host());
        if let Scalar::Device(value) = number {
            transfer = transfer.register(value.cast(DType::F32));
        }
    }
    if here.iter().all(Option::is_some) {
        return here.into_iter().flatten().collect();
    }
    let mut there = transfer.execute().into_iter();
    let mut next = || -> f64 {
        let data = there.next().expect("one for each number that is there");
        data.as_slice::<f32>().expect("cast to f32")[0].into()
    };
    here.into_iter().map(|value| value.unwrap_or_else(&mut next)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;

    #[test]
    fn they_add_up_wherever_they_are() {
        let device = Backend::default().device().expect("a CPU");
        let there =
            |value: f32| Scalar::of(Tensor::from_data([value], &device), Readback::Deferred);
        let numbers = vec![
            Scalar::Host(1.5) + Scalar::Host(2.0),
            there(1.5) + Scalar::Host(2.0) * 2.0,
            Scalar::Host(0.5) + there(3.0) * 2.0,
            there(1.0) + there(f32::NAN),
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
