//! Mistakes of places: output files, addresses and devices.

use super::{Mistake, mistake};

pub const MISTAKES: &[Mistake] = &[
    mistake(
        "run that is there already",
        "train try.toml --run runs/mlp-001",
        2,
        "runs/mlp-001",
        "--resume",
    ),
    mistake(
        "folder of other things",
        "train try.toml --run pictures",
        2,
        "pictures",
        "name a new one",
    ),
    mistake(
        "file where a run should be",
        "train try.toml --run gan.toml",
        1,
        "gan.toml",
        "another folder",
    ),
    mistake(
        "file on the way to a run",
        "train try.toml --run gan.toml/run",
        1,
        "gan.toml/run",
        "another folder",
    ),
    #[cfg(target_os = "linux")]
    mistake(
        "place that nobody may write",
        "train try.toml --run /sys/run",
        1,
        "/sys/run",
        "can be written",
    ),
    mistake(
        "folder of an export that is there",
        "export runs/mlp-001 --format onnx --out pictures",
        2,
        "pictures",
        "not there yet",
    ),
    mistake("config that is there", "init pictures --out try.toml", 2, "try.toml", "--out"),
    mistake(
        "page into no folder",
        "compare runs/mlp-001 runs/gan-001 --out a/b.html",
        1,
        "a/b.html",
        "make its folder first",
    ),
    #[cfg(target_os = "linux")]
    mistake(
        "full disk",
        "compare runs/mlp-001 runs/gan-001 --out full.html",
        1,
        "full.html",
        "make room",
    )
    .having(|here| std::os::unix::fs::symlink("/dev/full", here.join("full.html")).unwrap()),
    mistake(
        "file for single pictures",
        "sample runs/gan-001 --each try.toml",
        1,
        "try.toml",
        "another place",
    ),
    #[cfg(feature = "serve")]
    mistake(
        "address of another machine",
        "serve runs/mlp-001 --host 192.0.2.1 --port 0",
        1,
        "192.0.2.1",
        "--host",
    ),
    mistake(
        "network that is larger than the memory",
        "train try.toml --run never data.kind=image-folder data.path=pictures data.valid_samples=0 \
         data.size=1024 data.color=rgb model.hidden=[1048576]",
        2,
        "[model]",
        "fewer or narrower layers",
    )
    .whose_numbers_vary(),
    mistake(
        "batch that is larger than the memory",
        "train try.toml --run never data.batch_size=1000000 model.kind=cnn model.widths=[4096] \
         model.depth=16 model.kernel_size=1",
        2,
        "data.batch_size",
        "smaller data.batch_size",
    )
    .whose_numbers_vary(),
];
