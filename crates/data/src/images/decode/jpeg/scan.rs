//! Blocks of JPEG scans.

use super::super::flaw::Flaw;
use super::bits::{Bits, HuffmanTable};
use super::{Tables, marker, next_marker};

/// Largest number of unused bytes at the end of a scan: encoders pad.
const FILL: usize = 64;

/// A component of a frame: luma or chroma.
pub struct Component {
    id: u8,
    /// Blocks of the component in an MCU, horizontally and vertically.
    sampling: [usize; 2],
    /// Lowest bit coded so far of each coefficient, in zigzag order.
    lowest: [u8; 64],
    /// Bit set of the nonzero coefficients of each block, in a progressive frame.
    nonzero: Vec<u64>,
}

impl Component {
    /// `None` for an invalid sampling factor.
    pub fn new(id: u8, sampling: u8) -> Option<Self> {
        let sampling = [usize::from(sampling >> 4), usize::from(sampling & 15)];
        let good = sampling.iter().all(|factor| (1..=4).contains(factor));
        good.then(|| Self { id, sampling, lowest: [u8::MAX; 64], nonzero: Vec::new() })
    }
}

/// A frame: an image and its components.
pub struct JpegFrame {
    is_progressive: bool,
    /// Width and height in pixels.
    size: [usize; 2],
    components: Vec<Component>,
    bits: Bits,
}

/// Header of a scan.
struct ScanHeader {
    /// For each component: its index, and the numbers of its DC and AC tables.
    components: Vec<(usize, usize, usize)>,
    /// First and last coefficient in zigzag order.
    range: [u32; 2],
    /// Successive approximation: the bit coded before, 0 for none, and the bit of this scan.
    bits: [u8; 2],
}

impl JpegFrame {
    pub fn new(is_progressive: bool, size: [u16; 2], components: Vec<Component>) -> Self {
        Self { is_progressive, size: size.map(usize::from), components, bits: Bits::default() }
    }

    /// True if every coefficient was coded to its last bit.
    pub fn is_complete(&self) -> bool {
        self.components.iter().all(|component| component.lowest == [0; 64])
    }

    /// Counts the blocks of a scan; returns the length of its coded data in bytes.
    pub fn scan(
        &mut self,
        header: &[u8],
        bytes: &[u8],
        tables: &Tables,
        interval: u16,
    ) -> Result<usize, Flaw> {
        let header = self.header(header)?;
        for (component, ..) in &header.components {
            let [first, last] = header.range;
            self.components[*component].lowest[first as usize..=last as usize].fill(header.bits[1]);
        }
        if !header.has(tables) {
            // Motion JPEG omits the tables that all frames share.
            return Ok(0);
        }
        let most =
            |axis: usize| self.components.iter().map(|it| it.sampling[axis]).max().unwrap_or(1);
        let most = [most(0), most(1)];
        let units = [0, 1].map(|axis| match header.components[..] {
            [(alone, ..)] => {
                (self.size[axis] * self.components[alone].sampling[axis]).div_ceil(8 * most[axis])
            }
            _ => self.size[axis].div_ceil(8 * most[axis]),
        });
        let strides = [0, 1].map(|axis| self.size[axis].div_ceil(8 * most[axis]));
        if self.is_progressive {
            for component in &mut self.components {
                let [across, down] = component.sampling;
                component.nonzero.resize(strides[0] * across * strides[1] * down, 0);
            }
        }
        let count = units[0] * units[1];
        let interval = if interval == 0 { count } else { interval.into() };
        let (mut at, mut done) = (0, 0);
        while done < count {
            let end = next_marker(bytes, at).ok_or(Flaw::TooEarly)?;
            self.bits.start(&bytes[at..end]);
            let part = done..count.min(done + interval);
            done = part.end;
            let read = self.units(part, units[0], strides[0], &header, tables);
            let is_restart = marker::is_restart(bytes[end + 1]);
            match read {
                // Missing bits between two restart markers are damage, not truncation.
                Err(Flaw::TooEarly) if is_restart => return Err(Flaw::Damaged),
                read => read?,
            }
            if self.bits.rest() > FILL.max((end - at) / 50) {
                // The decoded blocks are not those that were encoded.
                return Err(Flaw::Damaged);
            }
            at = end;
            if done < count {
                if !is_restart {
                    return Err(Flaw::TooEarly);
                }
                at += 2;
            }
        }
        Ok(at)
    }

    fn header(&self, segment: &[u8]) -> Result<ScanHeader, Flaw> {
        let [count, ref rest @ ..] = *segment else { return Err(Flaw::Damaged) };
        let (components, rest) =
            rest.split_at_checked(2 * usize::from(count)).ok_or(Flaw::Damaged)?;
        let [first, last, bits, ..] = *rest else { return Err(Flaw::Damaged) };
        let find = |[id, tables]: &[u8; 2]| {
            let component = self.components.iter().position(|component| component.id == *id)?;
            Some((component, usize::from(tables >> 4 & 3), usize::from(tables & 3)))
        };
        let components = components.as_chunks().0.iter().map(find).collect::<Option<Vec<_>>>();
        let components = components.filter(|found| !found.is_empty()).ok_or(Flaw::Damaged)?;
        if !self.is_progressive {
            return Ok(ScanHeader { components, range: [0, 63], bits: [0, 0] });
        }
        if first > last || last > 63 {
            return Err(Flaw::Damaged);
        }
        Ok(ScanHeader {
            components,
            range: [first.into(), last.into()],
            bits: [bits >> 4, bits & 15],
        })
    }

    /// Reads units of a scan: MCUs, or the blocks of a single component.
    fn units(
        &mut self,
        part: std::ops::Range<usize>,
        across: usize,
        stride: usize,
        header: &ScanHeader,
        tables: &Tables,
    ) -> Result<(), Flaw> {
        let mut run = 0;
        for unit in part {
            let (column, row) = (unit % across, unit / across);
            for (index, first, others) in &header.components {
                let component = &mut self.components[*index];
                let [width, height] = component.sampling;
                let stride = stride * width;
                let [width, height] =
                    if header.components.len() == 1 { [1, 1] } else { [width, height] };
                let tables = (tables.first[*first].as_ref(), tables.others[*others].as_ref());
                for block in 0..width * height {
                    if self.is_progressive {
                        let place = (row * height + block / width) * stride
                            + column * width
                            + block % width;
                        let nonzero = component.nonzero.get_mut(place).ok_or(Flaw::Damaged)?;
                        progressive(&mut self.bits, header, tables, nonzero, &mut run)?;
                    } else if let (Some(first), Some(others)) = tables {
                        baseline(&mut self.bits, first, others)?;
                    }
                }
            }
            if self.bits.is_over() {
                return Err(Flaw::TooEarly);
            }
        }
        Ok(())
    }
}

impl ScanHeader {
    /// True if all tables of the scan are defined.
    fn has(&self, tables: &Tables) -> bool {
        let [from, to] = self.range;
        self.components.iter().all(|(_, first, others)| {
            let needs_first = from == 0 && self.bits[0] == 0;
            (!needs_first || tables.first[*first].is_some())
                && (to == 0 || tables.others[*others].is_some())
        })
    }
}

/// Reads a block of a sequential scan (T.81, F.2.2).
fn baseline(bits: &mut Bits, first: &HuffmanTable, others: &HuffmanTable) -> Result<(), Flaw> {
    let size = bits.symbol(first)?;
    bits.skip(u32::from(size & 15));
    let mut place = 1;
    while place < 64 {
        let symbol = bits.symbol(others)?;
        let (zeros, size) = (symbol >> 4, symbol & 15);
        if size == 0 && zeros < 15 {
            break;
        }
        bits.skip(size.into());
        place += zeros + 1;
    }
    Ok(())
}

/// Reads the contribution of a progressive scan to a block (T.81, G.1.2 and G.2); `run` is the number of further
/// blocks without new coefficients.
fn progressive(
    bits: &mut Bits,
    header: &ScanHeader,
    (first, others): (Option<&HuffmanTable>, Option<&HuffmanTable>),
    nonzero: &mut u64,
    run: &mut u32,
) -> Result<(), Flaw> {
    let [mut place, last] = header.range;
    let is_refined = header.bits[0] > 0;
    if place == 0 {
        match first {
            _ if is_refined => bits.skip(1),
            Some(first) => {
                let size = bits.symbol(first)?;
                bits.skip(u32::from(size & 15));
            }
            None => return Err(Flaw::Damaged),
        }
        return Ok(());
    }
    // A correction bit for each coefficient that is nonzero already.
    let corrections =
        |nonzero: u64, from: u32| (nonzero >> from << from << (63 - last)).count_ones();
    let others = others.ok_or(Flaw::Damaged)?;
    while *run == 0 && place <= last {
        let symbol = bits.symbol(others)?;
        let (mut zeros, size) = (symbol >> 4, symbol & 15);
        if size == 0 && zeros < 15 {
            *run = (1 << zeros) + bits.take(zeros.into());
            break;
        }
        bits.skip(size.into());
        if !is_refined {
            place += u32::from(zeros);
        }
        while is_refined && place <= last {
            if *nonzero >> place & 1 == 1 {
                bits.skip(1);
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            place += 1;
        }
        if size > 0 && place <= last {
            *nonzero |= 1 << place;
        }
        place += 1;
    }
    if *run > 0 {
        *run -= 1;
        if is_refined && place <= last {
            bits.skip(corrections(*nonzero, place));
        }
    }
    Ok(())
}
