//! `hearth predict`.

use crate::support::{fail, hearth, json, succeed, test_images};

#[test]
fn pictures_of_every_kind_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(hearth(["train", "configs/mlp-nano.toml", "--run"]).arg(&run));
    let (files, labels) = test_images(folder.path(), 100);
    let answer = json(hearth(["predict", "--json", "--top", "0"]).arg(&run).args(&files));
    let predictions = answer["predictions"].as_array().unwrap();
    let mut hits = 0;
    for (prediction, label) in predictions.iter().zip(&labels) {
        let top = prediction["top"].as_array().unwrap();
        assert_eq!(top.len(), 10);
        let sum: f64 = top.iter().map(|guess| guess["probability"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        hits += usize::from(top[0]["index"].as_u64() == Some(u64::from(*label)));
    }
    assert!(hits >= 70, "{hits} of 100");

    // Another size, another format, with colours: the same boot stays the same boot.
    let image = image::open(&files[0]).unwrap();
    let large = folder.path().join("large.jpg");
    image.resize(280, 280, image::imageops::FilterType::Triangle).to_rgb8().save(&large).unwrap();
    let mut inverted = image.to_luma8();
    inverted.pixels_mut().for_each(|pixel| pixel.0[0] = 255 - pixel.0[0]);
    let light = folder.path().join("light.png");
    inverted.save(&light).unwrap();
    let best = |args: &[&str], file| {
        let answer =
            json(hearth(["predict", "--json", "--top", "1"]).args(args).arg(&run).arg(file));
        answer["predictions"][0]["top"][0].clone()
    };
    let plain = best(&[], &files[0]);
    assert_eq!(best(&[], &large)["class"], plain["class"]);
    assert_eq!(best(&["--invert"], &light), plain);

    let done = succeed(hearth(["predict"]).arg(&run).arg(&files[0]));
    assert!(done.out.contains(plain["class"].as_str().unwrap()), "{}", done.out);
}

#[test]
fn what_is_no_picture_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=1", "--run"]);
    succeed(command.arg(&run));
    let broken = folder.path().join("broken.png");
    std::fs::write(&broken, b"\x89PNG\r\n\x1a\nand then nothing").unwrap();
    for file in [broken, folder.path().join("absent.png"), folder.path().to_owned()] {
        let done = fail(hearth(["predict"]).arg(&run).arg(&file), 3);
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(done.err.replace('\n', "").contains(&name[..4]), "{}", done.err);
    }
    let done = fail(hearth(["predict", "nowhere", "picture.png"]).current_dir(folder.path()), 2);
    assert!(done.err.contains("not a run"), "{}", done.err);
    let done = fail(hearth(["predict", "--checkpoint", "99999"]).arg(&run).arg("x.png"), 2);
    assert!(done.err.contains("99999"), "{}", done.err);
}
