//! Bit reader of a JPEG scan, and its Huffman codes.

use super::super::flaw::Flaw;

/// Bits of a lookup in the table of short codes.
const LOOKAHEAD: u32 = 10;

/// A Huffman table.
pub struct HuffmanTable {
    /// `[2^LOOKAHEAD]`: symbol and code length by the next bits; length 0 for longer codes.
    short: Vec<(u8, u8)>,
    /// For each code length: the first 16-bit value after its codes, its first code, and the index of its first
    /// symbol.
    long: [(u32, u32, usize); 17],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// Builds a table from the number of codes of each length from 1 to 16, and their symbols (T.81, Annex C).
    pub fn new(lengths: &[u8; 16], symbols: &[u8]) -> Result<Self, Flaw> {
        let mut short = vec![(0, 0); 1 << LOOKAHEAD];
        let mut long = [(0, 0, 0); 17];
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(lengths) {
            let count = usize::from(*count);
            let behind = code + count as u32;
            if behind > 1 << length {
                return Err(Flaw::Damaged);
            }
            long[length as usize] = (behind << (16 - length), code, index);
            if length <= LOOKAHEAD {
                let width = 1_usize << (LOOKAHEAD - length);
                let entries = short[code as usize * width..].chunks_exact_mut(width);
                for (entries, symbol) in entries.zip(&symbols[index..index + count]) {
                    entries.fill((*symbol, length as u8));
                }
            }
            index += count;
            code = behind << 1;
        }
        Ok(Self { short, long, symbols: symbols.to_vec() })
    }
}

/// The bits between two markers, padded with ones, which are no code.
#[derive(Default)]
pub struct Bits {
    /// Bytes without the stuffed zeros after 0xFF.
    bytes: Vec<u8>,
    /// Number of bits.
    length: usize,
    /// Number of bits taken.
    at: usize,
    /// The next bits, from the highest bit on, and their number.
    buffer: u64,
    held: u32,
}

impl Bits {
    /// Starts reading the bytes of a scan up to the next marker.
    pub fn start(&mut self, coded: &[u8]) {
        self.bytes.clear();
        let mut rest = coded;
        while let Some(index) = rest.iter().position(|byte| *byte == 0xff) {
            self.bytes.extend_from_slice(&rest[..=index]);
            // Repeated 0xFF bytes before a zero or at the end are padding.
            let behind = rest[index..].iter().position(|byte| *byte != 0xff);
            rest = behind.map_or(&[], |behind| &rest[index + behind + 1..]);
        }
        self.bytes.extend_from_slice(rest);
        self.length = 8 * self.bytes.len();
        self.bytes.extend([0xff; 8]);
        (self.at, self.held) = (0, 0);
    }

    #[inline]
    fn fill(&mut self) {
        if self.held < 32 {
            let bytes = self.bytes.get(self.at / 8..).and_then(<[u8]>::first_chunk);
            self.buffer =
                bytes.map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes)) << (self.at % 8);
            self.held = 64 - 8;
        }
    }

    /// Decodes the next symbol; [`Bits::skip`] may follow without a refill.
    #[inline]
    pub fn symbol(&mut self, table: &HuffmanTable) -> Result<u8, Flaw> {
        self.fill();
        let (symbol, length) = table.short[(self.buffer >> (64 - LOOKAHEAD)) as usize];
        if length > 0 {
            self.skip(length.into());
            return Ok(symbol);
        }
        let next = (self.buffer >> 48) as u32;
        let mut lengths = LOOKAHEAD + 1..=16;
        let length = lengths.find(|length| next < table.long[*length as usize].0);
        let found = length.and_then(|length| {
            let (_, first, index) = table.long[length as usize];
            let index = index + (next >> (16 - length)).checked_sub(first)? as usize;
            Some((length, *table.symbols.get(index)?))
        });
        match found {
            Some((length, symbol)) => {
                self.skip(length);
                Ok(symbol)
            }
            // The last bits and the padding.
            None if self.at + 16 > self.length => Err(Flaw::TooEarly),
            None => Err(Flaw::Damaged),
        }
    }

    /// Takes the next bits, at most 16.
    #[inline]
    pub fn take(&mut self, count: u32) -> u32 {
        self.fill();
        let bits = (self.buffer >> 48) as u32 >> (16 - count);
        self.skip(count);
        bits
    }

    /// Skips bits.
    #[inline]
    pub fn skip(&mut self, count: u32) {
        self.at += count as usize;
        self.held = self.held.saturating_sub(count);
        self.buffer = self.buffer.checked_shl(count).unwrap_or(0);
    }

    /// True if more bits were taken than the scan has.
    pub fn is_over(&self) -> bool {
        self.at > self.length
    }

    /// Number of whole bytes left.
    pub fn rest(&self) -> usize {
        self.length.saturating_sub(self.at) / 8
    }
}
