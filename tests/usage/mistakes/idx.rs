//! Mistakes of IDX files.

use std::fs;
use std::path::Path;

use super::{Mistake, mistake};

/// Training on IDX files, those in `idx` but for one.
macro_rules! idx {
    ($images:literal, $labels:literal) => {
        concat!(
            "train try.toml --run never data.kind=idx data.test_images=idx/t10k-images-idx3-ubyte.gz ",
            "data.test_labels=idx/t10k-labels-idx1-ubyte.gz data.train_images=",
            $images,
            " data.train_labels=",
            $labels
        )
    };
}

/// A label for each training image of the small set.
fn labels(here: &Path, name: &str, label: impl Fn(usize) -> u8) {
    let header = [0, 0, 8, 1, 0, 0, 7, 208];
    let bytes: Vec<u8> = header.into_iter().chain((0..2000).map(label)).collect();
    fs::write(here.join(name), bytes).unwrap();
}

/// An IDX file.
fn array(file: &Path, kind: u8, dims: &[u8], values: &[u8]) {
    let mut bytes = vec![0, 0, kind, dims.len() as u8];
    for dim in dims {
        bytes.extend([0, 0, 0, *dim]);
    }
    fs::write(file, [&bytes[..], values].concat()).unwrap();
}

pub const MISTAKES: &[Mistake] = &[
    mistake(
        "labels out of range",
        concat!(
            idx!("idx/train-images-idx3-ubyte.gz", "idx/train-labels-idx1-ubyte.gz"),
            " data.classes=[\"a\",\"b\"]"
        ),
        3,
        "train-labels-idx1-ubyte.gz",
        "correct the file or data.classes",
    ),
    mistake(
        "labels from 1",
        idx!("idx/train-images-idx3-ubyte.gz", "from-1"),
        3,
        "from-1",
        "subtract 1 from each label",
    )
    .having(|here| labels(here, "from-1", |place| place as u8 % 10 + 1)),
    mistake(
        "labels of one class",
        idx!("idx/train-images-idx3-ubyte.gz", "same"),
        3,
        "same",
        "two classes or more",
    )
    .having(|here| labels(here, "same", |_| 3)),
    mistake(
        "labels with a gap",
        idx!("idx/train-images-idx3-ubyte.gz", "gap"),
        3,
        "gap",
        "without gaps",
    )
    .having(|here| labels(here, "gap", |place| if place % 2 == 0 { 0 } else { 9 })),
    mistake(
        "names that no label stands for",
        concat!(
            idx!("idx/train-images-idx3-ubyte.gz", "idx/train-labels-idx1-ubyte.gz"),
            " data.classes=[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\"]"
        ),
        3,
        "train-labels-idx1-ubyte.gz",
        "leave out the names",
    ),
    mistake(
        "one name for two classes",
        concat!(
            idx!("idx/train-images-idx3-ubyte.gz", "idx/train-labels-idx1-ubyte.gz"),
            " data.classes=[\"a\",\"b\",\"a\"]"
        ),
        2,
        "data.classes",
        "a name of its own",
    ),
    mistake(
        "labels and pictures swapped",
        idx!("idx/train-labels-idx1-ubyte.gz", "idx/train-images-idx3-ubyte.gz"),
        3,
        "train-labels-idx1-ubyte.gz",
        "were two files swapped?",
    ),
    mistake(
        "labels of another set",
        idx!("idx/train-images-idx3-ubyte.gz", "idx/t10k-labels-idx1-ubyte.gz"),
        3,
        "t10k-labels-idx1-ubyte.gz",
        "belong together?",
    ),
    mistake(
        "picture for an IDX file",
        idx!("pictures/boot/000.png", "idx/train-labels-idx1-ubyte.gz"),
        3,
        "pictures/boot/000.png",
        "image-folder",
    ),
    mistake(
        "array of NumPy for an IDX file",
        idx!("images.npy", "idx/train-labels-idx1-ubyte.gz"),
        3,
        "images.npy",
        "as IDX: `bytes(",
    )
    .having(|here| fs::write(here.join("images.npy"), b"\x93NUMPY\x01\0v\0{'descr'").unwrap()),
    mistake(
        "floats for pixels",
        idx!("floats", "idx/train-labels-idx1-ubyte.gz"),
        3,
        "floats",
        "convert to bytes",
    )
    .having(|here| array(&here.join("floats"), 0x0d, &[1, 2, 2], &[0; 16])),
    mistake(
        "one-hot labels",
        idx!("idx/train-images-idx3-ubyte.gz", "one-hot"),
        3,
        "one-hot",
        "y.argmax(1)",
    )
    .having(|here| array(&here.join("one-hot"), 0x08, &[2, 3], &[0, 1, 0, 1, 0, 0])),
    mistake(
        "labels from -1 on",
        idx!("idx/train-images-idx3-ubyte.gz", "negative"),
        3,
        "negative",
        "whole numbers from 0 on",
    )
    .having(|here| array(&here.join("negative"), 0x09, &[2], &[1, 0xff])),
    mistake(
        "channels that may stand first or last",
        idx!("both", "idx/train-labels-idx1-ubyte.gz"),
        3,
        "both",
        "pad them",
    )
    .having(|here| array(&here.join("both"), 0x08, &[1, 3, 2, 3], &[0; 18])),
    mistake(
        "four channels",
        idx!("four", "idx/train-labels-idx1-ubyte.gz"),
        3,
        "four",
        "keep 1 or 3 of them",
    )
    .having(|here| array(&here.join("four"), 0x08, &[1, 4, 2, 2], &[0; 16])),
];
