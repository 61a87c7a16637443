use super::super::ztext::Entries;
use super::{files, message, set, zlib};
use crate::text::{ZTextFile, ZTextFiles, read_chapters};

type Damage = fn(&mut ZTextFiles);

const BLOCKS: [&[&str]; 2] = [&["", "heading"], &["uno ", "", "dós", "tres"]];

fn read(files: &ZTextFiles) -> Vec<String> {
    Entries::read(files).unwrap().iter().map(str::to_owned).collect()
}

#[test]
fn entries_are_read_in_order() {
    let mut sound = files(&BLOCKS);
    let expected = ["", "heading", "uno ", "", "dós", "tres"];
    assert_eq!(read(&sound), expected);
    // The block of an empty entry does not matter.
    set(&mut sound.entries, 0, 99);
    assert_eq!(read(&sound), expected);
    assert_eq!(read(&files(&[])), [""; 0]);
    assert_eq!(read(&files(&[&[]])), [""; 0]);
}

/// Removes the last byte.
fn shorten(file: &mut ZTextFile) {
    file.bytes.truncate(file.bytes.len() - 1);
}

#[test]
fn damage_is_named() {
    let damaged = |damage: Damage| {
        let mut files = files(&BLOCKS);
        damage(&mut files);
        message(Entries::read(&files))
    };
    let faults: [(Damage, &str); 13] = [
        (|files| shorten(&mut files.entries), "ot.bzv: it has 59 bytes, not a multiple of the 10"),
        (|files| shorten(&mut files.blocks), "ot.bzs: it has 23 bytes, not a multiple of the 12"),
        (|files| shorten(&mut files.text), "ot.bzs: block 1 is bytes 15 to 35 of a file of 34"),
        (|files| set(&mut files.entries, 10, 7), "ot.bzv: entry 1 is in block 7 of 2"),
        (|files| set(&mut files.entries, 14, 1), "ot.bzv: entry 1 is bytes 1 to 8 of a block of 7"),
        (|files| set(&mut files.entries, 14, u32::MAX), "entry 1 is bytes 4294967295 to"),
        // Within a letter of two bytes.
        (|files| files.entries.bytes[48] = 2, "ot.bzv: entry 4 is bytes 4 to 6 of a block of 12"),
        (|files| set(&mut files.blocks, 12, u32::MAX), "ot.bzs: block 1 is bytes 4294967295 to"),
        (|files| set(&mut files.blocks, 12, 0), "ot.bzz: block 1 "),
        (|files| set(&mut files.blocks, 20, 11), "ot.bzz: block 1 has another length"),
        (|files| set(&mut files.blocks, 20, 13), "ot.bzz: block 1 has another length"),
        (
            |files| files.text.bytes[20] ^= 0x55,
            "ot.bzz: block 1 is damaged, or not compressed by zlib",
        ),
        (|files| files.text.bytes[15] = 0, "ot.bzz: block 1 is damaged, or not compressed by zlib"),
    ];
    for (damage, words) in faults {
        let message = damaged(damage);
        assert!(message.contains(words), "{message}\nshould say: {words}");
    }
    let mut latin = files(&[&["uno"]]);
    latin.text.bytes = zlib(b"\xfano");
    set(&mut latin.blocks, 4, latin.text.bytes.len() as u32);
    assert_eq!(message(Entries::read(&latin)), "ot.bzz: block 0 is not in UTF-8");
}

#[test]
fn memory_is_bounded_by_the_length_of_the_files() {
    // Announced, and true: a bomb is refused before it is decompressed.
    let bomb = zlib(&vec![b'a'; 10 << 20]);
    let mut bombs = files(&[&["a"]]);
    set(&mut bombs.blocks, 4, bomb.len() as u32);
    set(&mut bombs.blocks, 8, 10 << 20);
    bombs.text.bytes = bomb;
    let told = message(Entries::read(&bombs));
    assert!(told.contains("has 10485760 decompressed, more than 100 times as many"), "{told}");
    // One block a thousand times, and one entry.
    let mut many = files(&BLOCKS);
    many.blocks.bytes = many.blocks.bytes[12..].repeat(1000);
    let told = message(Entries::read(&many));
    assert!(told.contains("ot.bzs: block 1 overlaps others"), "{told}");
    let mut many = files(&BLOCKS);
    many.entries.bytes = many.entries.bytes[10..20].repeat(1000);
    let told = message(Entries::read(&many));
    assert!(told.contains("ot.bzv: entry 2 overlaps others"), "{told}");
    let told = message(read_chapters(&files(&BLOCKS)));
    assert!(told.contains("ot.bzz: it has no chapter"), "{told}");
}
