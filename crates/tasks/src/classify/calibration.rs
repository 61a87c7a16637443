//! How far a network's confidence can be believed.

/// Bins of confidence, all as wide; as many as in the paper below.
const BINS: usize = 15;

/// Counts how often guesses of each confidence are right (Guo et al. 2017, "On calibration of modern neural
/// networks", section 2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    // On the heap, because a report holds one.
    bins: Box<[Bin; BINS]>,
}

/// Guesses whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    count: u64,
    hits: u64,
    confidence: f64,
}

impl Calibration {
    /// Adds a guess: the probability of its class, and whether it is right. One of no number counts
    /// nowhere.
    pub fn add(&mut self, confidence: f64, hit: bool) {
        if !confidence.is_finite() {
            return;
        }
        // An interval holds its upper end, as in the paper.
        let place = (confidence * BINS as f64).ceil() as usize;
        let bin = &mut self.bins[place.clamp(1, BINS) - 1];
        bin.count += 1;
        bin.hits += u64::from(hit);
        bin.confidence += confidence;
    }

    /// The expected calibration error (equation 3): how far confidence and accuracy are apart in a bin, as a
    /// mean over all guesses; 0 without any.
    pub fn error(&self) -> f64 {
        let count: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let gaps = self.bins.iter().map(|bin| (bin.hits as f64 - bin.confidence).abs());
        gaps.sum::<f64>() / count.max(1) as f64
    }

    /// The share of right guesses in each bin, from the least confident one on; none where none fell.
    pub fn accuracies(&self) -> Vec<Option<f64>> {
        let accuracy = |bin: &Bin| (bin.count > 0).then(|| bin.hits as f64 / bin.count as f64);
        self.bins.iter().map(accuracy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_that_of_a_hand() {
        let mut calibration = Calibration::default();
        assert!(calibration.error().abs() < 1e-12, "nothing was guessed");
        // Four guesses of 0.9 of which three are right, and one of 0.3 that is wrong.
        for hit in [true, true, true, false] {
            calibration.add(0.9, hit);
        }
        calibration.add(0.3, false);
        calibration.add(f64::NAN, true);
        // (4 |0.75 - 0.9| + 1 |0 - 0.3|) / 5
        assert!((calibration.error() - 0.18).abs() < 1e-12);
        let accuracies = calibration.accuracies();
        assert_eq!((accuracies[13], accuracies[4]), (Some(0.75), Some(0.0)));
        assert_eq!(accuracies.iter().flatten().count(), 2);
    }

    #[test]
    fn the_ends_of_the_scale_have_a_bin() {
        let mut calibration = Calibration::default();
        calibration.add(0.0, false);
        calibration.add(1.0, true);
        let accuracies = calibration.accuracies();
        assert_eq!((accuracies[0], accuracies[BINS - 1]), (Some(0.0), Some(1.0)));
        assert!(calibration.error().abs() < 1e-12);
    }
}
