//! The types of an IDX file's values, and whole numbers of any of them.

use std::ops::RangeInclusive;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// An unsigned byte.
    Byte,
    /// A signed byte.
    SignedByte,
    /// A signed number of two bytes.
    Short,
    /// A signed number of four bytes.
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

    /// The type that a header names.
    pub fn of(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
    }

    /// Its number in a header.
    pub fn code(self) -> u8 {
        let known = Self::ALL.iter().find(|(_, kind)| *kind == self);
        known.map(|(code, _)| *code).expect("every type is listed")
    }

    /// Its bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Byte | Self::SignedByte => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Double => 8,
        }
    }

    /// Its name, where its values are no whole numbers.
    pub(super) fn fraction(self) -> Option<&'static str> {
        match self {
            Self::Float => Some("float"),
            Self::Double => Some("double"),
            _ => None,
        }
    }

    /// The least and the greatest of values with fractions.
    pub(super) fn reach(self, bytes: &[u8]) -> (f64, f64) {
        let values = bytes.chunks_exact(self.size()).map(|value| match *value {
            [a, b, c, d] => f32::from_be_bytes([a, b, c, d]).into(),
            _ => value.first_chunk().map_or(f64::NAN, |value| f64::from_be_bytes(*value)),
        });
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        values.fold(ends, |(least, most), value| (least.min(value), most.max(value)))
    }

    /// Each value of whole numbers that are stored with the highest byte first.
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

    /// Whether the values were stored with the lowest byte first: as they are they leave a byte, and the other
    /// way round all are within `range`.
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
