//! SHA-256 of files and streams, and gzip decompression chosen by content.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

/// First bytes of every gzip file (RFC 1952, section 2.3.1).
pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A reader of `source` that decompresses gzip and passes other contents through.
pub(crate) fn unpacked<'a>(mut source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    source.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let gzip = start == GZIP_MAGIC;
    let whole = Cursor::new(start).chain(source);
    Ok(if gzip { Box::new(MultiGzDecoder::new(BufReader::new(whole))) } else { Box::new(whole) })
}

/// SHA-256 of the concatenated parts, in hexadecimal digits.
pub(crate) fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    parts.into_iter().for_each(|part| hasher.update(part));
    hex(&hasher.finalize())
}

/// Passes `source` to `each` piece by piece, up to `limit` bytes, and returns the SHA-256 in hexadecimal digits.
pub(crate) fn sha256_of_stream(
    source: impl Read,
    limit: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut source = source.take(limit);
    let mut piece = vec![0; 1 << 16];
    loop {
        let length = match source.read(&mut piece) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&piece[..length]);
        each(&piece[..length])?;
    }
}

/// Two hexadecimal digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0xf)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn parts_and_streams_have_the_published_sum() {
        assert_eq!(sha256([&b"a"[..], b"bc"]), ABC);
        let mut seen = Vec::new();
        let sum = sha256_of_stream(&b"abcdef"[..], 3, |piece| {
            seen.extend_from_slice(piece);
            Ok(())
        });
        assert_eq!(sum.unwrap(), ABC);
        assert_eq!(seen, b"abc");
    }

    #[test]
    fn short_and_plain_streams_pass_unchanged() {
        for bytes in [&b""[..], &[0x1f], b"plain"] {
            let mut read = Vec::new();
            unpacked(bytes).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, bytes);
        }
    }
}
