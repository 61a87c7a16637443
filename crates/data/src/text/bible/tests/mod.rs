mod corpus;
mod modules;
mod osis;
mod ztext;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::ztext::{ZTextFile, ZTextFiles};
use crate::error::DataError;

/// The files of a testament whose blocks have these entries.
fn files(blocks: &[&[&str]]) -> ZTextFiles {
    let [mut places, mut records, mut text] = [const { Vec::new() }; 3];
    for (number, entries) in blocks.iter().enumerate() {
        let mut start = 0;
        for entry in *entries {
            places.extend([number as u32, start].map(u32::to_le_bytes).concat());
            places.extend((entry.len() as u16).to_le_bytes());
            start += entry.len() as u32;
        }
        let packed = zlib(entries.concat().as_bytes());
        let record = [text.len() as u32, packed.len() as u32, start];
        records.extend(record.map(u32::to_le_bytes).concat());
        text.extend(packed);
    }
    let file = |name: &str, bytes| ZTextFile { path: name.into(), bytes };
    ZTextFiles {
        entries: file("ot.bzv", places),
        blocks: file("ot.bzs", records),
        text: file("ot.bzz", text),
    }
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Overwrites a number of four bytes.
fn set(file: &mut ZTextFile, at: usize, number: u32) {
    file.bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

fn message<T>(result: Result<T, DataError>) -> String {
    result.map(drop).unwrap_err().to_string()
}
