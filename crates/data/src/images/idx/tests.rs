use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;

fn parse_bytes(bytes: &[u8]) -> Result<Idx, String> {
    parse(Cursor::new(bytes), bytes.len() as u64, Path::new("some-file")).map_err(|error| {
        let message = error.to_string();
        assert!(message.starts_with("some-file"), "{message}");
        message
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn small() -> Vec<u8> {
    encode(&[2, 3, 4], &(0..24).collect::<Vec<u8>>())
}

#[test]
fn plain_and_gzip_give_the_same() {
    let plain = parse_bytes(&small()).unwrap();
    assert_eq!(plain.dims, [2, 3, 4]);
    assert_eq!(plain.bytes, (0..24).collect::<Vec<u8>>());
    assert_eq!(plain.sha256, sha256([&small()[..]]));
    assert_eq!(plain, parse_bytes(&gzip(&small())).unwrap());
}

#[test]
fn each_fault_is_named() {
    let with = |index: usize, byte: u8| {
        let mut bytes = small();
        bytes[index] = byte;
        bytes
    };
    for (bytes, fault) in [
        (Vec::new(), "ends within its header"),
        (small()[..9].to_vec(), "ends within its header"),
        (with(0, 1), "two zeros"),
        (with(2, 0x42), "type 0x42, which IDX does not know"),
        (with(3, 5), "5 dimensions"),
        (with(7, 0), "is empty"),
        (with(4, 0xff), "announces dimensions"),
        (small()[..39].to_vec(), "announces dimensions"),
        ([small(), vec![0]].concat(), "more values"),
        (gzip(&small()[..39]), "fewer values"),
        (gzip(&[small(), vec![0]].concat()), "more values"),
        (gzip(&small())[..30].to_vec(), "gzip stream"),
        ([gzip(&small()), b"tail".to_vec()].concat(), "gzip stream"),
    ] {
        let message = parse_bytes(&bytes).unwrap_err();
        assert!(message.contains(fault), "{message} should say: {fault}");
    }
}

#[test]
fn floats_are_faults_with_a_remedy() {
    for (code, size, name) in [(0x0d, 4, "float"), (0x0e, 8, "double")] {
        let of = |dims: &[u8]| {
            let mut bytes = vec![0, 0, code, dims.len() as u8];
            for dim in dims {
                bytes.extend([0, 0, 0, *dim]);
            }
            let values = dims.iter().map(|dim| usize::from(*dim)).product::<usize>();
            bytes.resize(bytes.len() + values * size, 0);
            parse_bytes(&bytes).unwrap()
        };
        let path = Path::new("some-file");
        for (values, how) in [
            (
                [0.0, 0.5, 1.0],
                "from 0 to 1, and pixels are bytes: convert to bytes, in NumPy by `(255 * x)",
            ),
            (
                [0.0, 2.5, 255.0],
                "from 0 to 255, and pixels are bytes: convert to bytes, in NumPy by `x.round()",
            ),
            (
                [-1.5, 0.0, 1.0],
                "from -1.5 to 1, and pixels are bytes: convert to bytes, scaled to 0 to 255",
            ),
        ] {
            let mut images = of(&[1, 1, 3]);
            images.bytes = values
                .iter()
                .flat_map(|value: &f64| match size {
                    4 => (*value as f32).to_be_bytes().to_vec(),
                    _ => value.to_be_bytes().to_vec(),
                })
                .collect();
            let message = images.images(path).unwrap_err().to_string();
            assert!(message.contains(&format!("of type {name}, {how}")), "{message}");
        }
        let labels = of(&[5]).labels(path).unwrap_err().to_string();
        assert!(
            labels.contains(&format!("of type {name}, and labels are whole numbers: convert")),
            "{labels}"
        );
    }
}

#[test]
fn other_files_are_named() {
    let zip = [b"PK\x03\x04", &[0; 26][..], b"x_train.npy"].concat();
    for (bytes, name) in [
        (
            b"\x93NUMPY\x01\0v\0{'descr': '|u1'".to_vec(),
            "a NumPy array (.npy) and no IDX file; write it, of type uint8, as IDX: `bytes(",
        ),
        (zip, "a NumPy archive (.npz) and no IDX file; write it"),
        (b"MATLAB 5.0 MAT-file, Platform".to_vec(), "a MATLAB file (.mat)"),
        (b"label,pixel1,pixel2\n3,0,0\n".to_vec(), "a text"),
        (b"PAR1\x15\x04\0".to_vec(), "a Parquet table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec(), "an image and no IDX file"),
        (b"<!doctype html><html>".to_vec(), "an HTML page"),
    ] {
        for bytes in [gzip(&bytes), bytes] {
            let message = parse_bytes(&bytes).unwrap_err();
            assert!(
                message.contains(name) && !message.contains("damaged"),
                "{message}\nshould name {name}"
            );
        }
    }
}

#[test]
fn little_endian_integers_are_recognised() {
    let mut bytes = vec![0, 0, Type::Byte.code(), 1];
    bytes.extend(5_u32.to_le_bytes());
    bytes.extend([1; 5]);
    let message = parse_bytes(&bytes).unwrap_err();
    assert!(message.contains("which are [5] where the lowest byte comes first"), "{message}");
}

#[test]
fn a_product_that_overflows_is_a_fault() {
    let mut bytes = vec![0, 0, Type::Byte.code(), 4];
    bytes.extend([0xff; 16]);
    bytes.extend([0; 100]);
    assert!(parse_bytes(&bytes).unwrap_err().contains("announces"));
    assert!(parse_bytes(&gzip(&bytes)).unwrap_err().contains("announces"));
}

#[test]
fn a_gzip_bomb_is_read_no_further_than_its_header_announces() {
    let mut bytes = small();
    bytes.resize(1 << 24, 0);
    let packed = gzip(&bytes);
    let mut source = Cursor::new(&packed[..]);
    let length = packed.len() as u64;
    assert!(parse(&mut source, length, Path::new("bomb")).is_err());
    // BufReader reads 8 kB at a time: the rest of the bomb was not read.
    assert!(packed.len() > 10_000 && source.position() <= 8192, "{}", source.position());
}

#[test]
fn a_lying_gzip_header_reserves_nothing() {
    struct Counted<'a>(Cursor<&'a [u8]>, usize);
    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1.max(buffer.len());
            self.0.read(buffer)
        }
    }
    impl Seek for Counted<'_> {
        fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
            self.0.seek(position)
        }
    }
    let mut lying = vec![0, 0, Type::Byte.code(), 3];
    lying.extend([0x0f, 0xff, 0xff, 0xff, 0, 0, 0x10, 0, 0, 0, 0x10, 0]);
    let packed = gzip(&lying);
    for bytes in [&lying, &packed] {
        let mut source = Counted(Cursor::new(bytes), 0);
        assert!(parse(&mut source, bytes.len() as u64, Path::new("lying")).is_err());
        assert!(source.1 <= 8192, "a buffer of {} bytes was asked for", source.1);
    }
}

proptest! {
    #[test]
    fn encoded_arrays_parse_as_themselves(dims in prop_oneof![
        prop::collection::vec(1_usize..9, 1), prop::collection::vec(1_usize..9, 3), prop::collection::vec(1_usize..9, 4)
    ], byte: u8) {
        let values = vec![byte; dims.iter().product()];
        let read = parse_bytes(&encode(&dims, &values)).unwrap();
        prop_assert_eq!(read.dims, dims);
        prop_assert_eq!(read.bytes, values);
    }

    #[test]
    fn damage_ends_in_an_error_or_in_another_sum(
        packed: bool, index: prop::sample::Index, mask in 1_u8..,
    ) {
        let sound = parse_bytes(&small()).unwrap();
        let mut bytes = if packed { gzip(&small()) } else { small() };
        let index = index.index(bytes.len());
        bytes[index] ^= mask;
        if let Ok(read) = parse_bytes(&bytes) {
            prop_assert_eq!(read.bytes.len(), read.dims.iter().product::<usize>());
            // A gzip header has bytes (time, system) that do not affect the contents.
            prop_assert!(packed && read == sound || read.sha256 != sound.sha256);
        }
    }

    #[test]
    fn a_shorter_or_longer_file_is_an_error(packed: bool, cut: prop::sample::Index, tail in prop::collection::vec(any::<u8>(), 1..9)) {
        let bytes = if packed { gzip(&small()) } else { small() };
        prop_assert!(parse_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(parse_bytes(&[bytes, tail].concat()).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), packed: bool) {
        let mut bytes = [&[0, 0, Type::Byte.code()], &bytes[..]].concat();
        if packed {
            bytes = gzip(&bytes);
        }
        let _ = parse_bytes(&bytes);
    }
}
