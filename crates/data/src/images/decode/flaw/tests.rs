use std::path::Path;

use crate::images::decode::{Bounds, read_image_bytes};
use crate::samples::ImageShape;

/// The fault in the message about a file.
fn fault(name: &str, bytes: &[u8]) -> String {
    let shape = ImageShape { channels: 3, height: 8, width: 8 };
    let read = read_image_bytes(Path::new(name), bytes, shape, false, Bounds::FILE);
    let message = read.expect_err(name).to_string();
    let (_, fault) = message.split_once("cannot be read as an image: ").expect("it begins so");
    fault.split(';').next().unwrap_or_default().to_owned()
}

/// A file made by `scripts/images.py`.
fn case(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/images");
    std::fs::read(folder.join(name)).unwrap()
}

/// The TIFF with another value of a tag in its first directory.
fn with_tag(mut tiff: Vec<u8>, tag: u16, value: u16) -> Vec<u8> {
    let at = u32::from_le_bytes(*tiff[4..].first_chunk().unwrap()) as usize;
    let entries = u16::from_le_bytes(*tiff[at..].first_chunk().unwrap()).into();
    let mut entries = (0..entries).map(|index| at + 2 + 12 * index);
    let entry =
        entries.find(|at| tiff[*at..*at + 2] == tag.to_le_bytes()).expect("it has that tag");
    tiff[entry..entry + 2].copy_from_slice(&tag.to_le_bytes());
    tiff[entry + 2..entry + 8].copy_from_slice(&[3, 0, 1, 0, 0, 0]);
    tiff[entry + 8..entry + 10].copy_from_slice(&value.to_le_bytes());
    tiff
}

/// A JPEG with another kind of frame and another bit depth.
fn with_frame(marker: u8, bits: u8) -> Vec<u8> {
    let mut jpeg = case("restarts.jpg");
    let at = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    (jpeg[at + 1], jpeg[at + 4]) = (marker, bits);
    jpeg
}

#[test]
fn unsupported_files_are_not_called_damaged() {
    let compressed = "it is compressed in a way that is not read here";
    let stored = "its pixels are stored in a way that is not read here";
    for (name, how) in [
        ("jpeg.tif", format!("{compressed} (JPEG within TIFF)")),
        ("group3.tif", format!("{compressed} (fax, Group 3, within TIFF)")),
        ("palette.tif", format!("{stored} (a palette, 8 bits)")),
        ("lab.tif", format!("{stored} (CIE Lab, 3 samples of 8 bits)")),
        ("float.tif", format!("{stored} (floating-point numbers of 32 bits)")),
        ("alpha.tif", format!("{stored} (grey and transparency, 2 samples of 8 bits)")),
        ("photo.avif", "it is an AVIF image, which is not read here".to_owned()),
    ] {
        assert_eq!(fault(name, &case(name)), how);
    }
    let tiff = || case("deflate.tif");
    for (tag, value, how) in [
        (259, 6, format!("{compressed} (JPEG within TIFF, of the old style)")),
        (259, 50_000, format!("{compressed} (Zstandard within TIFF)")),
        (259, 50_001, format!("{compressed} (WebP within TIFF)")),
        (259, 34_925, format!("{compressed} (LZMA within TIFF)")),
        (259, 12_345, format!("{compressed} (TIFF's number 12345)")),
        (262, 6, format!("{stored} (YCbCr, 3 samples of 8 bits)")),
    ] {
        assert_eq!(fault("a.tif", &with_tag(tiff(), tag, value)), how);
    }
    for (marker, bits, how) in [
        (0xc1, 12, format!("{stored} (JPEG of 12 bits)")),
        (0xc2, 12, format!("{stored} (JPEG of 12 bits)")),
        (0xc3, 8, format!("{compressed} (JPEG without loss)")),
        (0xc9, 8, format!("{compressed} (JPEG with arithmetic coding)")),
        (0xca, 8, format!("{compressed} (JPEG with arithmetic coding)")),
        (0xcb, 8, format!("{compressed} (JPEG with arithmetic coding)")),
        (0xf7, 8, format!("{compressed} (JPEG-LS)")),
    ] {
        assert_eq!(fault("a.jpg", &with_frame(marker, bits)), how);
    }
    for (bytes, how) in [
        (
            &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
            "it is a HEIF image (HEIC), which is not read here",
        ),
        (b"\xff\x0a\xfa\x1f\0", "it is a JPEG XL image, which is not read here"),
        (
            b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ",
            "it is a JPEG 2000 image, which is not read here",
        ),
        (b"8BPS\0\x01", "it is a Photoshop document (PSD), which is not read here"),
        (b"<?xml version='1.0'?><svg/>", "it is an SVG drawing, which is not read here"),
        (b"%PDF-1.7", "it is a PDF document"),
        (b"<!doctype html><html>not found", "it is an HTML page"),
        (b"\x1f\x8b\x08\0", "it is a gzip file"),
        (b"\x12\x34\x56\0\x78\x9a\xbc\xde\xf0\x12\x34", "it is in no format that is read here"),
    ] {
        for name in ["a.jpg", "a.png", "a.tif", "a"] {
            assert_eq!(fault(name, bytes), how);
        }
    }
}

/// Raw images of cameras are TIFFs that begin with a preview.
#[test]
fn the_preview_of_a_raw_image_is_not_read() {
    let is_raw = |tag: u16, value: u32| {
        let entry = [&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat();
        let tiff = [&b"II*\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat();
        fault("a.nef", &tiff)
    };
    let cr2 = b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\0\0\0\0\0\0";
    assert!(fault("a.cr2", cr2).contains("a camera's raw image"), "{}", fault("a.cr2", cr2));
    for (tag, value) in [(50_706, 4), (254, 1)] {
        assert!(is_raw(tag, value).contains("a camera's raw image"), "{}", is_raw(tag, value));
    }
    assert!(!is_raw(254, 0).contains("raw"));
}

#[test]
fn damage_is_called_so() {
    for (name, bytes, how) in [
        (
            "a.jpg",
            with_frame(0xc0, 8)[..].iter().map(|byte| byte.wrapping_add(1)).collect(),
            "no format",
        ),
        ("a.png", b"\x89PNG\n\x1a\n\0\0\0\rIHDR".to_vec(), "damaged"),
        ("a.jpg", b"some words".to_vec(), "it is a text"),
        ("a.bmp", b"BM is a company".to_vec(), "it is a text"),
        ("a.pgm", b"P5 is a plan of five years".to_vec(), "it is a text"),
        ("a.tga", b"some words in a file by the name of an image".to_vec(), "it is a text"),
    ] {
        let found = fault(name, &bytes);
        assert!(found.contains(how), "{name}: {found}");
    }
}
