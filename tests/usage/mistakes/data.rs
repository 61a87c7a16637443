//! Mistakes of datasets, folders of images and input files.

use std::fs;
use std::path::Path;

use super::{Mistake, copy, mistake};
use crate::support::root;

/// Training on the folder `own`.
const OWN: &str =
    "train try.toml --run never data.kind=image-folder data.path=own data.valid_samples=0";

/// Makes the folder `own` afresh.
fn own(here: &Path, make: impl FnOnce(&Path)) {
    let own = here.join("own");
    if own.exists() {
        fs::remove_dir_all(&own).unwrap();
    }
    fs::create_dir(&own).unwrap();
    make(&own);
}

/// The small set with one file of other bytes.
fn damaged(here: &Path, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let set = here.join("damaged/fashion-mnist-mini");
    copy(&here.join("idx"), &set);
    let bytes = fs::read(set.join(file)).unwrap();
    fs::write(set.join(file), change(bytes)).unwrap();
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
    mistake("init of nothing", "init shoes", 3, "shoes", "check the path"),
];
