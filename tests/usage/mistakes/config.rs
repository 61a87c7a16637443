//! Mistakes of configs.

use std::fs;
use std::path::Path;

use super::{GOOD, Mistake, mistake};
use crate::support::{fail, hearth, root};

/// A mistake in `wrong.toml`.
const fn fault(
    name: &'static str,
    place: &'static str,
    remedy: &'static str,
    make: fn(&Path),
) -> Mistake {
    mistake(name, "config wrong.toml", 2, place, remedy).having(make)
}

/// Writes the valid config with one change.
fn change(folder: &Path, what: &str, with: &str) {
    assert!(GOOD.contains(what), "{what}");
    fs::write(folder.join("wrong.toml"), GOOD.replacen(what, with, 1)).unwrap();
}

fn write(folder: &Path, bytes: impl AsRef<[u8]>) {
    fs::write(folder.join("wrong.toml"), bytes).unwrap();
}

pub const MISTAKES: &[Mistake] = &[
    mistake("misspelt config", "train tri.toml", 2, "tri.toml", "did you mean `try.toml`?"),
    mistake(
        "config without its end",
        "train try",
        2,
        "cannot read try",
        "did you mean `try.toml`?",
    ),
    mistake("config that is nowhere", "train a/b.toml", 2, "a/b.toml", "such as configs/mlp.toml"),
    mistake("run for a config", "train runs/mlp-001", 2, "runs/mlp-001", "--resume"),
    mistake("folder of pictures for a config", "train pictures", 2, "pictures", "hearth init"),
    mistake("picture for a config", "train pictures/boot/000.png", 2, "000.png", "TOML file"),
    fault("CSV for a config", "wrong.toml:1", "KEY = VALUE", |here| {
        write(here, "label,pixel1\n5,0\n");
    }),
    fault("JSON for a config", "wrong.toml:1", "JSON", |here| write(here, "{\"format\": 1}\n")),
    fault("YAML for a config", "wrong.toml:1", "format = 1", |here| {
        write(here, "format: 1\nrun:\n");
    }),
    fault("colon for =", "wrong.toml:4", "name = \"try\"", |here| {
        change(here, "name = \"try\"", "name: \"try\"");
    }),
    fault("config in UTF-16", "wrong.toml", "save it as UTF-8", |here| {
        let units = GOOD.encode_utf16().flat_map(u16::to_le_bytes);
        write(here, [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>());
    }),
    fault("config in Latin-1", "wrong.toml", "save it as UTF-8", |here| {
        write(here, b"# f\xfcr\nformat = 1\n");
    }),
    fault("empty config", "wrong.toml", "format = 2", |here| write(here, "")),
    fault("no value", "wrong.toml:21", "write one", |here| change(here, "epochs = 1", "epochs = ")),
    fault("text without quotation marks", "wrong.toml:12", "\"mlp\"", |here| {
        change(here, "\"mlp\"", "mlp");
    }),
    fault("typographic quotation marks", "wrong.toml:12", "\"mlp\"", |here| {
        change(here, "\"mlp\"", "“mlp”");
    }),
    fault("text that is not closed", "wrong.toml:4", "quotation mark", |here| {
        change(here, "\"try\"", "\"try");
    }),
    fault("decimal comma", "wrong.toml:18", "a decimal point", |here| {
        change(here, "= 0.1", "= 0,1");
    }),
    fault("percent", "wrong.toml:9", "write 0.1", |here| {
        change(here, "valid_samples = 200", "limit_train = 10%");
    }),
    fault("True for true", "wrong.toml:4", "lower case", |here| {
        change(here, "name = \"try\"", "report = True");
    }),
    fault("path of Windows", "wrong.toml:4", "single quotation marks", |here| {
        change(here, "\"try\"", "\"C:\\Users\"");
    }),
    fault("key twice", "wrong.toml:22", "leave one", |here| {
        change(here, "epochs = 1", "epochs = 1\nepochs = 2");
    }),
    fault("section twice", "wrong.toml:20", "leave one", |here| change(here, "[train]", "[run]")),
    fault("missing format", "wrong.toml", "format = 2", |here| change(here, "format = 1\n", "")),
    fault("newer format", "wrong.toml:1", "formats 1 to 2", |here| {
        change(here, "format = 1", "format = 3");
    }),
    fault("two lengths", "wrong.toml:22", "leave one of them out", |here| {
        change(here, "epochs = 1", "epochs = 1\nlength = \"50 steps\"");
    }),
    fault("length in no unit", "wrong.toml:21", "2000 steps", |here| {
        change(here, "epochs = 1", "length = 50");
    }),
    fault(
        "length in frames of no environment",
        "wrong.toml:21",
        "write it in epochs or steps",
        |here| {
            change(here, "epochs = 1", "length = \"50 frames\"");
        },
    ),
    fault("another task than the model's", "wrong.toml:21", "leave [task] out", |here| {
        change(here, "[train]", "[task]\nkind = \"generate\"\n[train]");
    }),
    fault("missing section", "[train]", "configs/", |here| {
        change(here, "[train]\nepochs = 1\n", "");
    }),
    fault("misspelt section", "wrong.toml:20", "`train`", |here| {
        change(here, "[train]", "[trian]");
    }),
    fault("misspelt key", "wrong.toml:8", "`batch_size`", |here| {
        change(here, "batch_size", "bach_size");
    }),
    fault("key of another kind", "wrong.toml:19", "known here", |here| {
        change(here, "= 0.1", "= 0.1\nbeta_1 = 0.9");
    }),
    fault("missing kind", "[optimizer]", "one of sgd", |here| change(here, "kind = \"sgd\"\n", "")),
    fault("misspelt kind", "wrong.toml:17", "`sgd`", |here| change(here, "\"sgd\"", "\"sdg\"")),
    fault("network of another program", "wrong.toml:12", "lenet", |here| {
        change(here, "\"mlp\"", "\"bert\"");
    }),
    fault("kind of a wrong type", "wrong.toml:12", "mlp", |here| change(here, "\"mlp\"", "3")),
    fault("missing key", "[optimizer]", "learning_rate = 0.1", |here| {
        change(here, "learning_rate = 0.1\n", "");
    }),
    fault("text for a number", "wrong.toml:18", "must be a number", |here| {
        change(here, "0.1", "\"fast\"");
    }),
    fault("number in quotation marks", "wrong.toml:18", "leave the quotation marks out", |here| {
        change(here, "0.1", "\"0.1\"");
    }),
    fault("fraction for a count", "wrong.toml:8", "a whole number", |here| {
        change(here, "= 64", "= 6.4");
    }),
    fault("count below zero", "wrong.toml:8", "0 or more", |here| change(here, "= 64", "= -64")),
    fault("misspelt word", "wrong.toml:14", "`relu`", |here| change(here, "\"relu\"", "\"rleu\"")),
    fault("number for a section", "wrong.toml:3", "[run] on a line", |here| {
        change(here, "[run]\nname = \"try\"", "run = 1");
    }),
    fault("learning rate of 0", "wrong.toml:18", "above 0", |here| change(here, "0.1", "0.0")),
    fault("learning rate below zero", "wrong.toml:18", "above 0", |here| {
        change(here, "0.1", "-0.1");
    }),
    fault("learning rate that is no number", "wrong.toml:18", "above 0", |here| {
        change(here, "0.1", "nan");
    }),
    fault("giant batch", "wrong.toml:8", "1 to 1048576", |here| change(here, "= 64", "= 10000000")),
    fault("no interval", "wrong.toml:22", "\"2000 steps\"", |here| {
        change(here, "epochs = 1", "epochs = 1\nevaluate_every = \"1 day\"");
    }),
    fault("list of another length", "wrong.toml:14", "`model.hidden` has 2", |here| {
        change(here, "activation", "dropout = [0.1]\nactivation");
    }),
    fault("name with a slash", "wrong.toml:4", "letters, digits", |here| {
        change(here, "\"try\"", "\"a/b\"");
    }),
    fault("seed below zero in a config", "wrong.toml:5", "0 or more", |here| {
        change(here, "\"try\"", "\"try\"\nseed = -1");
    }),
    mistake("no threads", "config try.toml run.threads=0", 2, "run.threads", "1 to 1024"),
    mistake(
        "threads without number",
        "config try.toml run.threads=10000",
        2,
        "run.threads",
        "1 to 1024",
    ),
    mistake(
        "Nesterov without momentum",
        "config try.toml optimizer.nesterov=true",
        2,
        "command line",
        "above 0",
    ),
    mistake(
        "dropout of 1",
        "config try.toml model.dropout=1.0",
        2,
        "model.dropout",
        "0 to below 1",
    ),
    mistake(
        "dropout without hidden layers",
        "config try.toml model.hidden=[] model.dropout=0.5",
        2,
        "model.dropout",
        "`model.hidden` is empty",
    ),
    mistake(
        "scheduled sampling of a classifier",
        "config try.toml train.scheduled_sampling=0.2",
        2,
        "train.scheduled_sampling",
        "for translators",
    ),
    mistake(
        "texts longer than learned positions",
        "train sort.toml model.positions=learned model.max_positions=4 --run runs/sort",
        2,
        "model.max_positions",
        "increase it to 7",
    )
    .having(|here| {
        let config = root().join("configs/sort-nano.toml");
        fs::copy(config, here.join("sort.toml")).unwrap();
    }),
    mistake(
        "early stop without validation",
        "config try.toml data.valid_samples=0 train.early_stop.patience=2",
        2,
        "train.early_stop",
        "`data.valid_samples` is 0",
    ),
    mistake(
        "normalisation of a pair",
        "config gan.toml data.mean=[0.5] data.std=[0.5]",
        2,
        "data.mean",
        "always -1 to 1",
    ),
    mistake(
        "mean of three channels for grey images",
        "config try.toml data.mean=[0.5,0.5,0.5] data.std=[0.5]",
        2,
        "data.mean",
        "the images have one channel",
    ),
    mistake(
        "pair's settings for a classifier",
        "config try.toml adversarial.loss=hinge",
        2,
        "adversarial",
        "dcgan",
    ),
    mistake(
        "16 bits on the CPU",
        "train try.toml run.precision=f16",
        2,
        "run.precision",
        "--backend wgpu",
    ),
    mistake(
        "range test of a pair",
        "lr-find gan.toml",
        2,
        "range test",
        "an adversarial pair has two",
    ),
];

#[test]
fn all_faults_of_a_config_are_told_together() {
    let folder = tempfile::tempdir().unwrap();
    change(folder.path(), "hidden = [64, 32]", "hidden = [0]\ndropuot = 0.5\ndropout = 2.0");
    let done = fail(hearth(["config", "wrong.toml"]).current_dir(folder.path()), 2);
    assert!(done.out.is_empty(), "{}", done.out);
    insta::assert_snapshot!(done.err);
}
