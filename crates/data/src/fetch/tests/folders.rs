//! Files that are here already, in the dataset's folder and in others.

use super::*;

#[test]
fn a_folder_gives_what_it_has_and_the_next_one_the_rest() {
    static NESTED: Entry = Entry {
        files: &[
            FileEntry { name: "inner/abc", bytes: 3, sha256: ABC },
            FileEntry { name: "other/empty", bytes: 0, sha256: EMPTY },
        ],
        ..TINY
    };
    let place = tempfile::tempdir().unwrap();
    let location = |name: &str, file: &str, contents: &str| {
        let path = place.path().join(name).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        DownloadLocation::Folder(place.path().join(name).display().to_string().into())
    };
    let locations = [location("first", "other/empty", ""), location("second", "inner/abc", "abc")];
    let fetch = Fetch { tools: Tools::default(), time_limit: Duration::from_mins(1) };
    let root = place.path().join("root");
    let mut attempts = 0;
    fetch
        .all(&NESTED, &locations, &root, &mut |text| {
            attempts += usize::from(text.contains("trying"));
        })
        .unwrap();
    assert_eq!(attempts, 2);
    assert_eq!(fs::read(root.join("tiny/inner/abc")).unwrap(), b"abc");
    assert_eq!(fs::read_dir(root.join("tiny/other")).unwrap().count(), 1);
}

#[test]
fn only_missing_and_damaged_files_are_fetched() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("abc"), "abd").unwrap();
    fs::write(folder.join("long.gz"), gzip(contents("long"))).unwrap();
    let location = serve(|name, stream| {
        assert_ne!(name, "long");
        respond(stream, contents(name).len(), contents(name))
    });
    let fetch = Fetch { tools: Tools::default(), time_limit: Duration::from_mins(1) };
    fetch.all(&TINY, &[location], root.path(), &mut |_| ()).unwrap();
    assert_eq!(fs::read(folder.join("abc")).unwrap(), b"abc");
    assert!(!folder.join("long").exists());
    // No location is tried where all files are present.
    fetch
        .all(
            &TINY,
            &[DownloadLocation::Folder("/no/such/folder".into())],
            root.path(),
            &mut |text| {
                assert!(!text.contains("trying"), "{text}");
            },
        )
        .unwrap();
}
