//! What counts as a part, a class or a picture, and what does not.

use std::fs;

use super::*;

#[test]
fn validation_pictures_are_a_part_by_themselves() {
    let pictures = Pictures::parts(4, 1);
    for class in ["cat", "dog"] {
        (0..2).for_each(|n| pictures.add(&format!("val/{class}/{n}.png"), [n, 9, 9]));
    }
    let dataset = pictures.load();
    assert_eq!((dataset.train.len(), dataset.test.len()), (8, 2));
    assert_eq!(dataset.valid.as_ref().unwrap().labels, [0, 0, 1, 1]);
    assert_eq!(dataset.checksums.keys().collect::<Vec<_>>(), ["test", "train", "valid"]);
    assert_eq!((dataset.warnings, dataset.notes), (Vec::new(), Vec::new()));
    let root = pictures.0.path().display();
    let wanted = format!("{root}: train in train/, valid in val/, test in test/");
    assert_eq!(dataset.layout.unwrap().to_string(), wanted);

    // A test set is cut where there is none, and of the training pictures alone.
    fs::remove_dir_all(pictures.path("test")).unwrap();
    let dataset = pictures.load();
    assert_eq!((dataset.train.len(), dataset.test.len()), (6, 2));
    assert_eq!(dataset.valid.unwrap().len(), 4);

    // Its classes are those of the training part.
    fs::remove_dir_all(pictures.path("val/dog")).unwrap();
    assert!(
        pictures.fault().contains("class folder dog of train/ is missing"),
        "{}",
        pictures.fault()
    );
    fs::create_dir(pictures.path("val/dog")).unwrap();
    let warnings = pictures.load().warnings;
    assert!(warnings[0].contains("class dog has no picture in the valid set"), "{warnings:?}");
    pictures.add("val/dog/0.png", [1; 3]);
    pictures.add("val/fox/0.png", [1; 3]);
    assert!(pictures.fault().contains("train/ has no class folder fox"), "{}", pictures.fault());
}

#[test]
fn a_rare_class_keeps_its_picture_from_the_test_set() {
    let pictures = Pictures::new();
    for n in 0..10 {
        pictures.add(&format!("cat/{n}.png"), [n, 0, 0]);
        pictures.add(&format!("dog/{n}.png"), [n, 1, 0]);
    }
    pictures.add("rare/0.png", [1; 3]);
    for fraction in [0.05, 0.2, 0.5, 0.8] {
        let config = ImageFolderConfig { test_fraction: fraction, ..pictures.config() };
        let dataset = load(&config, Labels::Needed).unwrap();
        assert_eq!(dataset.train.labels.last(), Some(&2), "{fraction}");
        assert!(dataset.warnings[0].contains("rare ha"));
    }
}

#[test]
fn a_name_is_one_in_whatever_form_it_is_written() {
    let (composed, split) = ("caf\u{e9}", "cafe\u{301}");
    let named = |train: &str, test: &str| {
        let pictures = Pictures::parts(2, 1);
        fs::rename(pictures.path("train/cat"), pictures.path("train").join(train)).unwrap();
        fs::rename(pictures.path("test/cat"), pictures.path("test").join(test)).unwrap();
        pictures
    };
    let one = named(composed, composed).load();
    assert_eq!(one.classes, [composed, "dog"]);
    for (train, test) in [(split, composed), (composed, split), (split, split)] {
        let dataset = named(train, test).load();
        assert_eq!(dataset.classes, one.classes);
        assert_eq!((&dataset.train, &dataset.test), (&one.train, &one.test));
        assert_eq!(dataset.checksums, one.checksums);
    }
    let pictures = named(composed, composed);
    pictures.add(&format!("train/{split}/0.png"), [1; 3]);
    let fault = pictures.fault();
    assert!(fault.contains(composed) && fault.contains("\"cafe\\u{301}\""), "{fault}");
}

#[test]
fn names_that_differ_in_case_are_pointed_out() {
    let pictures = Pictures::parts(2, 1);
    pictures.add("train/Cat/0.png", [1; 3]);
    pictures.add("test/Cat/0.png", [1; 3]);
    let warnings = pictures.load().warnings;
    assert!(warnings[0].contains("the classes Cat and cat differ in case alone"), "{warnings:?}");
    fs::remove_dir_all(pictures.path("train/Cat")).unwrap();
    fs::remove_dir_all(pictures.path("test/cat")).unwrap();
    assert!(pictures.fault().contains("no class folder Cat (it has cat)"), "{}", pictures.fault());
}

#[test]
fn what_is_no_data_is_left_out() {
    let pictures = Pictures::parts(2, 1);
    let before = pictures.load();
    pictures.write("train/cat/Thumbs.db", b"");
    pictures.write("train/dog/desktop.ini", b"");
    pictures.add("train/__MACOSX/cat/0.png", [1; 3]);
    pictures.write("train/labels.xlsx", b"");
    let dataset = pictures.load();
    assert_eq!((&dataset.train, dataset.warnings), (&before.train, Vec::new()));
    // A run beside the classes and one within a class.
    for run in ["train/runs/w-001", "train/dog/w-001"] {
        pictures.write(&format!("{run}/config.toml"), b"");
        pictures.write(&format!("{run}/run.json"), b"");
        pictures.add(&format!("{run}/samples/0.png"), [1; 3]);
    }
    let dataset = pictures.load();
    assert_eq!((&dataset.train, &dataset.checksums), (&before.train, &before.checksums));
    assert!(
        dataset.notes[0].contains("and 1 more: left out, written by Hearth"),
        "{:?}",
        dataset.notes
    );
    assert!(crate::images::check::check_folder(pictures.0.path()).unwrap().faults.is_empty());
}

#[test]
fn pictures_alone_are_enough_where_labels_are_unused() {
    let pictures = Pictures::new();
    (0..10).for_each(|n| pictures.add(&format!("cats/{n}.png"), [n, 0, 0]));
    let load = |path: &str| {
        let path = pictures.path(path).to_str().unwrap().to_owned();
        crate::images::folder::load(
            &ImageFolderConfig { path, ..pictures.config() },
            Labels::Unused,
        )
    };
    // One class folder, a folder of pictures, and parts of pictures.
    let one = load("").unwrap();
    assert_eq!((one.classes, one.train.len(), one.test.len()), (vec!["cats".to_owned()], 7, 3));
    pictures.write("cats/README", b"cats");
    let flat = load("cats").unwrap();
    assert_eq!((flat.classes, &flat.train), (vec!["cats".to_owned()], &one.train));
    assert_eq!((flat.warnings, flat.notes), (Vec::new(), Vec::new()));
    fs::rename(pictures.path("cats"), pictures.path("train")).unwrap();
    pictures.add("test/0.png", [1; 3]);
    let parts = load("").unwrap();
    assert_eq!((parts.classes.len(), parts.train.len(), parts.test.len()), (1, 10, 1));
    assert!(
        pictures.fault().contains("hold pictures and no class folders"),
        "{}",
        pictures.fault()
    );
    // A class without pictures matters to nobody here.
    fs::remove_dir_all(pictures.path("test")).unwrap();
    fs::rename(pictures.path("train"), pictures.path("cats")).unwrap();
    fs::create_dir(pictures.path("empty")).unwrap();
    let empty = load("").unwrap();
    assert_eq!((empty.classes.len(), empty.train.len()), (2, 8));
    // Which of them are meant?
    fs::remove_dir_all(pictures.path("empty")).unwrap();
    pictures.add("thumbnails/0.png", [1; 3]);
    fs::rename(pictures.path("thumbnails"), pictures.path("cats/thumbnails")).unwrap();
    let message = load("cats").unwrap_err().to_string();
    assert!(message.contains("10 pictures and one folder, thumbnails"), "{message}");
}

#[test]
fn parts_need_no_equal_classes_where_labels_are_unused() {
    let pictures = Pictures::parts(2, 1);
    pictures.add("test/ant/0.png", [1; 3]);
    fs::remove_dir_all(pictures.path("test/cat")).unwrap();
    let dataset = crate::images::folder::load(&pictures.config(), Labels::Unused).unwrap();
    assert_eq!(dataset.classes, ["ant", "cat", "dog"]);
    assert_eq!(
        (&dataset.train.labels[..], &dataset.test.labels[..]),
        (&[1, 1, 2, 2][..], &[0, 2][..])
    );
    assert!(pictures.fault().contains("train/ has no class folder ant"), "{}", pictures.fault());
}

#[test]
fn the_folder_of_the_classes_is_found_in_a_message() {
    let pictures = Pictures::new();
    for class in ["boot", "sandal"] {
        pictures.add(&format!("shoes/{class}/0.png"), [1; 3]);
    }
    let wanted = format!("data.path = \"{}\" reads them", pictures.path("shoes").display());
    assert!(pictures.fault().contains(&wanted), "{}", pictures.fault());
}
