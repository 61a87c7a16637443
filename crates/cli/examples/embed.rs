//! A trained network inside another program: `cargo run --release -p hearth --example embed -- runs/mlp-001
//! shirt.png`, with a run or an export.

use std::error::Error;

use hearth::ImagePredictor;

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let [network, picture] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(
            |_| "name a trained network and a picture, such as runs/mlp-001 and shirt.png",
        )?;
    let predictor = ImagePredictor::open(network)?;
    for guess in predictor.predict_file(picture)?.iter().take(3) {
        println!("{:<12} {:.4}", guess.class, guess.probability);
    }
    Ok(())
}
