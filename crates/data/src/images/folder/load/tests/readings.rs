//! Recognition of splits, classes and images.

use std::fs;

use super::*;

#[test]
fn validation_images_are_a_part_by_themselves() {
    let images = TempImages::parts(4, 1);
    for class in ["cat", "dog"] {
        (0..2).for_each(|n| images.add(&format!("val/{class}/{n}.png"), [n, 9, 9]));
    }
    let dataset = images.load();
    assert_eq!((dataset.train.len(), dataset.test.len()), (8, 2));
    assert_eq!(dataset.valid.as_ref().unwrap().labels, [0, 0, 1, 1]);
    assert_eq!(dataset.checksums.keys().collect::<Vec<_>>(), ["test", "train", "valid"]);
    assert_eq!((dataset.warnings, dataset.notes), (Vec::new(), Vec::new()));
    let root = images.0.path().display();
    let wanted = format!("{root}: train in train/, valid in val/, test in test/");
    assert_eq!(dataset.layout.unwrap().to_string(), wanted);

    // A missing test set is drawn from the training images alone.
    fs::remove_dir_all(images.path("test")).unwrap();
    let dataset = images.load();
    assert_eq!((dataset.train.len(), dataset.test.len()), (6, 2));
    assert_eq!(dataset.valid.unwrap().len(), 4);

    // Its classes must be those of the training split.
    fs::remove_dir_all(images.path("val/dog")).unwrap();
    assert!(images.fault().contains("class folder dog of train/ is missing"), "{}", images.fault());
    fs::create_dir(images.path("val/dog")).unwrap();
    let warnings = images.load().warnings;
    assert!(warnings[0].contains("class dog has no image in the valid set"), "{warnings:?}");
    images.add("val/dog/0.png", [1; 3]);
    images.add("val/fox/0.png", [1; 3]);
    assert!(images.fault().contains("train/ has no class folder fox"), "{}", images.fault());
}

#[test]
fn a_rare_class_keeps_its_image_from_the_test_set() {
    let images = TempImages::new();
    for n in 0..10 {
        images.add(&format!("cat/{n}.png"), [n, 0, 0]);
        images.add(&format!("dog/{n}.png"), [n, 1, 0]);
    }
    images.add("rare/0.png", [1; 3]);
    for fraction in [0.05, 0.2, 0.5, 0.8] {
        let config = ImageFolderConfig { test_fraction: fraction, ..images.config() };
        let dataset = load(&config, Labels::Needed).unwrap();
        assert_eq!(dataset.train.labels.last(), Some(&2), "{fraction}");
        assert!(dataset.warnings[0].contains("rare ha"));
    }
}

#[test]
fn names_are_equal_in_every_unicode_form() {
    let (composed, split) = ("caf\u{e9}", "cafe\u{301}");
    let named = |train: &str, test: &str| {
        let images = TempImages::parts(2, 1);
        fs::rename(images.path("train/cat"), images.path("train").join(train)).unwrap();
        fs::rename(images.path("test/cat"), images.path("test").join(test)).unwrap();
        images
    };
    let one = named(composed, composed).load();
    assert_eq!(one.classes, [composed, "dog"]);
    for (train, test) in [(split, composed), (composed, split), (split, split)] {
        let dataset = named(train, test).load();
        assert_eq!(dataset.classes, one.classes);
        assert_eq!((&dataset.train, &dataset.test), (&one.train, &one.test));
        assert_eq!(dataset.checksums, one.checksums);
    }
    let images = named(composed, composed);
    images.add(&format!("train/{split}/0.png"), [1; 3]);
    let fault = images.fault();
    assert!(fault.contains(composed) && fault.contains("\"cafe\\u{301}\""), "{fault}");
}

#[test]
fn names_that_differ_in_case_are_pointed_out() {
    let images = TempImages::parts(2, 1);
    images.add("train/Cat/0.png", [1; 3]);
    images.add("test/Cat/0.png", [1; 3]);
    let warnings = images.load().warnings;
    assert!(warnings[0].contains("the classes Cat and cat differ in case alone"), "{warnings:?}");
    fs::remove_dir_all(images.path("train/Cat")).unwrap();
    fs::remove_dir_all(images.path("test/cat")).unwrap();
    assert!(images.fault().contains("no class folder Cat (it has cat)"), "{}", images.fault());
}

#[test]
fn other_files_and_runs_are_skipped() {
    let images = TempImages::parts(2, 1);
    let before = images.load();
    images.write("train/cat/Thumbs.db", b"");
    images.write("train/dog/desktop.ini", b"");
    images.add("train/__MACOSX/cat/0.png", [1; 3]);
    images.write("train/labels.xlsx", b"");
    let dataset = images.load();
    assert_eq!((&dataset.train, dataset.warnings), (&before.train, Vec::new()));
    // A run beside the classes and one within a class.
    for run in ["train/runs/w-001", "train/dog/w-001"] {
        images.write(&format!("{run}/config.toml"), b"");
        images.write(&format!("{run}/run.json"), b"");
        images.add(&format!("{run}/samples/0.png"), [1; 3]);
    }
    let dataset = images.load();
    assert_eq!((&dataset.train, &dataset.checksums), (&before.train, &before.checksums));
    assert!(
        dataset.notes[0].contains("and 1 more: left out, written by Hearth"),
        "{:?}",
        dataset.notes
    );
    assert!(crate::images::folder::check_folder(images.0.path()).unwrap().faults.is_empty());
}

#[test]
fn images_alone_are_enough_where_labels_are_unused() {
    let images = TempImages::new();
    (0..10).for_each(|n| images.add(&format!("cats/{n}.png"), [n, 0, 0]));
    let load = |path: &str| {
        let path = images.path(path).to_str().unwrap().to_owned();
        crate::images::folder::load::load(
            &ImageFolderConfig { path, ..images.config() },
            Labels::Unused,
        )
    };
    // One class folder, a folder of images, and parts of images.
    let one = load("").unwrap();
    assert_eq!((one.classes, one.train.len(), one.test.len()), (vec!["cats".to_owned()], 7, 3));
    images.write("cats/README", b"cats");
    let flat = load("cats").unwrap();
    assert_eq!((flat.classes, &flat.train), (vec!["cats".to_owned()], &one.train));
    assert_eq!((flat.warnings, flat.notes), (Vec::new(), Vec::new()));
    fs::rename(images.path("cats"), images.path("train")).unwrap();
    images.add("test/0.png", [1; 3]);
    let parts = load("").unwrap();
    assert_eq!((parts.classes.len(), parts.train.len(), parts.test.len()), (1, 10, 1));
    assert!(images.fault().contains("hold images and no class folders"), "{}", images.fault());
    // A class without images is no fault for a task without labels.
    fs::remove_dir_all(images.path("test")).unwrap();
    fs::rename(images.path("train"), images.path("cats")).unwrap();
    fs::create_dir(images.path("empty")).unwrap();
    let empty = load("").unwrap();
    assert_eq!((empty.classes.len(), empty.train.len()), (2, 8));
    // Images beside a folder of images are ambiguous.
    fs::remove_dir_all(images.path("empty")).unwrap();
    images.add("thumbnails/0.png", [1; 3]);
    fs::rename(images.path("thumbnails"), images.path("cats/thumbnails")).unwrap();
    let message = load("cats").unwrap_err().to_string();
    assert!(message.contains("10 images and one folder, thumbnails"), "{message}");
}

#[test]
fn parts_need_no_equal_classes_where_labels_are_unused() {
    let images = TempImages::parts(2, 1);
    images.add("test/ant/0.png", [1; 3]);
    fs::remove_dir_all(images.path("test/cat")).unwrap();
    let dataset = crate::images::folder::load::load(&images.config(), Labels::Unused).unwrap();
    assert_eq!(dataset.classes, ["ant", "cat", "dog"]);
    assert_eq!(
        (&dataset.train.labels[..], &dataset.test.labels[..]),
        (&[1, 1, 2, 2][..], &[0, 2][..])
    );
    assert!(images.fault().contains("train/ has no class folder ant"), "{}", images.fault());
}

#[test]
fn the_folder_of_the_classes_is_found_in_a_message() {
    let images = TempImages::new();
    for class in ["boot", "sandal"] {
        images.add(&format!("shoes/{class}/0.png"), [1; 3]);
    }
    let wanted = format!("data.path = \"{}\" reads them", images.path("shoes").display());
    assert!(images.fault().contains(&wanted), "{}", images.fault());
}
