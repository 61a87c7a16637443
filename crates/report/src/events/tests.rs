use super::*;

/// The messages of a file, by the lengths in its records.
fn messages(path: &Path) -> Vec<Vec<u8>> {
    let file = fs::read(path).unwrap();
    let mut rest = file.as_slice();
    let mut found = Vec::new();
    while let Some((length, _)) = rest.split_first_chunk() {
        let length = u64::from_le_bytes(*length) as usize;
        let message = rest[12..12 + length].to_vec();
        assert_eq!(record::framed(&message), rest[..length + 16]);
        rest = &rest[length + 16..];
        found.push(message);
    }
    assert!(rest.is_empty());
    found
}

#[test]
fn two_files_made_at_once_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..3).map(|_| EventFile::create(folder.path()).unwrap()).collect();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    for file in &files {
        let name = file.path().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("events.out.tfevents."), "{name}");
    }
}

#[test]
fn every_event_is_a_record_behind_that_of_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = EventFile::create(&folder.path().join("made")).unwrap();
    file.restarted(3).unwrap();
    file.scalar(4, "loss", f64::NAN).unwrap();
    file.histogram(4, "weights", &[]).unwrap();
    // Longer than the buffer.
    file.png(4, "samples", &vec![7; 20_000], [28, 14], 1).unwrap();
    file.text(4, "config", "**seed** 1").unwrap();
    file.flush().unwrap();

    let found = messages(file.path());
    assert_eq!(found.len(), 7);
    // After the time, field 1 of 8 bytes, the step is field 2.
    assert_eq!(found[0][9..], *b"\x10\x00\x1a\x0dbrain.Event:2");
    for restart in &found[1..3] {
        assert_eq!(restart[9..], *b"\x10\x04\x3a\x02\x08\x01");
    }
    assert_eq!(found[3][9..], *b"\x10\x04\x2a\x0d\x0a\x0b\x0a\x04loss\x15\x00\x00\xc0\x7f");
}

#[test]
fn an_image_whose_size_has_no_number_in_the_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = EventFile::create(folder.path()).unwrap();
    let refused = file.png(0, "samples", &[], [1 << 31, 1], 1).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
}
