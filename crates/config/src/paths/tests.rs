//! The order in which folders are tried, and the notes on it.

use std::fs;

use super::*;

/// Settings with a relative path, in a file of this folder.
fn config(folder: &Path, path: &str, overrides: &[&str]) -> (RawConfig, Config) {
    let text = format!(
        "format = 1\n[run]\nname = \"a\"\n[data]\nkind = \"image-folder\"\npath = {}\n[model]\nkind = \
         \"mlp\"\nhidden = [8]\n[optimizer]\nkind = \"sgd\"\nlearning_rate = 0.1\n[train]\nepochs = 1\n",
        crate::syntax::text::toml_string(path)
    );
    let name = folder.join("a.toml").display().to_string();
    let raw = RawConfig::parse(&name, text).and_then(|raw| raw.with_overrides(overrides));
    let raw = raw.expect("TOML");
    let config = raw.check().expect("good");
    (raw, config)
}

fn located(folder: &Path, path: &str, overrides: &[&str]) -> ResolvedConfig {
    let (raw, config) = config(folder, path, overrides);
    raw.resolve_paths(config, false)
}

fn data_path(located: &ResolvedConfig) -> PathBuf {
    located.config.paths()[0].1.clone().into()
}

#[test]
fn the_working_directory_comes_first_and_then_the_configs_folder() {
    // The tests' working directory is that of the crate.
    let here = std::env::current_dir().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let beside = folder.path();
    fs::create_dir(beside.join("pictures")).expect("a folder");

    let found = located(beside, "./src/", &[]);
    assert_eq!(data_path(&found), here.join("src"));
    assert!(found.notes.is_empty() && found.missing.is_empty());

    let found = located(beside, "pictures", &[]);
    assert_eq!(data_path(&found), beside.join("pictures"));
    assert!(found.notes[0].contains("from the config's folder"), "{:?}", found.notes);

    // Two folders of one name: the first is taken, and the note names both.
    fs::create_dir(beside.join("src")).expect("a folder");
    let found = located(beside, "src", &[]);
    assert_eq!(data_path(&found), here.join("src"));
    let [note] = &found.notes[..] else { panic!("{:?}", found.notes) };
    assert!(note.contains(&beside.join("src").display().to_string()), "{note}");

    let found = located(beside, "nowhere", &[]);
    assert_eq!(found.missing[0].tried, [here.join("nowhere"), beside.join("nowhere")]);
    assert_eq!(
        found.missing[0].location.to_string(),
        format!("{}:6", beside.join("a.toml").display())
    );

    // A path from the command line is tried from the working directory alone.
    let found = located(beside, "src", &["data.path=pictures"]);
    assert_eq!(found.missing[0].tried, [here.join("pictures")]);

    let (raw, stored) = config(beside, "pictures", &[]);
    assert_eq!(raw.resolve_paths(stored, true).missing[0].tried, [here.join("pictures")]);

    // `..` is resolved, because the folder before it may be removed later.
    let found = located(beside, "../config/./src", &[]);
    assert_eq!(data_path(&found), here.canonicalize().expect("a folder").join("src"));

    let whole = beside.join("pictures");
    let found = located(beside, whole.to_str().expect("UTF-8"), &[]);
    assert_eq!(data_path(&found), whole);
    assert!(found.notes.is_empty());
}

#[test]
fn a_name_is_found_however_it_is_composed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("cafe\u{301}/th\u{e9}")).expect("a folder");
    for typed in ["caf\u{e9}/the\u{301}", "cafe\u{301}/th\u{e9}", "cafe\u{301}/the\u{301}"] {
        let found = located(folder.path(), typed, &[]);
        assert!(found.missing.is_empty() && data_path(&found).is_dir(), "{found:?}");
    }
    assert_eq!(located(folder.path(), "caf\u{e9}/tea", &[]).missing.len(), 1);
}

#[test]
fn a_resumed_run_may_know_its_paths_by_other_letters() {
    let here = std::env::current_dir().expect("a folder");
    let whole = here.join("src").display().to_string();
    assert!(means_same("src", &whole) && means_same("./src", &whole) && means_same(&whole, &whole));
    assert!(means_same("runs/a", "/elsewhere/runs/a"));
    assert!(!means_same("rc", &whole) && !means_same("/elsewhere/src", &whole));

    let of = |path: &str| {
        let keys = ["train_images", "train_labels", "test_images", "test_labels"];
        let files =
            keys.map(|key| format!("data.{key}={}", crate::syntax::text::toml_string(path)));
        let all: Vec<&str> =
            ["data.kind=idx"].into_iter().chain(files.iter().map(String::as_str)).collect();
        config(&here, "src", &all).1
    };
    assert_eq!(of(&whole).with_files_of(&of("src")), of("src"), "it leads there from here");
    let elsewhere = "/elsewhere/runs/a";
    assert_eq!(of(elsewhere).with_files_of(&of("runs/a")), of(elsewhere));

    let (raw, new) = config(&here, &whole, &["model.init=/elsewhere/runs/a"]);
    let old = |init: &str| config(&here, "src", &[init]).1;
    assert!(raw.check_resume(&new, &old("model.init=runs/a")).is_ok());
    assert!(raw.check_resume(&new, &old("model.init=runs/b")).is_err());
}

#[test]
fn without_folders_the_last_parts_are_left() {
    let config = config(Path::new("."), "/home/someone/pictures", &[]).1.without_folders();
    assert_eq!(config.paths(), [("data.path", "pictures".to_owned())]);
}

#[test]
fn what_lies_in_the_working_directory_is_shown_from_there() {
    let here = std::env::current_dir().expect("a folder");
    for (path, expected) in [
        (here.join("a/b"), "a/b"),
        (here.clone(), "."),
        ("/elsewhere/a".into(), "/elsewhere/a"),
        ("a/b".into(), "a/b"),
    ] {
        assert_eq!(shown(&path).to_string(), expected);
    }
}
