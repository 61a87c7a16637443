use std::io::Cursor;
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::images::decode::{Bounds, read_image_bytes};
use crate::samples::ImageShape;

const SHAPE: ImageShape = ImageShape { channels: 3, height: 22, width: 30 };

/// The message about a file; `None` if it can be read.
fn fault(name: &str, bytes: &[u8]) -> Option<String> {
    let read = read_image_bytes(Path::new(name), bytes, SHAPE, false, Bounds::FILE);
    read.err().map(|error| error.to_string())
}

/// A file made by `scripts/images.py`.
fn case(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/images");
    std::fs::read(folder.join(name)).unwrap()
}

/// An image of noise and plain areas.
fn noise() -> DynamicImage {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    DynamicImage::from(RgbImage::from_fn(30, 22, |column, row| {
        image::Rgb(if column < 12 || row > 14 { [200, 30, 30] } else { [next(), next(), next()] })
    }))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Sound files of every supported format.
fn files() -> Vec<(String, Vec<u8>)> {
    let names = [
        "progressive.jpg",
        "restarts.jpg",
        "grey.jpg",
        "print.jpg",
        "lossy.webp",
        "frames.webp",
        "frames.gif",
        "frames.ico",
        "runs.tga",
        "pages.tif",
        "deflate.tif",
        "packbits.tif",
        "fax.tif",
        "big.tif",
    ];
    let mut files: Vec<_> = names.iter().map(|name| ((*name).to_owned(), case(name))).collect();
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Ico,
        ImageFormat::Tga,
        ImageFormat::Qoi,
        ImageFormat::Pnm,
    ] {
        let extension = format.extensions_str()[0];
        files.push((format!("noise.{extension}"), encoded(&noise(), format)));
        let grey = DynamicImage::from(noise().into_luma8());
        if !matches!(format, ImageFormat::Qoi | ImageFormat::Gif) {
            files.push((format!("grey.{extension}"), encoded(&grey, format)));
        }
    }
    files.push((
        "deep.png".to_owned(),
        encoded(&DynamicImage::from(noise().into_rgba16()), ImageFormat::Png),
    ));
    let letters = ["P2\n10 9\n255\n", &"0 10 200\n".repeat(30)].concat();
    files.push(("letters.pgm".to_owned(), letters.into_bytes()));
    files
}

#[test]
fn a_file_that_was_cut_anywhere_ends_too_early() {
    for (name, bytes) in files() {
        assert_eq!(fault(&name, &bytes), None, "{name} is whole");
        // At thirty offsets, and shortly before the end.
        let places = (1..30).map(|part| bytes.len() * part / 30);
        let short = match &name[..] {
            // Up to 16 bytes of padding follow the last page.
            "pages.tif" => 17,
            // A number that lost digits is a number too.
            "letters.pgm" => 4,
            _ => 3,
        };
        for length in places.chain([bytes.len() - short]) {
            let found = fault(&name, &bytes[..length]);
            let found =
                found.unwrap_or_else(|| panic!("{name}: {length} of {} bytes", bytes.len()));
            assert!(found.contains("it ends too early"), "{length} bytes: {found}");
        }
    }
}

#[test]
fn bytes_behind_the_end_are_no_fault() {
    let turned = case("turned.jpg");
    assert_eq!(fault("turned.jpg", &turned), None);
    let end = turned.windows(2).rposition(|two| two == [0xff, 0xd9]).unwrap() + 2;
    assert!(end < turned.len(), "a film is behind it");
    assert_eq!(fault("turned.jpg", &turned[..end]), None);
    for length in (1..30).map(|part| end * part / 30).chain([end - 1, end - 2]) {
        let found =
            fault("turned.jpg", &turned[..length]).unwrap_or_else(|| panic!("{length} of {end}"));
        assert!(found.contains("it ends too early"), "{length} bytes: {found}");
    }
    for (name, bytes) in files() {
        if [".jpg", ".png", ".gif", ".webp"].iter().any(|ending| name.ends_with(ending)) {
            assert_eq!(fault(&name, &[&bytes[..], &[0; 500], b"a film"].concat()), None, "{name}");
        }
    }
}

/// Some programs complete a truncated download: with an end marker, or with zeros to the announced length.
#[test]
fn a_jpeg_without_all_of_its_blocks_is_not_whole() {
    for (name, bytes) in files().into_iter().filter(|(_, bytes)| bytes.starts_with(b"\xff\xd8")) {
        let start = bytes.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
        for length in start..bytes.len() - 3 {
            let closed = [&bytes[..length], &[0xff, 0xd9]].concat();
            assert!(
                fault(&name, &closed).is_some(),
                "{name}: {length} bytes and the mark of the end"
            );
            let mut filled = bytes.clone();
            filled[length..].fill(0);
            assert!(fault(&name, &filled).is_some(), "{name}: {length} bytes and zeros");
        }
    }
    // Zeros before the end marker decode to too few blocks.
    let mut filled =
        encoded(&noise().resize_exact(240, 176, FilterType::Nearest), ImageFormat::Jpeg);
    assert_eq!(fault("filled.jpg", &filled), None);
    let (half, end) = (filled.len() / 2, filled.len() - 2);
    filled[half..end].fill(0);
    assert!(fault("filled.jpg", &filled).is_some());
}

/// A progressive JPEG may be truncated between two scans and completed by an end marker: all blocks are present, at
/// lower quality.
#[test]
fn a_progressive_jpeg_has_all_of_its_scans() {
    let bytes = case("progressive.jpg");
    let scans: Vec<_> =
        (0..bytes.len() - 1).filter(|at| bytes[*at..*at + 2] == [0xff, 0xda]).collect();
    assert!(scans.len() > 5);
    for scan in &scans[1..] {
        // Tables precede a scan.
        let tables =
            bytes[..*scan].windows(2).rposition(|two| two == [0xff, 0xc4]).unwrap_or(*scan);
        let found = fault("progressive.jpg", &[&bytes[..tables], &[0xff, 0xd9]].concat());
        assert!(found.is_some_and(|found| found.contains("too early")), "{scan}");
    }
}
