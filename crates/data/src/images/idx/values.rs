//! Types of the values of IDX files, and conversion to integers.

use std::ops::RangeInclusive;

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// An unsigned byte.
    Byte,
    /// A signed byte.
    SignedByte,
    /// A signed integer of two bytes.
    Short,
    /// A signed integer of four bytes.
    Int,
    /// A floating-point number of four bytes.
    Float,
    /// A floating-point number of eight bytes.
    Double,
}

impl Type {
    const ALL: [(u8, Self); 6] = [
        (0x08, Self::Byte),
        (0x09, Self::SignedByte),
        (0x0b, Self::Short),
        (0x0c, Self::Int),
        (0x0d, Self::Float),
        (0x0e, Self::Double),
    ];

    /// The type with this code in a header.
    pub fn of(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
    }

    /// The code in a header.
    pub fn code(self) -> u8 {
        let known = Self::ALL.iter().find(|(_, kind)| *kind == self);
        known.map(|(code, _)| *code).expect("every type is listed")
    }

    /// Bytes per value.
    pub fn size(self) -> usize {
        match self {
            Self::Byte | Self::SignedByte => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Double => 8,
        }
    }

    /// The name of a floating-point type; `None` for integers.
    pub(super) fn fraction(self) -> Option<&'static str> {
        match self {
            Self::Float => Some("float"),
            Self::Double => Some("double"),
            _ => None,
        }
    }

    /// Minimum and maximum of floating-point values.
    pub(super) fn reach(self, bytes: &[u8]) -> (f64, f64) {
        let values = bytes.chunks_exact(self.size()).map(|value| match *value {
            [a, b, c, d] => f32::from_be_bytes([a, b, c, d]).into(),
            _ => value.first_chunk().map_or(f64::NAN, |value| f64::from_be_bytes(*value)),
        });
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        values.fold(ends, |(least, most), value| (least.min(value), most.max(value)))
    }

    /// Iterator over big-endian integers.
    pub(super) fn numbers(self, bytes: &[u8]) -> impl Iterator<Item = i32> {
        bytes.chunks_exact(self.size()).map(move |value| self.number(value))
    }

    fn number(self, value: &[u8]) -> i32 {
        match *value {
            [byte] if self == Self::Byte => byte.into(),
            [byte] => byte.cast_signed().into(),
            [high, low] => i16::from_be_bytes([high, low]).into(),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]),
            _ => unreachable!("fractions have no whole numbers"),
        }
    }

    /// True if the values seem to be little-endian: as big-endian integers they leave `range`, and byte-swapped all
    /// are within it.
    pub(super) fn are_swapped(self, bytes: &[u8], range: &RangeInclusive<i32>) -> bool {
        let swapped = bytes.chunks_exact(self.size()).map(|value| match *value {
            [high, low] => i16::from_le_bytes([high, low]).into(),
            [a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            _ => -1,
        });
        self.numbers(bytes).any(|value| value > 255)
            && swapped.into_iter().all(|value| range.contains(&value))
    }
}
