//! Recognition of files that are no CSV in UTF-8, with the remedy.

use super::input::count;

/// First bytes of formats that are no text, with their names and remedies.
const KINDS: [(&[u8], &str, &str); 12] = [
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive", SAVE),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", SAVE),
    (b"\x89PNG", "a PNG image", IMAGES),
    (b"\xff\xd8\xff", "a JPEG image", IMAGES),
    (b"GIF8", "a GIF image", IMAGES),
    (b"%PDF", "a PDF document", SAVE),
    (b"PAR1", "a Parquet file", SAVE),
    (b"\x89HDF", "an HDF5 file", SAVE),
    (b"SQLite format 3", "an SQLite database", SAVE),
    (b"BZh", "compressed by bzip2", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", UNPACK),
    (b"\xfd7zXZ", "compressed by xz", UNPACK),
];

const SAVE: &str = "export its table as CSV";
const IMAGES: &str = "for images, write data.kind = \"image-folder\"";
const UNPACK: &str = "unpack it first; plain and gzip files are read";

/// Advice on saving a file as UTF-8.
pub(crate) const AS_UTF_8: &str =
    "save it as UTF-8 (in a spreadsheet: Save As, the type \"CSV UTF-8\")";

/// The fault of a file with these first bytes, and its remedy; `None` for text in UTF-8.
pub(crate) fn fault(head: &[u8]) -> Option<String> {
    if let Some((_, what, help)) = KINDS.iter().find(|(start, ..)| head.starts_with(start)) {
        return Some(format!("it is {what}, and no CSV; {help}"));
    }
    let zeros = count(head, 0);
    if head.starts_with(b"\xff\xfe")
        || head.starts_with(b"\xfe\xff")
        || zeros * 3 > head.len() && zeros * 3 < head.len() * 2
    {
        return Some(format!("it is written in UTF-16; {AS_UTF_8}"));
    }
    let at = head.iter().position(|byte| *byte == 0)?;
    let line = count(&head[..at], b'\n') + 1;
    Some(format!("it has a byte 0 in line {line}, so it is no text; export it anew as CSV"))
}

/// The fault of text that is not UTF-8, and its remedy.
pub(crate) fn not_utf_8(text: &[u8]) -> String {
    // In Latin-1, each byte is the letter's code point.
    let shown: String = text.iter().map(|&byte| char::from(byte)).take(40).collect();
    format!(
        "its text is not UTF-8, and is probably Latin-1 or Windows-1252 (`{shown}`); {AS_UTF_8}"
    )
}
