//! Mean returns of a random player and of a perfect memory, with 95 % intervals.
//!
//! `cargo run --release -p hearth-environments --example memory_cards [EPISODES]`

#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::error::Error;

use hearth_config::seed::{Purpose, Stream};
use hearth_environments::{MemoryCards, PerfectMemory, Player, RandomPlayer, play_episode};

fn main() -> Result<(), Box<dyn Error>> {
    let episodes = std::env::args().nth(1).map_or(Ok(10_000), |number| number.parse::<u64>())?;
    for num_cards in [8, 16] {
        let cards = MemoryCards::new(num_cards, num_cards / 2)?;
        print("random", &cards, &mut RandomPlayer, episodes);
        print("perfect memory", &cards, &mut PerfectMemory::default(), episodes);
    }
    Ok(())
}

/// Plays the episodes of the seeds `0..episodes` and prints the mean return.
fn print(name: &str, cards: &MemoryCards, player: &mut impl Player, episodes: u64) {
    let mut cards = cards.clone();
    let mut random = Stream::new(0, Purpose::Sample, 0, 0);
    let returns: Vec<_> =
        (0..episodes).map(|seed| play_episode(&mut cards, player, seed, &mut random)).collect();
    let count = episodes as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let squares = returns.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let interval = 1.96 * (squares / (count - 1.0) / count).sqrt();
    let num_cards = cards.deck().values().len();
    println!("{num_cards} cards, {name}: {mean:.4} +- {interval:.4}");
}
