use super::*;

/// The length of a valid pickle, or its error.
fn scan_all(mut pickle: &[u8]) -> Result<usize, String> {
    let length = pickle.len();
    scan(&mut pickle).map(|_| length - pickle.len())
}

#[test]
fn a_pickle_ends_where_python_ends_it() {
    // {"n": -3, "f": 2.5, "t": True, "big": 2**40}, and {"a": 1, "b": [1.5, True, None], "c": b"xy"}.
    let text = b"(dp0\nVn\np1\nI-3\nsVf\np2\nF2.5\nsVt\np3\nI01\nsVbig\np4\nL1099511627776L\ns.";
    let binary = b"\x80\x04\x95\x27\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94]\x94(\
                   G?\xf8\0\0\0\0\0\0\x88Ne\x8c\x01c\x94C\x02xy\x94u.";
    for pickle in [&text[..], binary] {
        assert_eq!(scan_all(pickle), Ok(pickle.len()));
        assert_eq!(scan_all(&[pickle, b"tail"].concat()), Ok(pickle.len()));
        for end in 0..pickle.len() {
            assert!(scan_all(&pickle[..end]).is_err(), "{end}");
        }
    }
    for broken in [&b"0."[..], b"(a.", b"]t.", b"h\x01.", b"g12345678901\n.", b"\x97.", b"g\n."] {
        assert!(scan_all(broken).is_err(), "{broken:?}");
    }
}

#[test]
fn what_the_reader_does_not_count_is_counted() {
    let doubled = |start: &[u8]| [start, &b"2\x86".repeat(20), b"."].concat();
    let name = "n".repeat(1000);
    let class = format!("cmodule\n{name}\n");
    let dictionary = [&b"}X\xe8\x03\0\0"[..], name.as_bytes(), b"Ns"].concat();
    let fetched =
        [&b"\x80\x02"[..], class.as_bytes(), b"q\0(", &b"h\0".repeat(5000), b"t."].concat();
    // An object whose state is set grows in the memo, and is fetched from there again.
    let built = [&b"}q\0"[..], &b"}X\x01\0\0\0ah\0sb0h\0".repeat(30), b"."].concat();
    let heavy = [doubled(b"N"), doubled(class.as_bytes()), doubled(&dictionary), fetched, built];
    for pickle in heavy {
        let fault = scan_all(&pickle).expect_err("too heavy");
        assert!(pickle.len() < 12_000 && fault.contains("memory"), "{fault}");
    }
}

#[test]
fn tensors_are_listed_in_the_order_of_their_dictionaries() {
    let paths = |pickle: &[u8]| {
        let found = scan(&mut &pickle[..]).expect("good");
        found.map(|paths| paths.iter().map(|path| path.join("/")).collect::<Vec<_>>())
    };
    let tensor = b"ctorch._utils\n_rebuild_tensor_v2\n)R";
    let key = |name: &str| [b"\x8c", &[name.len() as u8], name.as_bytes()].concat();
    // {"z": t, "a.b": [t, t], 7: {"c": t}}, of an OrderedDict with a `_metadata` of its own.
    let pickle = [
        &b"\x80\x02ccollections\nOrderedDict\n)Rq\x00("[..],
        &key("z"),
        tensor,
        &key("a.b"),
        b"](",
        tensor,
        tensor,
        b"eK\x07}",
        &key("c"),
        tensor,
        b"su}",
        &key("_metadata"),
        b"}sb.",
    ]
    .concat();
    let wanted = ["z", "a.b/0", "a.b/1", "7/c"].map(String::from);
    assert_eq!(paths(&pickle), Some(wanted.to_vec()));
    // A module: what `torch.save(network)` writes, whose state comes after it was kept in the memo.
    let module = |parameters: &[u8], modules: &[u8]| {
        let tables = [
            &key("_modules")[..],
            b"}",
            modules,
            &key("_buffers"),
            b"}",
            &key("_parameters"),
            b"}",
            parameters,
        ];
        [&b"cnet\nNet\n)\x81}("[..], &tables.concat(), b"ub"].concat()
    };
    let inner = module(&[&key("weight")[..], tensor, b"s"].concat(), b"");
    let outer = module(
        &[&key("scale")[..], tensor, b"s"].concat(),
        &[&key("fc")[..], &inner, b"s"].concat(),
    );
    let found = paths(&[&b"\x80\x02"[..], &outer, b"."].concat());
    assert_eq!(found, Some(["scale", "fc/weight"].map(String::from).to_vec()));
    // A dictionary that is an entry of itself, and many tensors in pairs of pairs.
    assert_eq!(paths(&[b"}q\x00", &key("a")[..], b"h\x00s."].concat()), None);
    let many = [&b"]"[..], tensor, &[&b"2\x86"[..]; 12].concat(), b"."].concat();
    assert_eq!(paths(&many).map(|paths| paths.len()), Some(1 << 12));
}
