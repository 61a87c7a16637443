//! Fuzz target for image files, under the interface name `picture`.

use std::path::Path;

use hearth_data::{Bounds, ImageShape, pixels, read_image_bytes};

/// Decodes the input to a grey or an RGB image, by the parity of its length.
pub fn run(input: &[u8]) {
    let channels = if input.len().is_multiple_of(2) { 1 } else { 3 };
    let shape = ImageShape { channels, height: 28, width: 28 };
    // TGA has no signature and is recognised by its name.
    let name = Path::new("picture.tga");
    match read_image_bytes(name, input, shape, false, Bounds::FILE) {
        Ok(values) => {
            assert_eq!(values.len(), shape.pixels(), "an image of another size");
            let count = pixels(name, input).expect("its size is known");
            assert!((1..=Bounds::FILE.pixels).contains(&count), "{count} pixels");
        }
        Err(error) => {
            let message = error.to_string();
            let (_, fault) = message.split_once("cannot be read as an image: ").expect(&message);
            assert!(message.starts_with("picture.tga ") && !fault.is_empty(), "{message}");
        }
    }
}
