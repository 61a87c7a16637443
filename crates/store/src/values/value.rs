//! Stored values: tensors and scalars.

use crate::StoreError;

/// A stored value: a tensor or a scalar.
///
/// Values are equal if their bits are: `0.0` differs from `-0.0`, and a NaN equals itself.
#[derive(Debug, Clone)]
pub enum Value {
    /// A tensor.
    Tensor(TensorValue),
    /// An integer. A `u64` fits by a cast that keeps the bits (`From<u64>`,
    /// [`StateDict::take_u64`](crate::StateDict::take_u64)).
    Int(i64),
    /// A float; NaN and infinities are stored bit for bit.
    Float(f64),
    /// A text.
    Text(String),
    /// A boolean.
    Bool(bool),
}

impl Value {
    /// The kind of value, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tensor(tensor) => tensor.dtype.tensor_of(),
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bool(_) => "true or false",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tensor(a), Self::Tensor(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<TensorValue> for Value {
    fn from(tensor: TensorValue) -> Self {
        Self::Tensor(tensor)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<u64> for Value {
    /// Casts and keeps the bits: the upper half of the range is stored as negative numbers.
    fn from(bits: u64) -> Self {
        Self::Int(bits.cast_signed())
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A tensor: values in row-major order as little-endian bytes, which fill the shape exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorValue {
    dtype: DType,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl TensorValue {
    /// A tensor of `values` in row-major order. A number of values that does not fill `shape` is an error.
    pub fn new<E: Element>(shape: impl Into<Vec<usize>>, values: &[E]) -> Result<Self, StoreError> {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        for value in values {
            value.write_to(&mut bytes);
        }
        Self::from_bytes(E::DTYPE, shape, bytes)
    }

    /// A tensor of values as little-endian bytes in row-major order. A number of bytes that does not fill `shape` is an
    /// error.
    pub fn from_bytes(
        dtype: DType,
        shape: impl Into<Vec<usize>>,
        bytes: Vec<u8>,
    ) -> Result<Self, StoreError> {
        let shape = shape.into();
        let size = shape.iter().try_fold(dtype.size(), |size, &dim| size.checked_mul(dim));
        if size == Some(bytes.len()) {
            Ok(Self { dtype, shape, bytes })
        } else {
            Err(StoreError::Elements { dtype: dtype.name(), shape, found: bytes.len() })
        }
    }

    /// The type of its elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Its dimensions, outermost first; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its values as little-endian bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its values in row-major order. An element type other than `E` is an error.
    pub fn to_vec<E: Element>(&self) -> Result<Vec<E>, StoreError> {
        if self.dtype == E::DTYPE {
            Ok(self.bytes.chunks_exact(size_of::<E>()).map(E::read_from).collect())
        } else {
            Err(StoreError::DType { wanted: E::DTYPE.name(), found: self.dtype.name() })
        }
    }
}

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `i64`.
    I64,
    /// `u8`.
    U8,
}

impl DType {
    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 | Self::I64 => 8,
            Self::U8 => 1,
        }
    }

    /// Its name in Rust.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I64 => "i64",
            Self::U8 => "u8",
        }
    }

    /// A noun phrase for a tensor of this type.
    pub(crate) fn tensor_of(self) -> &'static str {
        match self {
            Self::F32 => "a tensor of f32",
            Self::F64 => "a tensor of f64",
            Self::I64 => "a tensor of i64",
            Self::U8 => "a tensor of u8",
        }
    }
}

/// A type that a tensor can hold: `f32`, `f64`, `i64` or `u8`.
pub trait Element: Copy + sealed::LittleEndian {
    /// Its data type.
    const DTYPE: DType;
}

mod sealed {
    /// The encoding of an element, which keeps all bits, even of a NaN.
    pub trait LittleEndian {
        /// Appends the element's bytes.
        fn write_to(self, bytes: &mut Vec<u8>);
        /// Decodes the bytes of one element.
        fn read_from(bytes: &[u8]) -> Self;
    }
}

macro_rules! elements {
    ($($element:ty => $dtype:ident),*) => {$(
        impl Element for $element {
            const DTYPE: DType = DType::$dtype;
        }

        impl sealed::LittleEndian for $element {
            fn write_to(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn read_from(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("chunks_exact gives whole elements"))
            }
        }
    )*};
}

elements!(f32 => F32, f64 => F64, i64 => I64, u8 => U8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_must_fill_the_shape() -> Result<(), StoreError> {
        let tensor = TensorValue::new([2, 3], &[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0])?;
        assert_eq!(tensor.shape(), [2, 3]);
        assert_eq!(tensor.bytes().len(), 24);
        assert_eq!(TensorValue::new([], &[7i64])?.to_vec::<i64>()?, [7]);
        assert!(TensorValue::new([0, 5], &[] as &[u8]).is_ok());

        for shape in [vec![], vec![2, 2], vec![7], vec![usize::MAX, 2], vec![usize::MAX, 4]] {
            let error = TensorValue::new(shape, &[0.0f32; 6]);
            assert!(matches!(error, Err(StoreError::Elements { found: 24, .. })));
        }
        Ok(())
    }

    #[test]
    fn a_type_is_never_taken_for_another() -> Result<(), StoreError> {
        let tensor = TensorValue::new([1], &[1.0f32])?;
        let error = tensor.to_vec::<f64>().expect_err("an f32 is no f64");
        assert_eq!(error.to_string(), "the tensor holds f32, but f64 was asked for");
        Ok(())
    }

    #[test]
    fn values_are_equal_by_their_bits() {
        assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
        assert_ne!(Value::Float(0.0), Value::Float(-0.0));
        assert_eq!(Value::from(u64::MAX), Value::Int(-1));
    }
}
