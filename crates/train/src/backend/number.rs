//! Numbers that a step is measured by: at hand, or still on the device.

use std::ops::{Add, Mul};

use burn::tensor::{DType, Tensor, Transaction};

/// When the numbers that a step is measured by are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// With each step: on a CPU, where they are at hand.
    Now,
    /// Those of many steps at once: on a GPU, which would stand still at each reading.
    Later,
}

/// A number that was computed.
// Not with every set of backends: a tensor is as large as the largest one's.
#[allow(clippy::large_enum_variant, reason = "there are a few of them at a time")]
#[derive(Clone, Debug)]
pub enum Number {
    /// It is known.
    Here(f64),
    /// It is on the device, `[1]`.
    There(Tensor<1>),
}

impl Number {
    /// The number of a tensor `[1]` without differentiation.
    pub fn of(tensor: Tensor<1>, reading: Reading) -> Self {
        match reading {
            Reading::Now => Self::Here(tensor.into_scalar::<f32>().into()),
            Reading::Later => Self::There(tensor),
        }
    }

    /// The number, where it is known.
    pub fn here(&self) -> Option<f64> {
        match self {
            Self::Here(value) => Some(*value),
            Self::There(_) => None,
        }
    }
}

impl Add for Number {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Here(a), Self::Here(b)) => Self::Here(a + b),
            (Self::There(a), Self::There(b)) => Self::There(a + b),
            (Self::There(a), Self::Here(b)) | (Self::Here(b), Self::There(a)) => Self::There(a + b),
        }
    }
}

impl Mul<f64> for Number {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        match self {
            Self::Here(value) => Self::Here(value * factor),
            Self::There(value) => Self::There(value * factor),
        }
    }
}

/// Reads all of them, those on the device in one transfer.
pub fn read(numbers: Vec<Number>) -> Vec<f64> {
    let mut transfer = Transaction::default();
    let mut here = Vec::with_capacity(numbers.len());
    for number in numbers {
        here.push(number.here());
        if let Number::There(value) = number {
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
        let there = |value: f32| Number::of(Tensor::from_data([value], &device), Reading::Later);
        let numbers = vec![
            Number::Here(1.5) + Number::Here(2.0),
            there(1.5) + Number::Here(2.0) * 2.0,
            Number::Here(0.5) + there(3.0) * 2.0,
            there(1.0) + there(f32::NAN),
        ];
        let found = read(numbers);
        assert_eq!(found[..3], [3.5, 5.5, 6.5]);
        assert!(found[3].is_nan());
        assert_eq!(read(vec![Number::of(Tensor::from_data([2.5], &device), Reading::Now)]), [2.5]);
    }
}
