use std::collections::BTreeSet;

use super::*;

/// The datasets folder of the repository.
fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets")
}

#[test]
fn the_small_set_of_the_repository_is_sound() {
    let sums = verify("fashion-mnist-mini", &datasets()).unwrap();
    assert_eq!(sums.len(), 4);
    let info =
        list(&datasets()).into_iter().find(|info| info.name == "fashion-mnist-mini").unwrap();
    assert!(info.present);
    assert_eq!(info.bytes, 2000 * 784 + 16 + 2000 + 8 + 1000 * 784 + 16 + 1000 + 8);
}

#[test]
fn the_readme_names_every_set_and_sum() {
    let readme = std::fs::read_to_string(datasets().join("README.md")).unwrap();
    for entry in &ENTRIES {
        assert!(readme.contains(&format!("`{}`", entry.name)), "{}", entry.name);
        for file in entry.files {
            assert!(readme.contains(file.sha256), "{} {}", entry.name, file.name);
        }
    }
}

#[test]
fn sums_are_well_formed_and_all_different() {
    let sums: BTreeSet<&str> =
        ENTRIES.iter().flat_map(|entry| entry.files).map(|file| file.sha256).collect();
    assert_eq!(sums.len(), 24);
    assert!(
        sums.iter().all(|sum| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
}

#[test]
fn a_damaged_a_missing_and_a_lengthened_file_are_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("fashion-mnist-mini");
    std::fs::create_dir(&folder).unwrap();
    let entry = entry("fashion-mnist-mini").unwrap();
    let from = entry.folder(&datasets());
    for file in entry.files {
        std::fs::copy(file.locate(&from), folder.join(file.name)).unwrap();
    }
    verify(entry.name, root.path()).unwrap();
    let path = folder.join(entry.files[3].name);
    let mut sound = Vec::new();
    std::io::Read::read_to_end(&mut unpacked(File::open(&path).unwrap()).unwrap(), &mut sound)
        .unwrap();
    let mut flipped = sound.clone();
    flipped[500] ^= 1;
    for damaged in [
        flipped,
        sound[..999].to_vec(),
        [&sound[..], b"x"].concat(),
        Vec::new(),
        vec![0x1f, 0x8b, 8],
    ] {
        std::fs::write(&path, damaged).unwrap();
        let message = verify(entry.name, root.path()).unwrap_err().to_string();
        assert!(message.contains("t10k-labels-idx1-ubyte is damaged"), "{message}");
    }
    std::fs::write(&path, sound).unwrap();
    verify(entry.name, root.path()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let message = verify(entry.name, root.path()).unwrap_err().to_string();
    assert!(message.contains("t10k-labels-idx1-ubyte cannot be read"), "{message}");
    assert!(!list(root.path())[1].present);
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let message = verify("fashion", Path::new("")).unwrap_err().to_string();
    assert!(
        message.contains("`fashion`") && message.contains("fashion-mnist-mini, mnist"),
        "{message}"
    );
}
