use super::*;
use crate::images::folder::load::tests::TempImages;

/// A folder with an image in each of these subfolders.
fn with(images: &[&str]) -> TempImages {
    let folder = TempImages::new();
    for name in images {
        folder.add(&format!("{name}/0.png"), [1; 3]);
    }
    folder
}

/// The folder's layout and notes, or its error; the folder's path is replaced by `here`.
fn said(folder: &TempImages) -> String {
    let root = folder.0.path().display().to_string();
    let text = match FolderLayout::of(folder.0.path()) {
        Ok(layout) => format!("{layout}\n{}", layout.notes.join("\n")),
        Err(error) => error.to_string(),
    };
    text.replace(&root, "here").trim_end().to_owned()
}

fn assert_layout(images: &[&str], wanted: &str) {
    assert_eq!(said(&with(images)), wanted, "{images:?}");
}

/// Asserts that the layout is an error with each of these texts.
fn assert_fault(images: &[&str], wanted: &[&str]) {
    let folder = with(images);
    assert!(FolderLayout::of(folder.0.path()).is_err(), "{images:?}: {}", said(&folder));
    for wanted in wanted {
        assert!(said(&folder).contains(wanted), "{images:?}: {}", said(&folder));
    }
}

#[test]
fn parts_have_many_names() {
    for (part, names) in [
        (
            FolderSplit::Train,
            "train Train TRAIN training Training train_set training-set trainset Train_Images",
        ),
        (FolderSplit::Valid, "val valid Validation dev dev_set VAL validation_data valset"),
        (FolderSplit::Test, "test Testing test_set TestSet test-images testing_data"),
    ] {
        for name in names.split(' ') {
            assert_eq!(FolderSplit::of(Path::new(name)), Some(part), "{name}");
        }
    }
    for name in ["trains", "trainer", "trainee", "vale", "contest", "bus", "eval", "set"] {
        assert_eq!(FolderSplit::of(Path::new(name)), None, "{name}");
    }
}

#[test]
fn parts_are_found_by_any_usual_name() {
    assert_layout(
        &["Training/cat", "Training/dog", "Testing/cat", "Testing/dog"],
        "here: train in Training/, test in Testing/",
    );
    assert_layout(
        &["train/cat", "valid/cat", "TEST/cat"],
        "here: train in train/, valid in valid/, test in TEST/",
    );
    assert_layout(&["train/cat", "val/cat"], "here: train in train/, valid in val/");
    assert_layout(&["train/cat", "train/dog"], "here: train in train/");
    assert_layout(&["cat", "dog"], "here");
    // Files of operating systems, archivers and users beside splits.
    let folder = with(&["train/cat", "test/cat", "__MACOSX/train/cat", ".ipynb_checkpoints/a"]);
    folder.write("README.md", b"of cats");
    folder.write("labels.csv", b"0,cat");
    folder.write("Thumbs.db", b"");
    assert_eq!(said(&folder), "here: train in train/, test in test/");
    folder.write("docs/paper.pdf", b"");
    folder.add("stray.png", [1; 3]);
    assert_eq!(
        said(&folder),
        "here: train in train/, test in test/\n\
         here/docs: left out, without an image in it\n\
         here/stray.png: left out, in no part"
    );
}

#[test]
fn a_class_may_have_the_name_of_a_part() {
    let note = "here\nhere: train/ counts as a class, beside bus/ and truck/";
    assert_layout(&["bus", "train", "truck"], note);
    assert_layout(&["bus", "truck", "train/steam", "train/electric"], note);
    assert_layout(&["bus/a", "truck/b", "train/steam"], note);
    for name in ["test", "val", "dev"] {
        assert!(said(&with(&["bus", name, "truck"])).contains("counts as a class"));
    }
    // A single folder of images is one class.
    assert_layout(&["train"], "here");
}

#[test]
fn ambiguous_layouts_state_both_readings() {
    let both = ["For a part, move", "for a class, move all class folders into a folder train/"];
    assert_fault(&["train/cat", "train/dog", "extra"], &both);
    assert_fault(&["train/cat", "test/cat", "extra"], &both);
    // Two names of splits, one of them with class folders.
    assert_fault(&["train/cat", "train/dog", "test", "extra"], &both);
    assert_fault(&["cat", "dog", "test/cat", "test/dog"], &both);
    assert_fault(&["cat", "dog", "test/cat", "test/dog"], &["into a folder train/; for a class"]);
    assert_fault(&["foo/cat", "foo/dog", "bar/x", "train/cat", "train/dog"], &both);
    for images in [
        &["foo/bag", "foo/shoe", "bar/bag", "bar/shoe"][..],
        &["foo/bag", "bar/bag"],
        &["foo/bag", "foo/shoe", "bar/Bag"],
        &["covid/images", "covid/masks", "normal/images", "normal/masks"],
        // The layout of a published dataset, with unlabelled images beside the splits.
        &[
            "seg_train/seg_train/bag",
            "seg_train/seg_train/shoe",
            "seg_test/seg_test/bag",
            "seg_test/seg_test/shoe",
            "seg_pred/seg_pred",
        ],
        &["foo/bag", "foo/shoe", "bar/bag", "bar/shoe", "new"],
    ] {
        assert_fault(images, &["are they parts, or classes?", "name them train/", "for classes"]);
    }
    // A folder of images within each class folder is no split.
    assert_layout(&["cat/images", "dog/images"], "here");
    assert_layout(&["cat/old", "dog/new"], "here");
    assert_layout(&["cat/old", "dog/old", "fox"], "here");
    // Folders within train/ are classes.
    assert_layout(&["train/foo/bag", "train/bar/bag"], "here: train in train/");
}

#[test]
fn splits_within_classes_are_faults() {
    assert_fault(
        &["cat/train", "cat/test", "dog/train", "dog/test"],
        &["cat/ holds test/ and train/", "lay it out as test/cat/ and train/cat/"],
    );
    assert_fault(&["cat/train", "dog/train"], &["hold folders of the same names (train)"]);
    assert_fault(
        &["docs", "shoes/train/boot", "shoes/test/boot"],
        &["data.path = \"here/shoes\" reads these"],
    );
}

#[test]
fn a_part_has_one_folder() {
    assert_fault(
        &["train/cat", "Training/cat"],
        &["Training/ and train/ both have the name of its train part"],
    );
    assert_fault(&["train/cat", "val/cat", "dev/cat"], &["dev/ and val/ both"]);
    assert_fault(&["test/cat", "val/cat"], &["it has test/ and val/ but no train/"]);
    assert_fault(
        &["train/cat", "train/dog", "test"],
        &["test: it holds images and no class folders"],
    );
}

#[test]
fn folders_that_were_packed_together_are_unpacked() {
    assert_layout(
        &["shoes/train/boot", "shoes/test/boot"],
        "here/shoes: train in train/, test in test/\nhere/shoes: read in place of the folder around it",
    );
    assert_layout(
        &["training_set/training_set/cat", "test_set/test_set/cat"],
        "here: train in training_set/training_set/, test in test_set/test_set/",
    );
    assert_layout(
        &["train/train/cat", "train/val/cat"],
        "here/train: train in train/, valid in val/\nhere/train: read in place of the folder around it",
    );
    // A class with subfolders is one class.
    assert_layout(&["boot/left", "boot/right"], "here");
}

#[test]
fn the_test_set_beside_a_training_folder_is_pointed_out() {
    let folder = with(&["train/cat", "train/dog", "test/cat", "test/dog"]);
    let layout = FolderLayout::of(&folder.path("train")).unwrap();
    assert_eq!((&layout.train, &layout.root), (&folder.path("train"), &layout.train));
    assert!(layout.notes[0].contains("test: not read"), "{:?}", layout.notes);
}

#[test]
fn folders_that_hearth_wrote_are_skipped() {
    let folder = with(&["cat", "dog", "runs/a-001/samples"]);
    folder.write("runs/a-001/config.toml", b"");
    folder.write("runs/a-001/metrics.jsonl", b"");
    let note = "runs: left out, written by Hearth";
    assert_eq!(said(&folder), format!("here\nhere/{note}"));
    let layout = FolderLayout::of(&folder.path("runs")).unwrap_err().to_string();
    assert!(layout.contains("it was written by Hearth"), "{layout}");
    // Beside splits as well.
    std::fs::create_dir_all(folder.path("parts/train")).unwrap();
    for (from, to) in
        [("cat", "parts/train/cat"), ("dog", "parts/train/dog"), ("runs", "parts/runs")]
    {
        std::fs::rename(folder.path(from), folder.path(to)).unwrap();
    }
    let layout = FolderLayout::of(&folder.path("parts")).unwrap();
    assert_eq!(layout.train, folder.path("parts/train"));
    assert!(layout.notes[0].contains("runs: left out"), "{:?}", layout.notes);
}

#[cfg(unix)]
#[test]
fn links_may_lead_to_parts_and_not_twice_to_one() {
    use std::os::unix::fs::symlink;
    let (all, folder) = (with(&["cat", "dog"]), with(&["test/cat", "test/dog"]));
    symlink(all.0.path(), folder.path("train")).unwrap();
    assert_eq!(said(&folder), "here: train in train/, test in test/");
    symlink(all.0.path(), folder.path("val")).unwrap();
    assert!(said(&folder).contains("it is the same folder as train/"), "{}", said(&folder));
}
