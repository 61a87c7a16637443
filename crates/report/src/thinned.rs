//! A curve of any length, kept in so many points as can be seen.

/// The most points of a curve: there are no more pixels.
const MOST: usize = 1000;

/// Points that are evenly chosen among all that were added, the newest always among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thinned {
    points: Vec<(f64, f64)>,
    /// How many were added.
    added: usize,
    /// One of two to the power of this many stays.
    halvings: u32,
}

impl Thinned {
    /// Adds a point behind all others.
    pub fn add(&mut self, point: (f64, f64)) {
        // The newest one was there although it was not its turn.
        if self.points.len() > self.added.div_ceil(1 << self.halvings) {
            self.points.pop();
        }
        self.points.push(point);
        self.added += 1;
        if self.points.len() > MOST {
            // An odd number, so that the last one stays.
            self.points = self.points.iter().copied().step_by(2).collect();
            self.halvings += 1;
        }
    }

    /// The chosen ones.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

impl FromIterator<(f64, f64)> for Thinned {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(points: I) -> Self {
        let mut thinned = Self::default();
        points.into_iter().for_each(|point| thinned.add(point));
        thinned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_keep_both_ends_and_equal_distances() {
        assert!(Thinned::default().points().is_empty());
        for length in [1, 2, 999, 1000, 1001, 1002, 2500, 123_456] {
            let thin: Thinned = (0..length).map(|at| (f64::from(at), 0.0)).collect();
            let places: Vec<_> = thin.points().iter().map(|point| point.0 as usize).collect();
            let few = (length as usize).min(MOST / 2);
            assert!((few..=MOST).contains(&places.len()), "{length}: {}", places.len());
            let (last, others) = places.split_last().expect("one at least");
            assert_eq!(*last, length as usize - 1);
            let distance = 1 << thin.halvings;
            assert!(others.iter().enumerate().all(|(index, place)| *place == index * distance));
        }
    }
}
