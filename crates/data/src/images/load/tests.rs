use std::fs;

use hearth_config::CatalogConfig;

use super::*;
use crate::digest::sha256;
use crate::samples::Source as _;

struct IdxFolder(tempfile::TempDir);

impl IdxFolder {
    /// Three training and two test images, grey, 2x2.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("train-images", &[3, 2, 2], &(0..12).collect::<Vec<_>>());
        folder.write("train-labels", &[3], &[0, 2, 1]);
        folder.write("test-images", &[2, 2, 2], &[7; 8]);
        folder.write("test-labels", &[2], &[1, 0]);
        folder
    }

    fn write(&self, name: &str, dims: &[usize], values: &[u8]) {
        fs::write(self.0.path().join(name), idx::encode(dims, values)).unwrap();
    }

    fn load(&self, classes: Option<&[&str]>) -> Result<Dataset, String> {
        self.load_for(Labels::Needed, classes)
    }

    fn load_for(&self, labels: Labels, classes: Option<&[&str]>) -> Result<Dataset, String> {
        let path = |name| self.0.path().join(name).to_str().unwrap().to_owned();
        let config = IdxConfig {
            train_images: path("train-images"),
            train_labels: path("train-labels"),
            test_images: path("test-images"),
            test_labels: path("test-labels"),
            classes: classes.map(|classes| classes.iter().map(|&class| class.to_owned()).collect()),
        };
        load(&DataSource::Idx(config), labels, Path::new(""), &mut |_| ())
            .map_err(|error| error.to_string())
    }
}

#[test]
fn four_files_make_a_dataset() {
    let folder = IdxFolder::new();
    let dataset = folder.load(None).unwrap();
    assert_eq!(dataset.name, "idx");
    assert_eq!(dataset.classes, ["0", "1", "2"]);
    assert_eq!(dataset.train.shape, ImageShape { channels: 1, height: 2, width: 2 });
    assert_eq!(dataset.train.labels, [0, 2, 1]);
    assert_eq!(dataset.train.image(2), [8, 9, 10, 11]);
    assert_eq!(dataset.test.pixels, [7; 8]);
    let bytes = fs::read(folder.0.path().join("train-labels")).unwrap();
    assert_eq!(dataset.checksums["train-labels"], sha256([&bytes[..]]), "data may move");
    assert_eq!(dataset.checksums.len(), 4);
    assert_eq!(folder.load(Some(&["a", "b", "c"])).unwrap().classes, ["a", "b", "c"]);
}

#[test]
fn images_may_have_channels() {
    let folder = IdxFolder::new();
    folder.write("train-images", &[3, 3, 2, 2], &(0..36).collect::<Vec<_>>());
    folder.write("test-images", &[2, 3, 2, 2], &[7; 24]);
    let dataset = folder.load(None).unwrap();
    assert_eq!(dataset.train.shape, ImageShape { channels: 3, height: 2, width: 2 });
    assert_eq!(dataset.train.image(1)[..4], [12, 13, 14, 15]);
    assert!(dataset.notes.is_empty(), "{:?}", dataset.notes);
}

#[test]
fn channels_last_are_moved_with_one_note() {
    let folder = IdxFolder::new();
    let pixels: Vec<u8> = (0..36).collect();
    folder.write("train-images", &[3, 2, 2, 3], &pixels);
    folder.write("test-images", &[2, 2, 2, 3], &[7; 24]);
    let dataset = folder.load(None).unwrap();
    let shape = ImageShape { channels: 3, height: 2, width: 2 };
    assert_eq!(dataset.train.shape, shape);
    assert_eq!(dataset.train.image(0), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    let [note] = &dataset.notes[..] else { panic!("{:?}", dataset.notes) };
    assert!(note.contains("train-images: 2x2x3 was read as images of 2x2"), "{note}");
    // The same images with channels first are the same dataset.
    folder.write("test-images", &[2, 3, 2, 2], &[7; 24]);
    assert_eq!(folder.load(None).unwrap().test.shape, shape);
    // An ambiguous layout is not guessed.
    folder.write("train-images", &[3, 3, 2, 3], &[0; 54]);
    let message = folder.load(None).unwrap_err();
    assert!(
        message.contains("are 2x3 with 3 channels first or 3x2 with 3 channels last"),
        "{message}"
    );
    folder.write("train-images", &[3, 2, 2, 2], &[0; 24]);
    let message = folder.load(None).unwrap_err();
    assert!(message.contains("neither 1 nor 3 channels"), "{message}");
}

#[test]
fn whole_numbers_of_any_type_are_read() {
    let folder = IdxFolder::new();
    let plain = folder.load(None).unwrap();
    let wide = |code: u8, dims: &[usize], values: &[i32]| {
        let mut bytes = idx::encode(&[values.len()], &vec![0; values.len()])[..2].to_vec();
        bytes.extend([code, dims.len() as u8]);
        for dim in dims {
            bytes.extend((*dim as u32).to_be_bytes());
        }
        for value in values {
            let value = value.to_be_bytes();
            bytes.extend(&value[if code == 0x0b { 2 } else { 0 }..]);
        }
        bytes
    };
    let write = |name: &str, bytes: &[u8]| fs::write(folder.0.path().join(name), bytes).unwrap();
    for code in [0x0b, 0x0c] {
        let labels = wide(code, &[3], &[0, 2, 1]);
        write("train-labels", &labels);
        write("train-images", &wide(code, &[3, 2, 2], &(0..12).collect::<Vec<_>>()));
        let dataset = folder.load(None).unwrap();
        assert_eq!(dataset.train, plain.train);
        let found = &dataset.checksums["train-labels"];
        assert_eq!(*found, sha256([&labels[..]]), "of the file as it is");
    }
    for (name, bytes, fault) in [
        ("train-labels", wide(0x0c, &[3], &[0, -1, 1]), "value number 1 is -1"),
        ("train-labels", wide(0x0c, &[3], &[0, 65_536, 1]), "value number 1 is 65536"),
        ("train-labels", wide(0x0c, &[3], &[0, 1 << 24, 2 << 24]), "lowest byte first"),
        ("train-labels", wide(0x0b, &[3], &[0, 1 << 8, 2 << 8]), "lowest byte first"),
        ("train-labels", wide(0x0c, &[3, 2], &[1, 0, 0, 1, 1, 0]), "one-hot"),
        ("train-labels", wide(0x0c, &[3, 1], &[0, 1, 2]), "y.ravel()"),
        ("train-labels", wide(0x0c, &[3, 2], &[0, 1, 2, 2, 0, 1]), "labels have one dimension"),
        (
            "train-images",
            wide(0x0b, &[3, 2, 2], &[300; 12]),
            "value number 0 is 300; pixels are bytes",
        ),
        ("train-images", wide(0x0c, &[3, 4], &[0; 12]), "3 rows of 4 values"),
    ] {
        let folder = IdxFolder::new();
        fs::write(folder.0.path().join(name), bytes).unwrap();
        let message = folder.load(None).unwrap_err();
        assert!(
            message.contains(name) && message.contains(fault),
            "{message}\nshould say: {fault}"
        );
        assert!(!message.contains("damaged"), "{message}");
    }
}

#[test]
fn files_that_do_not_match_are_named() {
    let check = |name: &str, dims: &[usize], values: &[u8], fault: &str| {
        let folder = IdxFolder::new();
        folder.write(name, dims, values);
        let message = folder.load(None).unwrap_err();
        assert!(
            message.contains(name) && message.contains(fault),
            "{message}\nshould say: {fault}"
        );
    };
    check("train-labels", &[2], &[0, 1], "2 labels for the 3 images");
    check("train-images", &[3], &[0, 1, 2], "not images");
    check("test-labels", &[2, 1, 1], &[0, 1], "not labels");
    check("test-labels", &[2], &[0, 3], "label number 1 is 3, but there are 3 classes");
    check("test-images", &[2, 1, 4], &[7; 8], "are 1x1x4, those to train on 1x2x2");
    let message = IdxFolder::new().load(Some(&["a", "b"])).unwrap_err();
    assert!(
        message.contains("train-labels") && message.contains("there are 2 classes"),
        "{message}"
    );
    let folder = IdxFolder::new();
    fs::remove_file(folder.0.path().join("test-labels")).unwrap();
    assert!(folder.load(None).unwrap_err().contains("test-labels cannot be read"));
}

/// Loads images with these labels.
fn labelled(train: &[u8], test: &[u8], classes: Option<&[&str]>) -> Result<Dataset, String> {
    let folder = IdxFolder::new();
    for (name, labels) in [("train", train), ("test", test)] {
        folder.write(&format!("{name}-images"), &[labels.len(), 1, 1], &vec![0; labels.len()]);
        folder.write(&format!("{name}-labels"), &[labels.len()], labels);
    }
    folder.load(classes)
}

#[test]
fn labels_follow_the_rules_of_class_folders() {
    let fault = |train: &[u8], classes: Option<&[&str]>, wanted: &str| {
        // Faults of test labels are reported after those of training labels.
        let message = labelled(train, &[99], classes).unwrap_err();
        assert!(message.contains("train-labels") && message.contains(wanted), "{message}");
    };
    fault(
        &[1, 2, 3, 1],
        None,
        "its labels are 1 to 3, and none is 0: they seem to be counted from 1",
    );
    fault(&[1, 2, 3, 1], Some(&["a", "b", "c"]), "they seem to be counted from 1");
    fault(&[3, 3, 3], None, "all its labels are 3; a classifier needs two classes or more");
    fault(&[0, 0], Some(&["a", "b"]), "all its labels are 0");
    fault(&[0, 1, 3], None, "its labels go up to 3, and none is 2");
    fault(&[4, 9, 7], None, "none is 0, 1, 2 and 4 more: these classes");
    fault(&[0, 1], Some(&["a", "b", "c", "d"]), "data.classes names 4 classes: c and d would have");
    fault(&[0, 2], Some(&["a", "b", "c"]), "no label is 1 (b)");
    // The names say that the labels are counted from 0.
    fault(&[1, 2, 3], Some(&["a", "b", "c", "d"]), "no label is 0 (a)");
    fault(&[0, 1], Some(&["caf\u{e9}", "cafe\u{301}"]), "twice");
    let dataset = labelled(&[0, 1, 2], &[0, 2], Some(&["a", "b", "c"])).unwrap();
    assert!(dataset.warnings[0].contains("class b has no image in the test set"));
}

#[test]
fn test_labels_may_be_higher_where_nobody_learns_them() {
    let folder = IdxFolder::new();
    folder.write("test-labels", &[2], &[7, 0]);
    let message = folder.load(None).unwrap_err();
    assert!(message.contains("is 7, but there are 3 classes"), "{message}");
    let dataset = folder.load_for(Labels::Unused, None).unwrap();
    assert_eq!((dataset.classes.len(), &dataset.test.labels[..]), (8, &[7, 0][..]));
}

#[test]
fn the_small_set_is_loaded_whole_and_balanced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let source = DataSource::FashionMnistMini(CatalogConfig {});
    let dataset =
        load(&source, Labels::Needed, &root, &mut |text| panic!("nothing to fetch: {text}"))
            .unwrap();
    assert_eq!((dataset.train.len(), dataset.test.len()), (2000, 1000));
    assert_eq!(dataset.train.shape, ImageShape { channels: 1, height: 28, width: 28 });
    for class in 0..10 {
        let count = |labels: &[u16]| labels.iter().filter(|&&label| label == class).count();
        assert_eq!((count(&dataset.train.labels), count(&dataset.test.labels)), (200, 100));
    }
    assert_eq!(dataset.classes[9], "Ankle boot");
    let verified = crate::catalog::verify("fashion-mnist-mini", &root).unwrap();
    assert_eq!(dataset.checksums, verified.into_iter().collect());
}

#[test]
fn a_damaged_file_of_a_known_set_is_refused_and_not_fetched_anew() {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/fashion-mnist-mini");
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("fashion-mnist-mini");
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(repository).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let labels = idx::read(&folder.join("t10k-labels-idx1-ubyte.gz")).unwrap();
    let mut values = labels.bytes;
    let first = values.iter().position(|&label| label != values[0]).unwrap();
    values.swap(0, first);
    fs::write(folder.join("t10k-labels-idx1-ubyte"), idx::encode(&labels.dims, &values)).unwrap();
    let source = DataSource::FashionMnistMini(CatalogConfig {});
    let message = load(&source, Labels::Needed, root.path(), &mut |text| panic!("{text}"));
    let message = message.unwrap_err().to_string();
    assert!(message.contains("t10k-labels-idx1-ubyte is damaged: its SHA-256 is"), "{message}");
    assert!(message.contains("hearth data fetch fashion-mnist-mini"), "{message}");
}
