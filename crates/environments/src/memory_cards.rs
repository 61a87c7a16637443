//! The card game Concentration, also called Memory or Pairs, for one player.

mod deck;
mod perfect_memory;

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError, TensorValue};
use image::RgbImage;

pub use self::deck::{Deck, Face, Flip};
pub use self::perfect_memory::PerfectMemory;
use crate::canvas::{Canvas, GREY, hue};
use crate::{Action, ActionSpace, Environment, EnvironmentError, Spaces, StepResult};

/// Pairs to be found among cards that lie face down, by memory: `Concentration` of `POPGym` (Morad et al. 2023,
/// `popgym/envs/concentration.py`) with its rewards and length, for any number of cards, and with one change: a card
/// that lies face up cannot be chosen.
///
/// Each step flips a card. After the second one of a turn both stay face up if they match, and are turned down by the
/// next step if they do not, so that they are seen once.
///
/// Observation: for each card one-hot of face down or its value, then the last chosen card, one-hot. Actions: the card
/// to flip; the mask allows those that lie face down. Reward: `2 / num_cards` for a match, so that a whole game gives
/// 1; `-2 / max_steps` for a miss, so that a game of misses gives -1. Terminal: all cards are matched. An episode
/// is truncated after `2 num_cards` steps, `POPGym`'s `ceil(2 n - n / (2 n - 1))` for every even `n`.
#[derive(Clone, Debug)]
pub struct MemoryCards {
    deck: Deck,
}

impl MemoryCards {
    /// `num_cards` cards of `num_values` different values: half as many values for pairs, fewer where several pairs
    /// look alike. Values that do not occur in equal and even numbers are an error.
    pub fn new(num_cards: usize, num_values: usize) -> Result<Self, EnvironmentError> {
        if num_cards == 0 || num_values == 0 || !num_cards.is_multiple_of(2 * num_values) {
            return Err(EnvironmentError::Settings(format!(
                "{num_cards} cards are not made of {num_values} values in pairs: the number of cards must be a \
                 multiple of twice the number of values"
            )));
        }
        let mut random = Stream::new(0, Purpose::Environment, 0, 0);
        Ok(Self { deck: Deck::shuffled(num_cards, num_values, &mut random) })
    }

    /// The cards.
    pub fn deck(&self) -> &Deck {
        &self.deck
    }

    fn num_cards(&self) -> usize {
        self.deck.values().len()
    }
}

impl Environment for MemoryCards {
    fn spaces(&self) -> Spaces {
        let action = ActionSpace::Discrete(self.num_cards());
        Spaces { observation: self.deck.observation_size(), action }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(2 * self.num_cards() as u32)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        self.deck = Deck::shuffled(self.num_cards(), self.deck.num_values(), &mut random);
    }

    fn step(&mut self, action: Action<'_>) -> StepResult {
        let num_cards = self.num_cards() as f64;
        let reward = match self.deck.flip(action.index()).expect("an allowed card") {
            Flip::First => 0.0,
            Flip::Match => 2.0 / num_cards,
            Flip::Miss => -1.0 / num_cards,
        };
        StepResult { reward, terminated: self.deck.is_over() }
    }

    fn observe(&self, observation: &mut [f32]) {
        self.deck.observe(observation);
    }

    fn mask(&self, allowed: &mut [bool]) {
        self.deck.mask(allowed);
    }

    /// The faces as 0 for face down, 1 for open and 2 for found; the last card as -1 before the first flip.
    fn state(&self) -> Result<StateDict, StoreError> {
        let shape = [self.num_cards()];
        let values: Vec<_> =
            self.deck.values().iter().map(|value| value.cast_signed() as i64).collect();
        let faces: Vec<_> = self.deck.faces().iter().map(|face| *face as i64).collect();
        let mut state = StateDict::new();
        state.insert("values", TensorValue::new(shape, &values)?)?;
        state.insert("faces", TensorValue::new(shape, &faces)?)?;
        state.insert("last", self.deck.last().map_or(-1, |card| card.cast_signed() as i64))?;
        Ok(state)
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        let shape = [self.num_cards()];
        let values = state.take_values::<i64>("values", &shape)?;
        let faces = state.take_values::<i64>("faces", &shape)?;
        let last = usize::try_from(state.take_int("last")?).ok();
        let face = |face: &i64| match face {
            0 => Face::Down,
            1 => Face::Open,
            _ => Face::Found,
        };
        let values = values.iter().map(|value| *value as usize).collect();
        let deck = self.deck.with(values, faces.iter().map(face).collect(), last);
        let wanted = "the order of these cards";
        let found = "another deck's";
        self.deck =
            deck.ok_or_else(|| StoreError::Kind { path: "values".into(), wanted, found })?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let columns = (self.num_cards() as f64).sqrt().ceil() as usize;
        let rows = self.num_cards().div_ceil(columns);
        let middle = [columns as f64 / 2.0, -(rows as f64) / 2.0];
        let size = [columns as u32 * 50, rows as u32 * 50];
        let mut canvas = Canvas::new(size, middle, columns as f64);
        for card in 0..self.num_cards() {
            let centre = [(card % columns) as f64 + 0.5, -((card / columns) as f64) - 0.5];
            canvas.rectangle(centre, [0.8, 0.9], GREY);
            if let Some(value) = self.deck.visible(card) {
                let colour = hue(value as f64 / self.deck.num_values() as f64);
                canvas.rectangle(centre, [0.7, 0.8], colour);
            }
        }
        Some(canvas.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RandomPlayer, play_episode};

    /// The mean and its standard error of a player's returns.
    fn returns(num_cards: usize, player: &mut impl crate::Player, episodes: u64) -> [f64; 2] {
        let mut cards = MemoryCards::new(num_cards, num_cards / 2).expect("pairs");
        let mut random = Stream::new(3, Purpose::Sample, 0, 0);
        let returns: Vec<_> =
            (0..episodes).map(|seed| play_episode(&mut cards, player, seed, &mut random)).collect();
        let mean = returns.iter().sum::<f64>() / episodes as f64;
        let variance = returns.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        [mean, (variance / (episodes as f64).powi(2)).sqrt()]
    }

    /// The expected number of misses of a perfect memory with `known` single cards and `unknown` cards, by the
    /// recurrence over a turn of Velleman and Warrington's strategy.
    fn misses(known: usize, unknown: usize) -> f64 {
        if unknown == 0 {
            return 0.0;
        }
        let (k, u) = (known as f64, unknown as f64);
        let mut expected = 0.0;
        if known > 0 {
            expected += k / u * misses(known - 1, unknown - 1);
        }
        if unknown > known {
            let second = (u - k) / u / (u - 1.0);
            // The second card is the first's twin, that of a known card, or neither.
            expected += second * misses(known, unknown - 2);
            expected += second * k * (1.0 + misses(known, unknown - 2));
            if unknown > known + 2 {
                expected += second * (u - 2.0 - k) * (1.0 + misses(known + 2, unknown - 2));
            }
        }
        expected
    }

    #[test]
    fn a_perfect_memory_has_its_expected_return() {
        for num_cards in [8, 16] {
            let [mean, error] = returns(num_cards, &mut PerfectMemory::default(), 2000);
            let expected = 1.0 - misses(0, num_cards) / num_cards as f64;
            assert!((mean - expected).abs() < 4.0 * error, "{mean} +- {error}, not {expected}");
            let [chance, _] = returns(num_cards, &mut RandomPlayer, 500);
            assert!(chance < expected - 0.5, "{chance}");
        }
    }

    #[test]
    fn equal_pairs_are_played_perfectly_as_well() {
        let mut cards = MemoryCards::new(12, 2).expect("six of each value");
        let mut random = Stream::new(3, Purpose::Sample, 0, 0);
        let mut play =
            |seed| play_episode(&mut cards, &mut PerfectMemory::default(), seed, &mut random);
        assert!((0..200).all(|seed| play(seed) > 0.5));
    }

    #[test]
    fn an_episode_of_misses_gives_minus_1_and_has_popgyms_length() {
        for n in (2..200_u32).step_by(2) {
            let cards = MemoryCards::new(n as usize, n as usize / 2).expect("pairs");
            let n = f64::from(n);
            let length = (2.0 * n - n / (2.0 * n - 1.0)).ceil();
            assert_eq!(cards.max_steps(), Some(length as u32));
        }
        let mut cards = MemoryCards::new(8, 4).expect("pairs");
        let (mut total, mut turns) = (0.0, 0);
        while turns < 8 {
            let hidden = |card: &usize| cards.deck.visible(*card).is_none();
            let first = (0..8).find(hidden).expect("a card");
            total += cards.step(Action::Discrete(first)).reward;
            let value = cards.deck.values()[first];
            let other = |card: &usize| {
                cards.deck.visible(*card).is_none() && cards.deck.values()[*card] != value
            };
            let second = (0..8).find(other).expect("a card");
            total += cards.step(Action::Discrete(second)).reward;
            turns += 1;
        }
        assert!((total + 1.0).abs() < 1e-12, "{total}");
    }

    #[test]
    fn values_without_pairs_are_an_error() {
        for (num_cards, num_values) in [(0, 0), (7, 3), (8, 3), (8, 8), (8, 0)] {
            let error = MemoryCards::new(num_cards, num_values).expect_err("no pairs").to_string();
            assert!(error.contains("multiple of twice"), "{error}");
        }
    }

    #[test]
    fn another_decks_state_is_an_error() {
        let mut cards = MemoryCards::new(8, 2).expect("pairs");
        let mut state = MemoryCards::new(8, 4).expect("pairs").state().expect("a state");
        assert!(cards.restore(&mut state).is_err());
    }
}
