use hearth_config::{ClassifierConfig, RawConfig};
use hearth_store::{NamedTensor, write_tensors};

use super::*;
use crate::import::modules::ModuleKind;

/// The units of a network of a config's [model] for grey images of 28x28 and ten classes.
fn network(model: &str) -> Vec<Unit> {
    units(&Classifier::layers(&classifier(model), [1, 28, 28], 10).expect("a list"))
}

fn classifier(model: &str) -> ClassifierConfig {
    let text = format!(
        "format = 1\n[run]\nname = \"n\"\n[data]\nkind = \"mnist\"\n[model]\n{model}\n[optimizer]\nkind = \"sgd\"\n\
         learning_rate = 0.1\n[train]\nepochs = 1\n"
    );
    let config = RawConfig::parse("n.toml", text).and_then(|raw| raw.check()).expect("good");
    match config.model {
        ModelConfig::Classifier { network, .. } => network,
        other => panic!("{other:?}"),
    }
}

const MLP: &str = "kind = \"mlp\"\nhidden = [64, 64, 64]";

/// Modules of these names for the units in `order`: the names are those of the network's layers, one after the
/// other, and `order` is how the file lists them.
fn listed_as(units: &[Unit], names: &[&str], order: &[usize]) -> Vec<Module> {
    let module = |place: &usize| Module {
        name: names[*place].to_owned(),
        kind: units[*place].kind,
        shape: units[*place].shape.clone(),
        tensors: Vec::new(),
    };
    order.iter().map(module).collect()
}

/// The names of the modules that the units were paired with, or the error.
fn paired(
    units: &[Unit],
    modules: &[Module],
    order: FileOrder,
    map: &[[&str; 2]],
) -> Result<Vec<String>, String> {
    let map: Vec<[String; 2]> = map.iter().map(|pair| pair.map(str::to_owned)).collect();
    let sizes = sizes(units, [1, 28, 28]);
    let question = Question { units, modules, order, sizes: &sizes };
    match pair(question, &map) {
        Ok(pairs) => Ok(pairs.of_units.iter().map(|place| modules[*place].name.clone()).collect()),
        Err(Fault::Usage(text) | Fault::File(text)) => Err(text),
    }
}

/// Asserts that a file that lists a perceptron's layers in this order is paired correctly.
fn assert_read(names: [&str; 4], order: [usize; 4], file: FileOrder) {
    let units = network(MLP);
    let modules = listed_as(&units, &names, &order);
    assert_eq!(
        paired(&units, &modules, file, &[]),
        Ok(names.map(str::to_owned).to_vec()),
        "{names:?}"
    );
}

/// Asserts that such a file is refused with this text.
fn assert_refused(names: [&str; 4], order: [usize; 4], file: FileOrder, said: &str) {
    let units = network(MLP);
    let modules = listed_as(&units, &names, &order);
    let error = paired(&units, &modules, file, &[]).expect_err("nothing decides");
    for part in [said, "layers.1, layers.2", "--map "] {
        assert!(error.contains(part), "{names:?}: {error}");
    }
}

const FORWARD: [usize; 4] = [0, 1, 2, 3];

#[test]
fn the_order_of_a_state_dict_decides() {
    for names in [
        ["stem", "one", "two", "head"],
        ["a", "z", "b", "c"],
        ["enc.0", "enc.2", "dec.0", "dec.2"],
        ["fc784", "fc256", "fc64", "fc10"],
        ["fc64_a", "fc64_b", "fc64_c", "fc64_d"],
        // Numbers that count down, as the shapes at both ends show.
        ["l4", "l3", "l2", "l1"],
    ] {
        assert_read(names, FORWARD, FileOrder::Listed);
    }
}

#[test]
fn numbers_decide_where_the_file_has_no_order() {
    for names in [
        ["stem", "h9", "h10", "head"],
        ["net.0", "net.2", "net.4", "net.6"],
        ["l1", "l2", "l3", "l4"],
        ["h1", "h2", "h3", "a"],
    ] {
        for file in [FileOrder::Absent, FileOrder::Changed] {
            assert_read(names, [3, 2, 1, 0], file);
        }
    }
    // A head that is listed first says that the order is not the network's, and the numbers are there.
    assert_read(["stem", "h1", "h2", "head"], [3, 0, 1, 2], FileOrder::Listed);
}

#[test]
fn what_is_decided_by_nothing_or_in_two_ways_is_refused() {
    let no_order = "safetensors keeps no order";
    for (names, order, file, said) in [
        (["stem", "one", "two", "head"], FORWARD, FileOrder::Absent, no_order),
        (["stem", "a", "b", "head"], FORWARD, FileOrder::Absent, no_order),
        (["stem", "conv", "conv2", "head"], FORWARD, FileOrder::Absent, no_order),
        (["stem", "fc64", "fc28", "head"], FORWARD, FileOrder::Absent, no_order),
        (["fc784", "fc256", "fc64", "fc10"], FORWARD, FileOrder::Absent, "in the wrong order"),
        (["a3x3", "b3x3", "c3x3", "d3x3"], FORWARD, FileOrder::Absent, no_order),
        (["stem", "one", "two", "head"], FORWARD, FileOrder::Changed, "was sorted"),
        (["stem", "one", "two", "head"], FORWARD, FileOrder::Unread, "no order that can be read"),
        (["stem", "h2", "h1", "head"], FORWARD, FileOrder::Listed, "the number of `h1` is lower"),
        (
            ["stem", "two", "one", "head"],
            FORWARD,
            FileOrder::Listed,
            "the number of `one` is lower",
        ),
        (["stem", "a", "b", "head"], [3, 0, 1, 2], FileOrder::Listed, "see `a` and `head`"),
        (["stem", "h1", "h2", "head"], [3, 0, 2, 1], FileOrder::Listed, "another order than their"),
        (["l4", "l3", "l2", "l1"], FORWARD, FileOrder::Absent, "in the wrong order"),
    ] {
        assert_refused(names, order, file, said);
    }
}

#[test]
fn a_user_decides_the_rest() {
    let units = network(MLP);
    let names = ["stem", "a", "b", "head"];
    let modules = listed_as(&units, &names, &FORWARD);
    let paired = |map: &[[&str; 2]]| paired(&units, &modules, FileOrder::Absent, map);
    let wanted = ["stem", "b", "a", "head"].map(str::to_owned).to_vec();
    assert_eq!(paired(&[["b", "layers.1"]]), Ok(wanted.clone()));
    assert_eq!(
        paired(&[["b.weight", "layers.1.weight"], ["a", "5"]]),
        Ok(wanted),
        "an export's name"
    );
    for (map, said) in [
        (&[["c", "layers.1"]][..], "the file has stem, a, b, head"),
        (&[["a", "layers.7"]], "has layers.0, layers.1, layers.2, layers.3"),
        (&[["a", "layers.0"]], "does not fit"),
        (&[["a", "layers.1"], ["a", "layers.2"]], "a second time"),
        (&[["a", "layers.1"], ["b", "layers.1"]], "a second time"),
    ] {
        let error = paired(map).expect_err(said);
        assert!(error.contains(said), "{error}");
    }
}

/// Layers of a block of two convolutions with a shortcut, named so, in the order of the file; the names of norms
/// end with `=` and the convolution that they are behind.
fn behind(names: &[&str], is_listed: bool) -> Result<(), String> {
    let modules: Vec<Module> = names
        .iter()
        .map(|name| {
            let (name, kind) = match name.split_once('=') {
                Some((name, _)) => (name, ModuleKind::Norm),
                None => (*name, ModuleKind::Convolution),
            };
            let shape = if kind == ModuleKind::Norm { vec![16] } else { vec![16, 16, 3, 3] };
            Module { name: name.to_owned(), kind, shape, tensors: Vec::new() }
        })
        .collect();
    let of_kind = |kind: ModuleKind| -> Vec<usize> {
        (0..modules.len()).filter(|place| modules[*place].kind == kind).collect()
    };
    let (convolutions, norms) = (of_kind(ModuleKind::Convolution), of_kind(ModuleKind::Norm));
    let found = norms::behind(&modules, &convolutions, &norms, is_listed);
    let found = found.map_err(|undecided| undecided.text)?;
    for (convolution, norm) in found {
        let (_, wanted) = names[norm].split_once('=').expect("a norm");
        assert_eq!(modules[convolution].name, wanted, "{names:?}");
    }
    Ok(())
}

#[test]
fn norms_stand_behind_the_convolution_that_they_share_a_module_number_or_place_with() {
    for names in [
        &["c1", "b.n1=c1", "c2", "b.n2=c2"][..],
        &["conv1", "conv2", "bn1=conv1", "bn2=conv2", "down.0", "down.1=down.0"],
        &["down.0", "down.1=down.0", "conv1", "norm1=conv1", "conv2", "norm2=conv2"],
        &["short_conv", "short_bn=short_conv", "conv1", "bn1=conv1", "conv2", "bn2=conv2"],
        &["body.0", "body.1=body.0", "body.3", "body.4=body.3", "skip.0", "skip.1=skip.0"],
        &["convs.0", "convs.1", "norms.0=convs.0", "norms.1=convs.1"],
        &["conv1_1", "conv1_1_bn=conv1_1", "conv1_2", "conv1_2_bn=conv1_2"],
        &["a.conv", "a.norm=a.conv", "b.conv", "b.norm=b.conv"],
    ] {
        behind(names, true).expect("it is clear");
        behind(names, false).expect("it is clear without an order");
    }
    for names in [
        &["x", "y=x", "w", "v=w"][..],
        &["x", "w", "y=x", "v=w"],
        &["conv_b", "norm1=conv_b", "conv_a", "norm2=conv_a"],
    ] {
        behind(names, true).expect("the order says it");
        behind(names, false).expect_err("nothing says it");
    }
    for (names, said) in [
        (&["conv1", "bn2=conv1", "conv2", "bn1=conv2"][..], "say different things"),
        (&["bn1=conv1", "conv1", "bn2=conv2", "conv2"], "listed before its convolution"),
        (&["x", "w", "y=x", "u", "v=w", "t=u"], "neither their names nor an order"),
    ] {
        let error = behind(names, true).expect_err("it is not clear");
        assert!(error.contains(said), "{names:?}: {error}");
    }
}

#[test]
fn numbers_may_say_otherwise_than_channels() {
    let behind = |convolutions: &[(&str, usize)], norms: &[(&str, usize)]| {
        let module = |(name, channels): &(&str, usize), kind, mut shape: Vec<usize>| {
            shape.insert(0, *channels);
            Module { name: (*name).to_owned(), kind, shape, tensors: Vec::new() }
        };
        let (ours, theirs) = (convolutions.iter(), norms.iter());
        let modules = ours.map(|it| module(it, ModuleKind::Convolution, vec![4, 3, 3]));
        let modules = modules.chain(theirs.map(|it| module(it, ModuleKind::Norm, Vec::new())));
        let (modules, norms): (Vec<Module>, Vec<usize>) =
            (modules.collect(), (convolutions.len()..convolutions.len() + norms.len()).collect());
        let convolutions: Vec<usize> = (0..convolutions.len()).collect();
        norms::behind(&modules, &convolutions, &norms, false)
    };
    let error = behind(&[("conv1", 8), ("conv2", 16)], &[("bn1", 16), ("bn2", 8)]);
    let error = error.expect_err("the names say otherwise");
    assert!(error.text.contains("their numbers say otherwise"), "{error:?}");
    assert_eq!((error.convolutions, error.norms), (vec![0], vec![3]));
    for (convolutions, norms) in [
        (["conv1", "conv2"], ["bn1", "bn2"]),
        (["conv1", "conv3"], ["bn1", "bn2"]),
        (["conv1", "conv2d"], ["bn2", "bn3"]),
        (["net.layer0", "net.layer3"], ["net.layer1", "net.layer4"]),
        (["down.0", "down.2"], ["down.1", "down.3"]),
    ] {
        let sized = |[first, second]: [&'static str; 2]| [(first, 8), (second, 16)];
        behind(&sized(convolutions), &sized(norms)).expect("channels say it");
    }
}

/// Reads tensors of these names and shapes out of a safetensors file.
fn read_file(
    tensors: &[(&str, &[usize])],
    model: &str,
    key: Option<&str>,
    ignore: &[&str],
) -> Result<Vec<String>, String> {
    let tensors: Vec<NamedTensor> = tensors
        .iter()
        .map(|(name, shape)| NamedTensor {
            name: (*name).to_owned(),
            shape: shape.to_vec(),
            values: vec![0.5; shape.iter().product()],
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights");
    fs::write(&path, write_tensors(&tensors, false).expect("tensors")).expect("written");
    let file = WeightsFile {
        path,
        key: key.map(str::to_owned),
        ignore: ignore.iter().map(|name| (*name).to_owned()).collect(),
        map: Vec::new(),
    };
    let layers = Classifier::layers(&classifier(model), [1, 28, 28], 10).expect("a list");
    match read(&file, &layers, [1, 28, 28]) {
        Ok((_, notes)) => Ok(notes),
        Err(Fault::Usage(text) | Fault::File(text)) => Err(text),
    }
}

#[test]
fn what_is_beside_the_network_is_left_out_or_named_in_full() {
    let softmax = "kind = \"mlp\"\nhidden = []";
    let own: [(&str, &[usize]); 2] = [("net.fc.weight", &[10, 784]), ("net.fc.bias", &[10])];
    let with = |more: &[(&'static str, &'static [usize])]| [&own[..], more].concat();
    let read =
        |more: &[(&'static str, &'static [usize])]| read_file(&with(more), softmax, None, &[]);
    assert_eq!(read(&[]), Ok(Vec::new()));
    for (more, left_out) in [
        ("n_averaged", "n_averaged"),
        ("net.fc.total_params", "net.fc.total_params"),
        ("criterion.weight", "criterion.weight"),
        ("optimizer.state.0.exp_avg", "optimizer (1 tensor)"),
        ("net2.scale", "net2 (1 tensor)"),
    ] {
        let notes = read(&[(more, &[10])]).expect("it is left out");
        assert!(notes[0].contains("left out") && notes[0].contains(left_out), "{notes:?}");
    }
    let error = read(&[("net.scale", &[1]), ("net.fc.mask", &[10, 784])]).expect_err("no place");
    for part in ["`net.fc.mask`, [10, 784], `net.scale`, [1]", "`--ignore net.fc.mask`"] {
        assert!(error.contains(part), "{error}");
    }
    let error =
        read_file(&[("fc.weight_orig", &[10, 784])], softmax, None, &[]).expect_err("pruned");
    assert!(error.contains("`fc.weight_orig`") && error.contains("prune.remove"), "{error}");
    let notes = read_file(&with(&[("net.scale", &[1])]), softmax, None, &["net.scale"]);
    assert_eq!(notes.expect("as asked"), ["left out as asked: net.scale (1 tensor)"]);
    let notes = read_file(&with(&[("net.scale", &[1])]), softmax, Some("net.fc"), &[]);
    notes.expect("an entry below");
    let error = read_file(&[("a", &[3]), ("b.c", &[3])], softmax, None, &[]).expect_err("no layer");
    assert!(error.contains("no layers") && error.contains("a (1 tensor), b (1 tensor)"), "{error}");
    // What is missing is made good where that is exact.
    let notes = read_file(&own[..1], softmax, None, &[]).expect("without a bias");
    assert_eq!(notes, ["without a bias, which is 0 here: net.fc"]);
}
