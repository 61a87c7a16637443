//! The game of Concentration on a table: cards face down, and the rules by which they are flipped.

use hearth_config::seed::Stream;

/// The side of a card that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Its back.
    Down,
    /// Its value: flipped in the current turn, or one of the two cards that did not match until the next flip.
    Open,
    /// Its value, to the end: it has been matched.
    Found,
}

/// The result of a flip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flip {
    /// The first card of a turn lies open.
    First,
    /// The second card of a turn matches the first: both stay face up.
    Match,
    /// The second card of a turn does not match: the next flip turns both down.
    Miss,
}

/// Cards on a table. A turn flips two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deck {
    num_values: usize,
    values: Vec<usize>,
    faces: Vec<Face>,
    last: Option<usize>,
}

impl Deck {
    /// `num_cards` cards face down, `num_values` values in equal numbers, in random order.
    ///
    /// # Panics
    ///
    /// When the values do not occur in equal and even numbers.
    pub fn shuffled(num_cards: usize, num_values: usize, random: &mut Stream) -> Self {
        assert!(num_cards > 0 && num_cards.is_multiple_of(2 * num_values), "pairs of each value");
        let mut values: Vec<_> = (0..num_cards).map(|card| card % num_values).collect();
        random.shuffle(&mut values);
        Self { num_values, values, faces: vec![Face::Down; num_cards], last: None }
    }

    /// This deck's cards in another order and state of play; none where they are other cards, or no play leaves so many
    /// open.
    pub(super) fn with(
        &self,
        values: Vec<usize>,
        faces: Vec<Face>,
        last: Option<usize>,
    ) -> Option<Self> {
        let sorted = |values: &[usize]| {
            let mut values = values.to_vec();
            values.sort_unstable();
            values
        };
        let num_cards = self.values.len();
        let deck = Self { num_values: self.num_values, values, faces, last };
        let same = sorted(&self.values) == sorted(&deck.values) && deck.faces.len() == num_cards;
        let played = deck.open().count() <= 2 && last.is_none_or(|card| card < num_cards);
        (same && played).then_some(deck)
    }

    /// The number of different values.
    pub fn num_values(&self) -> usize {
        self.num_values
    }

    /// The values of all cards, `0..num_values`, hidden ones as well.
    pub fn values(&self) -> &[usize] {
        &self.values
    }

    /// The sides that show.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// The last card that was flipped.
    pub fn last(&self) -> Option<usize> {
        self.last
    }

    /// The value of a card that lies face up.
    pub fn visible(&self, card: usize) -> Option<usize> {
        (self.faces[card] != Face::Down).then(|| self.values[card])
    }

    /// True once all cards are matched.
    pub fn is_over(&self) -> bool {
        self.faces.iter().all(|face| *face == Face::Found)
    }

    /// Flips a card; none where there is no such card or it lies face up.
    pub fn flip(&mut self, card: usize) -> Option<Flip> {
        if *self.faces.get(card)? != Face::Down {
            return None;
        }
        self.last = Some(card);
        let open: Vec<_> = self.open().collect();
        self.faces[card] = Face::Open;
        Some(match open[..] {
            [first] if self.values[first] == self.values[card] => {
                (self.faces[first], self.faces[card]) = (Face::Found, Face::Found);
                Flip::Match
            }
            [_] => Flip::Miss,
            _ => {
                for missed in open {
                    self.faces[missed] = Face::Down;
                }
                Flip::First
            }
        })
    }

    /// The cards that are open and not found.
    fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.faces.len()).filter(|card| self.faces[*card] == Face::Open)
    }

    /// The number of values of an observation.
    pub fn observation_size(&self) -> usize {
        self.values.len() * (2 + self.num_values)
    }

    /// Writes the visible part: for each card one-hot of face down or its value, `[num_cards, 1 + num_values]`, then
    /// the last flipped card, one-hot; zeros before the first flip.
    pub fn observe(&self, observation: &mut [f32]) {
        observation.fill(0.0);
        let width = 1 + self.num_values;
        for card in 0..self.values.len() {
            observation[card * width + self.visible(card).map_or(0, |value| 1 + value)] = 1.0;
        }
        if let Some(last) = self.last {
            observation[self.values.len() * width + last] = 1.0;
        }
    }

    /// Writes whether each card may be flipped: those that lie face down.
    pub fn mask(&self, allowed: &mut [bool]) {
        for (allowed, face) in allowed.iter_mut().zip(&self.faces) {
            *allowed = *face == Face::Down;
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::seed::Purpose;

    use super::*;

    #[test]
    fn pairs_stay_and_others_turn_down_at_the_next_flip() {
        let mut deck = Deck::shuffled(6, 3, &mut Stream::new(1, Purpose::Environment, 0, 0));
        let twin = |deck: &Deck, of: usize| {
            (0..6)
                .find(|card| *card != of && deck.values[*card] == deck.values[of])
                .expect("a twin")
        };
        let match_of_0 = twin(&deck, 0);
        let other = (1..6).find(|card| *card != match_of_0).expect("another");
        assert_eq!(deck.flip(0), Some(Flip::First));
        assert_eq!((deck.flip(0), deck.flip(6)), (None, None));
        assert_eq!(deck.flip(other), Some(Flip::Miss));
        assert_eq!(deck.visible(0), Some(deck.values[0]));
        // Both still lie face up, and can be flipped only once they have been turned down.
        assert_eq!((deck.flip(0), deck.flip(other)), (None, None));
        assert_eq!(deck.flip(match_of_0), Some(Flip::First));
        assert_eq!((deck.visible(0), deck.visible(other)), (None, None));
        assert_eq!(deck.flip(0), Some(Flip::Match));
        assert_eq!((deck.flip(0), deck.is_over()), (None, false));
        while !deck.is_over() {
            let card = deck.faces.iter().position(|face| *face == Face::Down).expect("a card");
            let twin = twin(&deck, card);
            assert_eq!([deck.flip(card), deck.flip(twin)], [Some(Flip::First), Some(Flip::Match)]);
        }
    }

    #[test]
    fn an_observation_shows_visible_values_and_the_last_card() {
        let mut deck = Deck::shuffled(4, 2, &mut Stream::new(1, Purpose::Environment, 0, 0));
        deck.flip(2).expect("face down");
        let mut observation = vec![9.0; deck.observation_size()];
        deck.observe(&mut observation);
        let ones = [0, 3, 2 * 3 + 1 + deck.values[2], 9, 4 * 3 + 2];
        let wanted = |place| f32::from(u8::from(ones.contains(&place)));
        assert_eq!(observation, (0..16).map(wanted).collect::<Vec<_>>());
        let mut mask = [false; 4];
        deck.mask(&mut mask);
        assert_eq!(mask, [true, true, false, true]);
    }
}
