use std::fs;
use std::path::PathBuf;

use hearth_config::Color;
use image::{Rgb, RgbImage};

use super::*;

#[cfg(unix)]
mod links;
mod readings;

/// A temporary folder that a test fills with images.
pub(crate) struct TempImages(pub tempfile::TempDir);

impl TempImages {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with `train` training and `test` test images of each of two classes.
    pub(crate) fn parts(train: u8, test: u8) -> Self {
        let images = Self::new();
        for (part, count) in [("train", train), ("test", test)] {
            for (class, red) in [("cat", 0), ("dog", 100)] {
                (0..count).for_each(|n| {
                    images.add(&format!("{part}/{class}/{n}.png"), [red, n, part.len() as u8]);
                });
            }
        }
        images
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn add(&self, name: &str, color: [u8; 3]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_pixel(3, 3, Rgb(color)).save(path).unwrap();
    }

    fn config(&self) -> ImageFolderConfig {
        ImageFolderConfig {
            path: self.0.path().to_str().unwrap().to_owned(),
            size: 2,
            color: Color::Rgb,
            test_fraction: 0.25,
            on_broken: OnBroken::Skip,
        }
    }

    fn load(&self) -> Dataset {
        load(&self.config(), Labels::Needed).unwrap_or_else(|error| panic!("{error}"))
    }

    fn fault(&self) -> String {
        load(&self.config(), Labels::Needed).unwrap_err().to_string()
    }
}

#[test]
fn train_and_test_are_read_in_the_order_of_their_names() {
    let images = TempImages::parts(2, 1);
    images.add("train/cat/deep/er/7.bmp", [1, 2, 3]);
    images.add("train/Zebra/z.png", [9, 9, 9]);
    images.add("test/Zebra/z.png", [8, 8, 8]);
    images.write("train/.hidden/x.png", b"");
    images.write("train/cat/.DS_Store", b"");
    images.write("train/cat/.git/x.png", b"");
    let Dataset { name, classes, train, test, checksums, warnings, .. } = images.load();
    assert_eq!((name.as_str(), warnings), ("image-folder", Vec::new()));
    // Upper case comes first in byte order.
    assert_eq!(classes, ["Zebra", "cat", "dog"]);
    assert_eq!(train.shape, ImageShape { channels: 3, height: 2, width: 2 });
    assert_eq!(train.labels, [0, 1, 1, 1, 2, 2]);
    assert_eq!(test.labels, [0, 1, 2]);
    assert_eq!(train.image(3), [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    assert_eq!(train.image(5)[..5], [100, 100, 100, 100, 1]);
    assert_eq!(checksums.keys().collect::<Vec<_>>(), ["test", "train"]);
}

#[test]
fn checksums_tell_names_and_contents() {
    let sums = |images: &TempImages| images.load().checksums;
    let images = TempImages::parts(2, 1);
    let before = sums(&images);
    assert_eq!(before, sums(&TempImages::parts(2, 1)), "wherever the folder is");
    images.add("train/cat/0.png", [0, 0, 6]);
    let changed = sums(&images);
    assert_ne!(before["train"], changed["train"]);
    assert_eq!(before["test"], changed["test"]);
    fs::rename(images.path("test/cat/0.png"), images.path("test/cat/1.png")).unwrap();
    assert_ne!(before["test"], sums(&images)["test"]);
}

#[test]
fn one_folder_is_split_by_class() {
    for prefix in ["", "train/"] {
        let images = TempImages::new();
        for n in 0..40 {
            images.add(&format!("{prefix}cat/{n}.png"), [n, 0, 0]);
            images.add(&format!("{prefix}dog/{}.png", n % 20), [n % 20, 1, 0]);
        }
        let dataset = images.load();
        let count = |examples: &Examples, class| {
            examples.labels.iter().filter(|&&label| label == class).count()
        };
        assert_eq!((count(&dataset.train, 0), count(&dataset.test, 0)), (30, 10));
        assert_eq!((count(&dataset.train, 1), count(&dataset.test, 1)), (15, 5));
        let mut seen: Vec<_> =
            (dataset.train.pixels.chunks(12)).chain(dataset.test.pixels.chunks(12)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 60, "no image is in both");
        assert_eq!(images.load().test, dataset.test);
    }
}

#[test]
fn a_fraction_that_leaves_nothing_is_a_fault() {
    let images = TempImages::new();
    images.add("cat/0.png", [0; 3]);
    images.add("dog/0.png", [0; 3]);
    for fraction in [0.0, 0.1, 1.0, f64::NAN] {
        let config = ImageFolderConfig { test_fraction: fraction, ..images.config() };
        let message = load(&config, Labels::Needed).unwrap_err().to_string();
        assert!(message.contains("data.test_fraction"), "{message}");
    }
}

#[test]
fn broken_images_are_named_and_left_out_or_fatal() {
    let images = TempImages::parts(3, 1);
    let before = images.load();
    images.write("train/cat/1a.png", b"no image");
    images.write("train/dog/readme.txt", b"no image");
    images.write("train/loose.png", b"no image");
    let dataset = images.load();
    assert_eq!((&dataset.train, &dataset.checksums), (&before.train, &before.checksums));
    for (warning, name) in dataset.warnings.iter().zip(["loose.png", "1a.png", "readme.txt"]) {
        assert!(warning.contains(name) && warning.contains("left out"), "{warning}");
    }
    assert_eq!(dataset.warnings.len(), 3);
    let strict = ImageFolderConfig { on_broken: OnBroken::Fail, ..images.config() };
    let message = load(&strict, Labels::Needed).unwrap_err().to_string();
    assert!(message.contains("1a.png cannot be read as an image"), "{message}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let images = TempImages::parts(20, 5);
    images.write("train/cat/5a.png", b"");
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let Dataset { train, test, checksums, warnings, .. } = pool.install(|| images.load());
        (train, test, checksums, warnings)
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn classes_that_do_not_fit_are_named() {
    let images = TempImages::parts(1, 1);
    images.add("test/fox/0.png", [0; 3]);
    assert!(images.fault().contains("train/ has no class folder fox"), "{}", images.fault());
    fs::rename(images.path("test/fox"), images.path("train/fox")).unwrap();
    assert!(images.fault().contains("class folder fox of train/ is missing"), "{}", images.fault());
    fs::create_dir(images.path("test/fox")).unwrap();
    let warnings = images.load().warnings;
    assert!(warnings[0].contains("class fox has no image in the test set"), "{warnings:?}");
    fs::write(images.path("train/fox/0.png"), "").unwrap();
    let wanted = "class fox has no image to train on (1 of its files cannot be read); add";
    assert!(images.fault().contains(wanted), "{}", images.fault());
}

#[test]
fn a_folder_without_enough_in_it_is_a_fault() {
    let nowhere = ImageFolderConfig { path: "/no/such".to_owned(), ..TempImages::new().config() };
    let message = load(&nowhere, Labels::Needed).unwrap_err();
    assert!(message.to_string().contains("/no/such cannot be read"), "{message}");
    assert!(TempImages::new().fault().contains("it is empty"));
    let images = TempImages::new();
    images.add("train/cat/0.png", [0; 3]);
    images.add("test/cat/0.png", [0; 3]);
    assert!(images.fault().contains("two or more"), "{}", images.fault());
    let images = TempImages::new();
    images.add("test/cat/0.png", [0; 3]);
    assert!(images.fault().contains("no train/"), "{}", images.fault());
    let images = TempImages::parts(1, 0);
    fs::create_dir_all(images.path("test/cat")).unwrap();
    fs::create_dir_all(images.path("test/dog")).unwrap();
    assert!(images.fault().contains("no image is left for the test set"), "{}", images.fault());
}

#[test]
fn few_of_many_broken_images_are_named() {
    let images = TempImages::parts(3, 1);
    (0..30).for_each(|n| images.write(&format!("train/cat/broken-{n:02}.png"), b"no image"));
    let warnings = images.load().warnings;
    assert_eq!(warnings.len(), MOST_NAMED + 1);
    assert!(warnings[0].contains("broken-00.png"), "{}", warnings[0]);
    assert!(warnings[MOST_NAMED].contains("train: 10 more files"), "{}", warnings[MOST_NAMED]);
}

#[test]
fn images_without_classes_are_faults_with_a_remedy() {
    let images = TempImages::new();
    (0..9).for_each(|n| images.add(&format!("{n}.png"), [n; 3]));
    let wanted = "it has 9 files and no folders";
    assert!(images.fault().contains(wanted), "{}", images.fault());
    (0..9).for_each(|n| images.add(&format!("cat/{n}.png"), [n; 3]));
    let wanted = "it has one class folder, cat, and 9 files beside it;";
    assert!(images.fault().contains(wanted), "{}", images.fault());
}

#[test]
fn a_hundred_thousand_images_in_a_thousand_classes() {
    let (sources, images) = (TempImages::new(), TempImages::new());
    (0..100).for_each(|n| sources.add(&format!("{n}.png"), [n, 1, 2]));
    for class in 0..1000 {
        let folder = images.path(&format!("{class:03}"));
        fs::create_dir(&folder).unwrap();
        for n in 0..100 {
            let name = format!("{n}.png");
            fs::hard_link(sources.path(&name), folder.join(name)).unwrap();
        }
    }
    let dataset = images.load();
    assert_eq!((dataset.train.len(), dataset.test.len()), (75_000, 25_000));
    assert_eq!((dataset.classes.len(), dataset.warnings.len()), (1000, 0));
    for (examples, share) in [(&dataset.train, 75), (&dataset.test, 25)] {
        let of = |index: usize| usize::from(examples.labels[index]);
        assert!((0..examples.len()).all(|index| of(index) == index / share));
    }
    let report = crate::images::folder::check_folder(images.0.path()).unwrap();
    assert_eq!(
        (report.classes.len(), report.duplicates.len(), report.faults.len()),
        (1000, 100, 0)
    );
}
