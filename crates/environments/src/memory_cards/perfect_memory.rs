//! A player of memory cards who forgets nothing.

use hearth_config::seed::Stream;

use crate::Player;

/// Remembers every value that it has seen and plays the best strategy of Velleman and Warrington 2013, "What to expect
/// in a game of memory": a pair that it knows; else an unknown card, then the card's twin if that is known, and else
/// another unknown card. Equally good cards are chosen at random.
///
/// It reads the observation of [`MemoryCards`](super::MemoryCards), and nothing else.
#[derive(Clone, Debug, Default)]
pub struct PerfectMemory {
    /// The value of each card that was seen.
    known: Vec<Option<usize>>,
}

impl PerfectMemory {
    /// Adds the visible values of an observation, and counts those that lie face up: `[values]`.
    fn look(&mut self, observation: &[f32], num_cards: usize) -> Vec<usize> {
        let width = observation.len() / num_cards - 1;
        self.known.resize(num_cards, None);
        let mut face_up = vec![0; width - 1];
        for (known, card) in self.known.iter_mut().zip(observation.chunks_exact(width)) {
            if let Some(value) = card[1..].iter().position(|value| *value > 0.5) {
                *known = Some(value);
                face_up[value] += 1;
            }
        }
        face_up
    }
}

impl Player for PerfectMemory {
    fn reset(&mut self) {
        self.known.clear();
    }

    fn act(&mut self, observation: &[f32], mask: &[bool], random: &mut Stream) -> usize {
        let face_up = self.look(observation, mask.len());
        let second = face_up.iter().sum::<usize>() % 2 == 1;
        // Matched cards come in pairs: an odd one is open.
        let open = |value: usize| face_up[value] % 2 == 1;
        let hidden: Vec<_> = (0..mask.len()).filter(|card| mask[*card]).collect();
        let known_hidden =
            |value: usize| hidden.iter().filter(|card| self.known[**card] == Some(value)).count();
        let of_a_pair = |card: &usize| match self.known[*card] {
            Some(value) if second => open(value),
            Some(value) => known_hidden(value) + usize::from(open(value)) >= 2,
            None => false,
        };
        let pairs: Vec<_> = hidden.iter().copied().filter(of_a_pair).collect();
        let unknown = || hidden.iter().copied().filter(|card| self.known[*card].is_none());
        let choices = if pairs.is_empty() { unknown().collect() } else { pairs };
        choices[random.below(choices.len())]
    }
}
