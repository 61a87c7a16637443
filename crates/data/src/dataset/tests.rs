use std::fs;

use hearth_config::NoOptions;

use super::*;
use crate::digest::sha256;

struct Folder(tempfile::TempDir);

impl Folder {
    /// Three pictures to train on and two to test, grey, 2x2.
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
        let path = |name| self.0.path().join(name).to_str().unwrap().to_owned();
        let config = IdxConfig {
            train_images: path("train-images"),
            train_labels: path("train-labels"),
            test_images: path("test-images"),
            test_labels: path("test-labels"),
            classes: classes.map(|classes| classes.iter().map(|&class| class.to_owned()).collect()),
        };
        load(&DataSource::Idx(config), Path::new(""), &mut |_| ())
            .map_err(|error| error.to_string())
    }
}

#[test]
fn four_files_make_a_dataset() {
    let folder = Folder::new();
    let dataset = folder.load(None).unwrap();
    assert_eq!(dataset.name, "idx");
    assert_eq!(dataset.classes, ["0", "1", "2"]);
    assert_eq!(dataset.train.shape, PictureShape { channels: 1, height: 2, width: 2 });
    assert_eq!(dataset.train.labels, [0, 2, 1]);
    assert_eq!(dataset.train.picture(2), [8, 9, 10, 11]);
    assert_eq!(dataset.test.pixels, [7; 8]);
    let path = folder.0.path().join("train-labels").to_str().unwrap().to_owned();
    assert_eq!(dataset.checksums[&path], sha256([&fs::read(&path).unwrap()[..]]));
    assert_eq!(dataset.checksums.len(), 4);
    assert_eq!(folder.load(Some(&["a", "b", "c"])).unwrap().classes, ["a", "b", "c"]);
}

#[test]
fn pictures_may_have_channels() {
    let folder = Folder::new();
    folder.write("train-images", &[3, 2, 1, 2], &(0..12).collect::<Vec<_>>());
    folder.write("test-images", &[2, 2, 1, 2], &[7; 8]);
    let shape = folder.load(None).unwrap().train.shape;
    assert_eq!(shape, PictureShape { channels: 2, height: 1, width: 2 });
}

#[test]
fn what_does_not_fit_together_is_named() {
    let check = |name: &str, dims: &[usize], values: &[u8], fault: &str| {
        let folder = Folder::new();
        folder.write(name, dims, values);
        let message = folder.load(None).unwrap_err();
        assert!(
            message.contains(name) && message.contains(fault),
            "{message}\nshould say: {fault}"
        );
    };
    check("train-labels", &[2], &[0, 1], "2 labels for the 3 pictures");
    check("train-images", &[3], &[0, 1, 2], "not pictures");
    check("test-labels", &[2, 1, 1], &[0, 1], "not labels");
    check("test-labels", &[2], &[0, 3], "label number 1 is 3, but there are 3 classes");
    check("test-images", &[2, 1, 4], &[7; 8], "are 1x1x4, those to train on 1x2x2");
    let message = Folder::new().load(Some(&["a", "b"])).unwrap_err();
    assert!(
        message.contains("train-labels") && message.contains("there are 2 classes"),
        "{message}"
    );
    let folder = Folder::new();
    fs::remove_file(folder.0.path().join("test-labels")).unwrap();
    assert!(folder.load(None).unwrap_err().contains("test-labels cannot be read"));
}

#[test]
fn the_small_set_is_loaded_whole_and_balanced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let source = DataSource::FashionMnistMini(NoOptions {});
    let dataset = load(&source, &root, &mut |text| panic!("nothing to fetch: {text}")).unwrap();
    assert_eq!((dataset.train.len(), dataset.test.len()), (2000, 1000));
    assert_eq!(dataset.train.shape, PictureShape { channels: 1, height: 28, width: 28 });
    for class in 0..10 {
        let count = |labels: &[u16]| labels.iter().filter(|&&label| label == class).count();
        assert_eq!((count(&dataset.train.labels), count(&dataset.test.labels)), (200, 100));
    }
    assert_eq!(dataset.classes[9], "Ankle boot");
    let verified = catalog::verify("fashion-mnist-mini", &root).unwrap();
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
    let mut values = labels.values;
    let first = values.iter().position(|&label| label != values[0]).unwrap();
    values.swap(0, first);
    fs::write(folder.join("t10k-labels-idx1-ubyte"), idx::encode(&labels.dims, &values)).unwrap();
    let source = DataSource::FashionMnistMini(NoOptions {});
    let message = load(&source, root.path(), &mut |text| panic!("{text}")).unwrap_err().to_string();
    assert!(message.contains("t10k-labels-idx1-ubyte is damaged: its SHA-256 is"), "{message}");
    assert!(message.contains("hearth data fetch fashion-mnist-mini"), "{message}");
}
