//! Limits of memory, and headers that contradict the file.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};

use super::*;

/// An RGBA PNG of `side` x `side` pixels by its header, whose data decompress to `zeros` zeros.
fn png_of_zeros(side: u32, zeros: usize) -> Vec<u8> {
    png(side, zeros, &[])
}

/// The PNG of [`png_of_zeros`], with other chunks behind its header.
fn png(side: u32, zeros: usize, others: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        bytes.extend((data.len() as u32).to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(data);
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(data);
        bytes.extend(crc.sum().to_be_bytes());
    };
    chunk(b"IHDR", &[&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 6, 0, 0, 0]].concat());
    for (kind, data) in others {
        chunk(kind, data);
    }
    chunk(b"IDAT", &deflated(zeros));
    chunk(b"IEND", b"");
    bytes
}

fn deflated(zeros: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; zeros]).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_few_kilobytes_cannot_ask_for_much_memory() {
    let fine = png_of_zeros(16, 16 * (16 * 4 + 1));
    assert_eq!(read(&fine, GREY), [255; 4]);
    // 400 MB from 4 kB, then a side that is too long.
    for side in [10_000, 100_000] {
        let message = fault(&png_of_zeros(side, 1 << 22));
        assert!(message.contains("it is too large"), "{message}");
    }
}

#[test]
fn an_image_without_pixels_is_none() {
    for empty in [&b"P5\n0 7\n255\n"[..], b"P5\n7 0\n255\n"] {
        assert!(fault(empty).contains("no pixels"));
    }
}

#[test]
fn turning_an_image_counts_as_memory() {
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let zeros = 2600 * (2600 * 4 + 1);
    assert_eq!(read(&png_of_zeros(2600, zeros), GREY), [255; 4]);
    let message = fault(&png(2600, zeros, &[(b"eXIf", exif)]));
    assert!(message.contains("it is too large"), "{message}");
}

#[test]
fn a_profile_of_colours_does_not_unfold_without_end() {
    let profile = [&b"name\0\0"[..], &deflated(64 << 20)].concat();
    let bomb = png(1, 5, &[(b"iCCP", &profile)]);
    // The profile is skipped, in a PNG and in an icon, and takes at most 8 MiB.
    assert_eq!(read(&bomb, GREY), [255; 4]);
    assert_eq!(read(&icon(&bomb), GREY), [255; 4]);
}

/// An icon with one image.
fn icon(image: &[u8]) -> Vec<u8> {
    let length = (image.len() as u32).to_le_bytes();
    let entry = [&[1, 1, 0, 0, 1, 0, 32, 0][..], &length, &[22, 0, 0, 0]].concat();
    [&[0, 0, 1, 0, 1, 0][..], &entry, image].concat()
}

#[test]
fn a_png_in_an_icon_is_held_to_the_limits_of_any() {
    let image = DynamicImage::from(image::RgbaImage::from_pixel(1, 1, Rgba([9, 9, 9, 255])));
    let png = encoded(&image, ImageFormat::Png);
    assert_eq!(read(&icon(&png), GREY), [9; 4]);
    assert_eq!(read(&encoded(&image, ImageFormat::Ico), GREY), [9; 4]);
    let message = fault(&icon(&png_of_zeros(10_000, 1 << 22)));
    assert!(message.contains("it is too large"), "{message}");
}

#[test]
fn a_webp_must_match_its_headers() {
    // One pixel with an alpha channel.
    let webp = |chunk: &[u8]| {
        let length = (chunk.len() as u32 + 22).to_le_bytes();
        let head = b"WEBPVP8X\x0a\0\0\0\x18\0\0\0\0\0\0\0\0\0";
        [b"RIFF", &length[..], head, chunk].concat()
    };
    let message = fault(&webp(b"EXIF\xf0\xff\xff\xff12345678"));
    assert!(message.contains("ends too early"), "{message}");
    // A key frame of 16383x16383.
    let frame = b"VP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f";
    let in_animation = [&b"ANMF\x22\0\0\0"[..], &[0; 16], frame].concat();
    for chunk in [&frame[..], &in_animation] {
        let message = fault(&webp(chunk));
        assert!(message.contains("damaged"), "{message}");
    }
}

#[test]
fn a_tiff_must_match_its_directory() {
    let short = |tag: u16, value: u16| (tag, 3_u16, 1_u32, u32::from(value));
    for (entry, fault_of_it) in [
        // A list of 16 million offsets, and a long text.
        ((273, 4, 1 << 24, 8), "ends too early"),
        ((270, 2, 1 << 28, 8), "ends too early"),
        (short(259, 7), "JPEG within TIFF"),
        ((259, 2, 1, 7), "damaged"),
        (short(277, 1000), "damaged"),
        ((322, 4, 1, 1 << 30), "damaged"),
    ] {
        let (tag, kind, count, value) = entry;
        let little = [
            &b"II*\0\x08\0\0\0\x01\0"[..],
            &tag.to_le_bytes(),
            &kind.to_le_bytes(),
            &count.to_le_bytes(),
            &value.to_le_bytes(),
            &[0; 4],
        ];
        // A short value occupies the first of the field's four bytes.
        let value = if kind == 3 { value << 16 } else { value };
        let big = [
            &b"MM\0*\0\0\0\x08\0\x01"[..],
            &tag.to_be_bytes(),
            &kind.to_be_bytes(),
            &count.to_be_bytes(),
            &value.to_be_bytes(),
            &[0; 4],
        ];
        for tiff in [little.concat(), big.concat()] {
            let message = fault(&tiff);
            assert!(message.contains(fault_of_it), "{message}");
        }
    }
}
