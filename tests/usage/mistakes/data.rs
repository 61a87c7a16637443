//! Mistakes of data and input files.

use std::fs;
use std::path::Path;

use super::{Mistake, copy, mistake};
use crate::support::root;

/// Training on the folder `own`.
const OWN: &str =
    "train try.toml --run never data.kind=image-folder data.path=own data.valid_samples=0";

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

/// Makes the folder `own` afresh.
fn own(here: &Path, make: impl FnOnce(&Path)) {
    let own = here.join("own");
    if own.exists() {
        fs::remove_dir_all(&own).unwrap();
    }
    fs::create_dir(&own).unwrap();
    make(&own);
}

/// A label for each training image of the small set.
fn labels(here: &Path, name: &str, label: impl Fn(usize) -> u8) {
    let header = [0, 0, 8, 1, 0, 0, 7, 208];
    let bytes: Vec<u8> = header.into_iter().chain((0..2000).map(label)).collect();
    fs::write(here.join(name), bytes).unwrap();
}

/// The small set with one file of other bytes.
fn damaged(here: &Path, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let set = here.join("damaged/fashion-mnist-mini");
    copy(&here.join("idx"), &set);
    let bytes = fs::read(set.join(file)).unwrap();
    fs::write(set.join(file), change(bytes)).unwrap();
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
        "no datasets here",
        "train try.toml --run never --datasets elsewhere",
        3,
        "elsewhere/fashion-mnist-mini",
        "check it out again",
    ),
    mistake(
        "no way to a dataset",
        "train try.toml --run never data.kind=mnist --datasets elsewhere",
        3,
        "elsewhere/mnist",
        "put them there",
    ),
    mistake(
        "file that was fetched by half",
        "train try.toml --run never --datasets damaged",
        3,
        "train-images-idx3-ubyte.gz",
        "undamaged copy",
    )
    .having(|here| {
        damaged(here, "train-images-idx3-ubyte.gz", |bytes| bytes[..bytes.len() / 2].to_vec());
    }),
    mistake(
        "wrong checksum",
        "train try.toml --run never --datasets damaged",
        3,
        "t10k-labels-idx1-ubyte.gz is damaged",
        "hearth data fetch",
    )
    .having(|here| {
        let other = fs::read(here.join("idx/train-labels-idx1-ubyte.gz")).unwrap();
        damaged(here, "t10k-labels-idx1-ubyte.gz", |_| other);
    }),
    mistake(
        "verification of nothing",
        "data verify mnist --datasets pictures",
        3,
        "pictures/mnist/train-images-idx3-ubyte",
        "check the path",
    ),
    mistake(
        "folder of pictures that is nowhere",
        "train try.toml --run never data.kind=image-folder data.path=nowhere data.valid_samples=0",
        3,
        "nowhere",
        "tried:",
    ),
    mistake("one class", OWN, 3, "own", "two or more").having(|here| {
        own(here, |own| copy(&here.join("pictures/boot"), &own.join("boot")));
    }),
    mistake("empty folder", OWN, 3, "own", "a folder of images").having(|here| own(here, |_| ())),
    mistake("folder without subfolders", OWN, 3, "own", "into a folder of its name").having(
        |here| {
            own(here, |own| copy(&here.join("pictures/boot"), own));
        },
    ),
    mistake("class without a picture", OWN, 3, "own", "add some or remove its folder").having(
        |here| {
            own(here, |own| {
                copy(&here.join("pictures"), own);
                fs::create_dir(own.join("trouser")).unwrap();
            });
        },
    ),
    mistake("test without train", OWN, 3, "own", "no train/").having(|here| {
        own(here, |own| copy(&here.join("pictures"), &own.join("test")));
    }),
    mistake("two folders for a part", OWN, 3, "Training/ and train/", "move one of them").having(
        |here| {
            own(here, |own| {
                copy(&here.join("pictures"), &own.join("train"));
                copy(&here.join("pictures"), &own.join("Training"));
            });
        },
    ),
    mistake("parts by unknown names", OWN, 3, "new/ and old/", "name them train/").having(|here| {
        own(here, |own| {
            copy(&here.join("pictures"), &own.join("new"));
            copy(&here.join("pictures"), &own.join("old"));
        });
    }),
    mistake("parts within classes", OWN, 3, "boot/", "lay it out as test/boot/").having(|here| {
        own(here, |own| {
            for class in ["boot", "shirt"] {
                for part in ["train", "test"] {
                    copy(&here.join("pictures").join(class), &own.join(class).join(part));
                }
            }
        });
    }),
    mistake("part or class", OWN, 3, "train/", "into a folder train/").having(|here| {
        own(here, |own| {
            copy(&here.join("pictures"), &own.join("train"));
            copy(&here.join("pictures/boot"), &own.join("more"));
        });
    }),
    mistake("test images without classes", OWN, 3, "own/test", "into a folder of its name").having(
        |here| {
            own(here, |own| {
                copy(&here.join("pictures"), &own.join("train"));
                copy(&here.join("pictures/boot"), &own.join("test"));
            });
        },
    ),
    mistake("images in parts without classes", OWN, 3, "own", "into a folder train/").having(
        |here| {
            own(here, |own| {
                copy(&here.join("pictures/boot"), &own.join("train"));
                copy(&here.join("pictures/shirt"), &own.join("test"));
            });
        },
    ),
    mistake("folder around the classes", OWN, 3, "own", "/own/set\" reads them").having(|here| {
        own(here, |own| copy(&here.join("pictures"), &own.join("set")));
    }),
    mistake(
        "run for a folder of pictures",
        "train try.toml --run never data.kind=image-folder data.path=runs/gan-001",
        3,
        "runs/gan-001",
        "name the folder",
    ),
    mistake("one name in two forms", OWN, 3, "own/", "put both folders together").having(|here| {
        own(here, |own| {
            copy(&here.join("pictures/boot"), &own.join("caf\u{e9}"));
            copy(&here.join("pictures/shirt"), &own.join("cafe\u{301}"));
        });
    }),
    mistake(
        "early stop without a validation set",
        "train try.toml --run never data.kind=image-folder data.path=pictures data.valid_samples=0 \
         train.early_stop.patience=2",
        2,
        "early stopping",
        "add a folder valid/",
    ),
    mistake(
        "evaluation that nothing measures",
        "train gan.toml --run never data.kind=image-folder data.path=pictures/boot data.valid_samples=0 \
         train.early_stop.patience=2",
        2,
        "early stopping",
        "evaluate.classifier",
    ),
    mistake("class that only one part has", OWN, 3, "own/test", "both parts must have").having(
        |here| {
            own(here, |own| {
                copy(&here.join("pictures"), &own.join("train"));
                copy(&here.join("pictures/boot"), &own.join("test/boot"));
            });
        },
    ),
    mistake(
        "all pictures for validation",
        "train try.toml --run never data.valid_samples=5000",
        2,
        "data.valid_samples",
        "ask for fewer",
    ),
    mistake(
        "weights for other classes",
        "train try.toml --run never train.class_weights=[1.0,2.0]",
        2,
        "train.class_weights",
        "10",
    ),
    mistake(
        "picture that is nowhere",
        "predict runs/mlp-001 shirt.png",
        3,
        "shirt.png",
        "check the path",
    ),
    mistake(
        "folder for a picture",
        "predict runs/mlp-001 pictures",
        3,
        "pictures",
        "check the path",
    ),
    mistake(
        "text by the name of a picture",
        "predict runs/mlp-001 text.png",
        3,
        "text.png",
        "save it anew",
    )
    .having(|here| fs::write(here.join("text.png"), "no picture\n").unwrap()),
    mistake(
        "picture that was loaded by half",
        "predict runs/mlp-001 half.png",
        3,
        "half.png",
        "save it anew",
    )
    .having(|here| {
        let bytes = fs::read(here.join("pictures/boot/000.png")).unwrap();
        fs::write(here.join("half.png"), &bytes[..bytes.len() / 2]).unwrap();
    }),
    mistake(
        "photograph that was cut",
        "predict runs/mlp-001 cut.jpg",
        3,
        "cut.jpg",
        "save it anew",
    )
    .having(|here| {
        let bytes = fs::read(root().join("tests/cases/images/progressive.jpg")).unwrap();
        fs::write(here.join("cut.jpg"), &bytes[..bytes.len() / 2]).unwrap();
    }),
    mistake("JPEG within TIFF", "predict runs/mlp-001 scan.tif", 3, "scan.tif", "save it anew")
        .having(|here| {
            fs::copy(root().join("tests/cases/images/jpeg.tif"), here.join("scan.tif")).unwrap();
        }),
    mistake("empty picture", "predict runs/mlp-001 empty.png", 3, "empty.png", "save it anew")
        .having(|here| fs::write(here.join("empty.png"), "").unwrap()),
    mistake("PDF for a picture", "predict runs/mlp-001 scan.pdf", 3, "scan.pdf", "save it anew")
        .having(|here| fs::write(here.join("scan.pdf"), b"%PDF-1.4\n\0\xff").unwrap()),
    mistake(
        "photo of a telephone",
        "predict runs/mlp-001 photo.heic",
        3,
        "photo.heic",
        "save it anew",
    )
    .having(|here| {
        fs::write(here.join("photo.heic"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
    }),
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
    mistake("init of nothing", "init shoes", 3, "shoes", "check the path"),
];
