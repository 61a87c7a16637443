//! Every config of the repository.

use std::path::PathBuf;

use hearth_config::RawConfig;

use crate::support::{hearth, root, succeed};

fn configs() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("configs")).expect("configs/");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    assert!(paths.len() >= 5);
    paths
}

#[test]
fn every_config_is_good_and_opens_with_its_lab_note() {
    for path in configs() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let raw = RawConfig::parse(name, text.clone()).unwrap();
        raw.check().unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert!(text.starts_with("#:schema schema.json\n"), "{name}: what editors complete by");
        for word in ["# task:", "# source:", "# train:", "# seen:"] {
            assert!(text.contains(word), "{name} does not say {word}");
        }
        assert!(!text.contains("TODO"), "{name}");
        assert!(text.contains(&format!("make train CONFIG={name}")), "{name}");
    }
}

#[test]
fn config_and_schema_print_what_editors_and_people_need() {
    let done = succeed(&mut hearth(["config", "configs/mlp-nano.toml", "train.epochs=7"]));
    assert!(done.out.contains("epochs = 7") && done.out.contains("# command line"), "{}", done.out);
    assert!(done.out.contains("configs/mlp-nano.toml:"), "{}", done.out);
    let done = succeed(&mut hearth(["schema"]));
    let schema: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert!(schema["properties"]["optimizer"].is_object());
}

#[test]
fn completions_are_scripts() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeed(&mut hearth(["completions", shell])).out.contains("hearth"));
    }
}

#[test]
fn the_schema_beside_the_configs_is_that_of_the_program() {
    let done = succeed(&mut hearth(["schema"]));
    let stored = std::fs::read_to_string(root().join("configs/schema.json")).unwrap();
    assert!(stored == done.out, "make schema writes it anew");
}

#[test]
fn the_readme_shows_the_config_that_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let config = std::fs::read_to_string(root().join("configs/mlp.toml")).unwrap();
    let settings = &config[config.find("format = 2").unwrap()..];
    assert!(readme.contains(settings), "configs/mlp.toml has other settings than the README shows");
    for text in [&readme, &std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap()] {
        assert!(!text.contains('@'), "a placeholder was left");
    }
}
