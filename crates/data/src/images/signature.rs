//! Recognition of file formats by their first bytes, for messages about files that cannot be read.

/// The format of a file, as a noun with its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// An image in a format without a decoder here.
    Image(&'static str),
    /// Another format than an image.
    Other(&'static str),
}

use FileFormat::{Image, Other};

/// Offset, bytes, and format of each signature.
const SIGNATURES: &[(usize, &[u8], FileFormat)] = &[
    (0, b"\x93NUMPY", Other("a NumPy array (.npy)")),
    (0, b"\x89HDF\r\n\x1a\n", Other("an HDF5 file")),
    (0, b"MATLAB 5.0 MAT-file", Other("a MATLAB file (.mat)")),
    (0, b"PAR1", Other("a Parquet table")),
    (0, b"ARROW1", Other("an Arrow table")),
    (0, b"SQLite format 3\0", Other("an SQLite database")),
    (0, b"\x1f\x8b", Other("a gzip file")),
    (0, b"BZh", Other("a bzip2 file")),
    (0, b"\xfd7zXZ\0", Other("an xz file")),
    (0, b"\x28\xb5\x2f\xfd", Other("a zstd file")),
    (0, b"7z\xbc\xaf\x27\x1c", Other("a 7z archive")),
    (0, b"Rar!\x1a\x07", Other("a RAR archive")),
    (257, b"ustar", Other("a tar archive")),
    (0, b"%PDF", Other("a PDF document")),
    (0, b"%!PS", Image("a PostScript file")),
    (0, b"\xc5\xd0\xd3\xc6", Image("a PostScript file")),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", Image("a JPEG XL image")),
    (0, b"\xff\x0a", Image("a JPEG XL image")),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", Image("a JPEG 2000 image")),
    (0, b"\xff\x4f\xff\x51", Image("a JPEG 2000 image")),
    (0, b"II\xbc\x01", Image("a JPEG XR image")),
    (0, b"8BPS", Image("a Photoshop document (PSD)")),
    (0, b"gimp xcf", Image("a GIMP image (XCF)")),
    (0, b"v/1\x01", Image("an OpenEXR image")),
    (0, b"#?RADIANCE", Image("a Radiance image (HDR)")),
    (0, b"#?RGBE", Image("a Radiance image (HDR)")),
    (0, b"PF\n", Image("a PFM image")),
    (0, b"Pf\n", Image("a PFM image")),
    (0, b"DDS ", Image("a DirectDraw image (DDS)")),
    (0, b"farbfeld", Image("a farbfeld image")),
    (0, b"icns", Image("an Apple icon (ICNS)")),
    (0, b"\x01\xda", Image("an SGI image")),
    (0, b"\x0a\x05\x01", Image("a PCX image")),
    (0, b"AT&TFORM", Image("a DjVu document")),
    (0, b"SIMPLE  =", Image("a FITS image")),
    (128, b"DICM", Image("a DICOM image")),
    (0, b"FLIF", Image("a FLIF image")),
    (0, b"\xd7\xcd\xc6\x9a", Image("a Windows metafile (WMF)")),
    (0, b"FUJIFILMCCD-RAW", Image("a camera's raw image (RAF)")),
    (0, b"IIU\0", Image("a camera's raw image (RW2)")),
    (0, b"IIRO", Image("a camera's raw image (ORF)")),
    (0, b"IIRS", Image("a camera's raw image (ORF)")),
    (0, b"MMOR", Image("a camera's raw image (ORF)")),
    (6, b"HEAPCCDR", Image("a camera's raw image (CRW)")),
    (0, b"\0MRM", Image("a camera's raw image (MRW)")),
    (0, b"FOVb", Image("a camera's raw image (X3F)")),
    (0, b"\x1aE\xdf\xa3", Other("a film")),
    (8, b"AVI ", Other("a film")),
];

/// The format of a file that is neither IDX nor an image with a decoder here; a text is recognised by all bytes
/// given.
pub(crate) fn kind(bytes: &[u8]) -> Option<FileFormat> {
    let at =
        |place: usize, mark: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(mark));
    if at(4, b"ftyp") {
        return Some(of_media_container(bytes));
    }
    if at(0, b"PK\x03\x04") {
        let begin = bytes.get(30..).unwrap_or_default();
        let name = &begin[..begin.len().min(200)];
        let numpy = name.windows(4).any(|part| part == b".npy");
        return Some(Other(if numpy { "a NumPy archive (.npz)" } else { "a ZIP archive" }));
    }
    let mut known = SIGNATURES.iter().filter(|(place, mark, _)| at(*place, mark));
    known.next().map(|(.., kind)| *kind).or_else(|| text(bytes))
}

/// The format in an ISO base media file (ISO/IEC 14496-12), by its brands.
fn of_media_container(bytes: &[u8]) -> FileFormat {
    let length = bytes
        .get(..4)
        .map_or(0, |size| size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    let brands = bytes.get(8..length.min(bytes.len()).min(256)).unwrap_or_default();
    let is = |names: &[&[u8; 4]]| {
        brands.chunks_exact(4).any(|brand| names.iter().any(|name| brand == *name))
    };
    if is(&[b"crx "]) {
        Image("a camera's raw image (CR3)")
    } else if is(&[b"avif", b"avis"]) {
        Image("an AVIF image")
    } else if is(&[b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"]) {
        Image("a HEIF image (HEIC)")
    } else {
        Other("a film")
    }
}

/// The format of a text: HTML, SVG, ...
fn text(bytes: &[u8]) -> Option<FileFormat> {
    if bytes.contains(&0) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let begin: String =
        text.trim_start_matches('\u{feff}').trim_start().chars().take(1000).collect();
    let begin = begin.to_ascii_lowercase();
    Some(if begin.starts_with("version https://git-lfs") {
        Other("a Git LFS pointer, for which `git lfs pull` gets the file")
    } else if begin.starts_with("<svg") || begin.starts_with("<?xml") && begin.contains("<svg") {
        Image("an SVG drawing")
    } else if begin.starts_with("<!doctype html") || begin.starts_with("<html") {
        Other("an HTML page")
    } else {
        Other("a text")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named() {
        for (bytes, name) in [
            (&b"\x93NUMPY\x01\0v\0"[..], "a NumPy array (.npy)"),
            (
                b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0x.npy",
                "a NumPy archive (.npz)",
            ),
            (b"PK\x03\x04", "a ZIP archive"),
            (b"%PDF-1.7 \0", "a PDF document"),
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "an AVIF image"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIF image (HEIC)"),
            (b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2", "a film"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
                "a Git LFS pointer, for which `git lfs pull` gets the file",
            ),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", "an SVG drawing"),
            (b"\n<!DOCTYPE html><html>", "an HTML page"),
            (b"label,p0,p1\n1,2,3\n", "a text"),
        ] {
            let Some(Image(found) | Other(found)) = kind(bytes) else { panic!("{name}") };
            assert_eq!(found, name);
        }
        for other in
            [&b"\0\0\x08\x01\0\0\0\x01\0"[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM\0"]
        {
            assert_eq!(kind(other), None, "{other:?}");
        }
    }
}
