//! Sizes computed from shapes, against those of a network.

use std::path::Path;

use hearth_config::{Config, Origin, RawConfig};
use hearth_data::{Data, Examples, ImageShape, Images};
use hearth_train::backend::Backend;
use hearth_train::plan::memory::Sizes;

use crate::registry::{hooks_of, open_alone};

fn config(path: &Path) -> Config {
    RawConfig::read(path).and_then(|raw| raw.check()).expect("good")
}

/// Ten images of ten classes.
fn data() -> Data {
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    let (pixels, labels) = (vec![0; 10 * shape.pixels()], (0..10).collect());
    let classes = (0..10).map(|class| class.to_string()).collect();
    let examples = Examples { pixels, labels, shape, augment: None };
    Data::Images(Images::alike("ten", examples, classes))
}

fn sizes(config: &Config) -> Sizes {
    (hooks_of(config).sizes)(config, &data()).expect("a list")
}

#[test]
fn sizes_match_the_network() {
    let entries = std::fs::read_dir("../../configs").expect("configs/");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    assert!(paths.len() > 10, "{paths:?}");
    let device = Backend::default().device().expect("a CPU");
    for path in paths {
        let config = config(&path);
        if !matches!(&config.origin, Origin::Data(data) if data.source.is_of_images()) {
            // Its network takes no images.
            continue;
        }
        let task = open_alone(&config, &data(), &device).expect("it fits");
        let built = task.layers().parameters;
        assert_eq!(sizes(&config).parameters, built, "{}", path.display());
    }
}

#[test]
fn outputs_are_counted_by_their_shapes() {
    let found = sizes(&config("../../configs/lenet.toml".as_ref()));
    assert_eq!(found.outputs, 6 * 28 * 28 + 16 * 10 * 10 + 120 + 84 + 10);
}
