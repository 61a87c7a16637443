//! Fuzz target for IDX files, plain or gzip.

use std::io::Cursor;
use std::path::Path;

use hearth_data::DataError;
use hearth_data::idx::{Type, encode, parse};

/// Parses the input; a valid file is encoded and parsed again.
pub fn run(input: &[u8]) {
    let read = |bytes: &[u8]| parse(Cursor::new(bytes), bytes.len() as u64, Path::new("file.idx"));
    match read(input) {
        Ok(idx) => {
            let count = idx.dims.iter().product::<usize>();
            assert_eq!(count * idx.kind.size(), idx.bytes.len(), "{:?}", idx.dims);
            if idx.kind == Type::Byte {
                let again = read(&encode(&idx.dims, &idx.bytes)).expect("what is written is good");
                assert!(again == idx, "it reads as another one");
            }
            let path = Path::new("file.idx");
            match idx.labels(path) {
                Ok(labels) => assert_eq!(labels.len(), count),
                Err(error) => is_named(&error),
            }
            match idx.images(path) {
                Ok(images) => assert_eq!(images.pixels.len(), count),
                Err(error) => is_named(&error),
            }
        }
        Err(error) => is_named(&error),
    }
}

fn is_named(error: &DataError) {
    assert!(error.to_string().starts_with("file.idx"), "{error}");
}
