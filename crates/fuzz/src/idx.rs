//! An IDX file, plain or gzip.

use std::io::Cursor;
use std::path::Path;

use hearth_data::idx::{encode, parse};

/// Reads it, and writes and reads again what is good.
pub fn run(input: &[u8]) {
    let read = |bytes: &[u8]| parse(Cursor::new(bytes), bytes.len() as u64, Path::new("file.idx"));
    match read(input) {
        Ok(idx) => {
            assert_eq!(idx.dims.iter().product::<usize>(), idx.values.len(), "{:?}", idx.dims);
            let again = read(&encode(&idx.dims, &idx.values)).expect("what is written is good");
            assert!(again == idx, "it reads as another one");
        }
        Err(error) => assert!(error.to_string().starts_with("file.idx is damaged"), "{error}"),
    }
}
