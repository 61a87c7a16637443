//! Curves of any length, downsampled to the points that a plot can show.

/// The maximum number of points of a curve: a plot has no more pixels.
const MOST: usize = 1000;

/// A curve, downsampled evenly to at most 1000 points, always with the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Downsampled {
    points: Vec<(f64, f64)>,
    /// The number of added points.
    added: usize,
    /// One of `2^halvings` points is kept.
    halvings: u32,
}

impl Downsampled {
    /// Appends a point.
    pub fn add(&mut self, point: (f64, f64)) {
        // Drops the last point if it was kept only as the newest.
        if self.points.len() > self.added.div_ceil(1 << self.halvings) {
            self.points.pop();
        }
        self.points.push(point);
        self.added += 1;
        if self.points.len() > MOST {
            // An odd number, so that the last point is kept.
            self.points = self.points.iter().copied().step_by(2).collect();
            self.halvings += 1;
        }
    }

    /// The kept points.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

impl FromIterator<(f64, f64)> for Downsampled {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(points: I) -> Self {
        let mut curve = Self::default();
        points.into_iter().for_each(|point| curve.add(point));
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_keep_both_ends_and_equal_distances() {
        assert!(Downsampled::default().points().is_empty());
        for length in [1, 2, 999, 1000, 1001, 1002, 2500, 123_456] {
            let thin: Downsampled = (0..length).map(|at| (f64::from(at), 0.0)).collect();
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
