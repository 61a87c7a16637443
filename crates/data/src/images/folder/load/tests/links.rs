//! Links, unreadable files and odd names.

use std::fs;

use super::*;

#[test]
fn a_folder_that_many_links_lead_to_is_read_once() {
    use std::os::unix::fs::symlink;
    let images = TempImages::parts(2, 1);
    // Two links from each folder to the next: 2^29 paths to the last folder, which links back to the first.
    for depth in 0..30 {
        let folder = images.path(&format!("train/cat/deep-{depth:02}"));
        fs::create_dir(&folder).unwrap();
        let next = images.path(&format!("train/cat/deep-{:02}", (depth + 1) % 30));
        symlink(&next, folder.join("one")).unwrap();
        symlink(&next, folder.join("two")).unwrap();
    }
    images.add("train/cat/deep-29/last.png", [9; 3]);
    let dataset = images.load();
    assert_eq!(dataset.train.labels, [0, 0, 0, 1, 1]);
    assert!(dataset.warnings[0].contains("leads back to"), "{:?}", dataset.warnings);
    assert!(dataset.warnings[2].contains("read under another name"), "{:?}", dataset.warnings);
}

#[cfg(target_os = "linux")]
#[test]
fn unreadable_files_are_skipped() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let images = TempImages::parts(2, 1);
    let _socket = std::os::unix::net::UnixListener::bind(images.path("train/cat/socket")).unwrap();
    // A file that cannot be read even by root.
    symlink("/proc/self/mem", images.path("train/cat/failing.png")).unwrap();
    images.add("train/dog/locked.png", [7; 3]);
    let locked = images.path("train/dog/locked.png");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
    // Root reads it regardless.
    let is_read = fs::read(&locked).is_ok();
    let dataset = images.load();
    let labels: &[u16] = if is_read { &[0, 0, 1, 1, 1] } else { &[0, 0, 1, 1] };
    assert_eq!(dataset.train.labels, labels);
    assert_eq!(dataset.warnings.len(), if is_read { 2 } else { 3 }, "{:?}", dataset.warnings);
    for (name, fault) in [("socket", "no regular file"), ("failing.png", "Input/output error")] {
        let named = |warning: &&String| warning.contains(name) && warning.contains(fault);
        assert_eq!(dataset.warnings.iter().filter(named).count(), 1, "{:?}", dataset.warnings);
    }
}

#[test]
fn circles_dead_links_and_odd_names_do_no_harm() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let images = TempImages::parts(2, 1);
    symlink(images.path("train/cat"), images.path("train/cat/circle")).unwrap();
    symlink("nowhere", images.path("train/cat/dead.png")).unwrap();
    symlink(images.path("train/dog/1.png"), images.path("train/cat/link.png")).unwrap();
    let odd = images.path("train/cat").join(OsStr::from_bytes(b"\xff\xfe.png"));
    fs::copy(images.path("train/cat/0.png"), odd).unwrap();
    let dataset = images.load();
    assert_eq!(dataset.train.labels, [0, 0, 0, 0, 1, 1]);
    assert_eq!(dataset.train.image(2), dataset.train.image(5), "a link is what it leads to");
    assert_eq!(dataset.warnings.len(), 2, "{:?}", dataset.warnings);
    assert!(dataset.warnings[0].contains("circle") && dataset.warnings[0].contains("leads back"));
    assert!(dataset.warnings[1].contains("dead.png"));
    fs::create_dir(images.path("train").join(OsStr::from_bytes(b"\xff"))).unwrap();
    assert!(images.fault().contains("must be UTF-8"), "{}", images.fault());
}
