use image::{
    ExtendedColorType, ImageEncoder, Luma, LumaA, Rgb, RgbImage, Rgba, codecs::png::PngEncoder,
};
use proptest::prelude::*;

use super::*;

mod limits;

const GREY: ImageShape = ImageShape { channels: 1, height: 2, width: 2 };
const RGB: ImageShape = ImageShape { channels: 3, height: 1, width: 2 };

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(bytes: &[u8], shape: ImageShape) -> Vec<u8> {
    read_image_bytes(Path::new("image"), bytes, shape, false, Bounds::FILE).unwrap()
}

fn fault(bytes: &[u8]) -> String {
    let error =
        read_image_bytes(Path::new("bad.jpg"), bytes, GREY, false, Bounds::FILE).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("bad.jpg cannot be read as an image: "), "{message}");
    message
}

#[test]
fn lossless_formats_give_their_pixels_channel_by_channel() {
    let image =
        DynamicImage::from(RgbImage::from_fn(2, 1, |column, _| Rgb([10, 20, 30 + column as u8])));
    for format in [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::Pnm,
        ImageFormat::Qoi,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        assert_eq!(read(&encoded(&image, format), RGB), [10, 10, 20, 20, 30, 31], "{format:?}");
    }
}

#[test]
fn the_name_tells_a_format_that_has_no_mark() {
    let bytes =
        encoded(&DynamicImage::from(RgbImage::from_pixel(2, 1, Rgb([1, 2, 3]))), ImageFormat::Tga);
    assert_eq!(
        read_image_bytes(Path::new("a.tga"), &bytes, RGB, false, Bounds::FILE).unwrap(),
        [1, 1, 2, 2, 3, 3]
    );
    // The bytes take precedence over the name.
    let bytes =
        encoded(&DynamicImage::from(RgbImage::from_pixel(2, 1, Rgb([1, 2, 3]))), ImageFormat::Png);
    assert_eq!(
        read_image_bytes(Path::new("a.tga"), &bytes, RGB, false, Bounds::FILE).unwrap(),
        [1, 1, 2, 2, 3, 3]
    );
}

#[test]
fn grey_is_luma_of_bt_709() {
    let green = encoded(
        &DynamicImage::from(RgbImage::from_pixel(2, 2, Rgb([0, 255, 0]))),
        ImageFormat::Png,
    );
    assert_eq!(read(&green, GREY), [182; 4], "0.7152 * 255");
    let grey = encoded(
        &DynamicImage::from(image::GrayImage::from_pixel(2, 1, Luma([9]))),
        ImageFormat::Png,
    );
    assert_eq!(read(&grey, RGB), [9; 6]);
}

#[test]
fn transparency_becomes_white() {
    let half =
        image::RgbaImage::from_fn(2, 1, |column, _| Rgba([0, 0, 0, [0, 128][column as usize]]));
    assert_eq!(read(&encoded(&half.into(), ImageFormat::Png), RGB), [255, 127, 255, 127, 255, 127]);
    let grey = image::GrayAlphaImage::from_pixel(2, 2, LumaA([0, 0]));
    assert_eq!(read(&encoded(&grey.into(), ImageFormat::Png), GREY), [255; 4]);
}

#[test]
fn premultiplied_alpha_becomes_straight() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/images/clear.tif");
    let mut tiff = std::fs::read(file).unwrap();
    // A value of 100 at half opacity on white.
    assert_eq!(read(&tiff, RGB), [177, 177, 127, 127, 127, 127]);
    // Tag ExtraSamples, short, one value: 2 is straight alpha, 1 is premultiplied.
    let entry = b"\x52\x01\x03\0\x01\0\0\0\x02";
    let at = tiff.windows(9).position(|bytes| bytes == entry).unwrap();
    tiff[at + 8] = 1;
    assert_eq!(read(&tiff, RGB), [227, 227, 127, 127, 127, 127]);
}

#[test]
fn inverting_turns_dark_into_light() {
    let grey = image::GrayImage::from_raw(2, 2, vec![0, 1, 254, 255]).unwrap();
    let bytes = encoded(&grey.into(), ImageFormat::Png);
    assert_eq!(
        read_image_bytes(Path::new("a"), &bytes, GREY, true, Bounds::FILE).unwrap(),
        [255, 254, 1, 0]
    );
}

#[test]
fn any_size_is_stretched_without_aliasing() {
    // Stripes finer than the target's pixels average out.
    let stripes = image::GrayImage::from_fn(200, 100, |column, _| {
        Luma([if column % 2 == 0 { 0 } else { 200 }])
    });
    let read_stripes = read(&encoded(&stripes.into(), ImageFormat::Png), GREY);
    assert!(read_stripes.iter().all(|&pixel| pixel.abs_diff(100) <= 2), "{read_stripes:?}");
    let point = image::GrayImage::from_pixel(1, 1, Luma([77]));
    assert_eq!(read(&encoded(&point.into(), ImageFormat::Png), GREY), [77; 4]);
}

#[test]
fn a_photograph_is_turned_as_its_exif_data_say() {
    let image = image::GrayImage::from_raw(2, 2, vec![10, 20, 30, 40]).unwrap();
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    // TIFF header, one entry: tag 0x0112 (orientation), short, one value, 6: turn right.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&image, 2, 2, ExtendedColorType::L8).unwrap();
    assert_eq!(read(&bytes, GREY), [30, 10, 40, 20]);
}

#[test]
fn files_in_other_formats_are_named() {
    fault(b"");
    fault(b"\xff\xd8\xff");
    fault(b"some text");
    let message = read_image_bytes(Path::new("notes.txt"), b"some text", GREY, false, Bounds::FILE)
        .unwrap_err()
        .to_string();
    assert!(message.contains("notes.txt"), "{message}");
    let error = read_image(Path::new("/no/such/file.png"), GREY, false).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }));
    assert!(
        read_image_bytes(
            Path::new("a"),
            b"",
            ImageShape { channels: 2, ..GREY },
            false,
            Bounds::FILE
        )
        .is_err()
    );
    assert!(
        read_image_bytes(Path::new("a"), b"", ImageShape { width: 0, ..GREY }, false, Bounds::FILE)
            .is_err()
    );
}

proptest! {
    #[test]
    fn damaged_images_end_in_an_error_or_an_image(
        format in prop::sample::select(vec![
            ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff,
            ImageFormat::WebP, ImageFormat::Ico, ImageFormat::Tga, ImageFormat::Qoi, ImageFormat::Pnm,
        ]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let image = RgbImage::from_fn(9, 7, |column, row| Rgb([column as u8 * 20, row as u8 * 30, 5]));
        let mut bytes = encoded(&image.into(), format);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(4 * bytes.len()));
        let name = format!("a.{}", format.extensions_str()[0]);
        match read_image_bytes(Path::new(&name), &bytes, GREY, false, Bounds::FILE) {
            Ok(pixels) => prop_assert_eq!(pixels.len(), 4),
            Err(error) => prop_assert!(error.to_string().starts_with(&name)),
        }
    }
}
