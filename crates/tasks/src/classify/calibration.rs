//! Calibration of a classifier's confidence.

/// Bins of confidence, all of one width; their number is that of the paper below.
const BINS: usize = 15;

/// Accuracy by bins of confidence (Guo et al. 2017, "On calibration of modern neural networks", section 2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    // On the heap, since a report holds one.
    bins: Box<[Bin; BINS]>,
}

/// The predictions whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    count: u64,
    num_correct: u64,
    /// The sum of the confidences.
    confidence: f64,
}

impl Calibration {
    /// Adds a prediction: the probability of the predicted class, and true if it is correct. A confidence that is not
    /// finite is ignored.
    pub fn add(&mut self, confidence: f64, is_correct: bool) {
        if !confidence.is_finite() {
            return;
        }
        // Intervals are closed above, as in the paper.
        let index = (confidence * BINS as f64).ceil() as usize;
        let bin = &mut self.bins[index.clamp(1, BINS) - 1];
        bin.count += 1;
        bin.num_correct += u64::from(is_correct);
        bin.confidence += confidence;
    }

    /// The expected calibration error (equation 3): the absolute difference of accuracy and mean confidence in a bin,
    /// averaged over all predictions; 0 without any.
    pub fn error(&self) -> f64 {
        let count: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let gaps = self.bins.iter().map(|bin| (bin.num_correct as f64 - bin.confidence).abs());
        gaps.sum::<f64>() / count.max(1) as f64
    }

    /// The accuracy of each bin, from the lowest confidence up; none for an empty bin.
    pub fn accuracies(&self) -> Vec<Option<f64>> {
        let accuracy =
            |bin: &Bin| (bin.count > 0).then(|| bin.num_correct as f64 / bin.count as f64);
        self.bins.iter().map(accuracy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_matches_a_calculation_by_hand() {
        let mut calibration = Calibration::default();
        assert!(calibration.error().abs() < 1e-12, "nothing was predicted");
        // Four predictions of confidence 0.9, three of them correct, and a wrong one of 0.3.
        for is_correct in [true, true, true, false] {
            calibration.add(0.9, is_correct);
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
    fn confidences_of_0_and_1_have_a_bin() {
        let mut calibration = Calibration::default();
        calibration.add(0.0, false);
        calibration.add(1.0, true);
        let accuracies = calibration.accuracies();
        assert_eq!((accuracies[0], accuracies[BINS - 1]), (Some(0.0), Some(1.0)));
        assert!(calibration.error().abs() < 1e-12);
    }
}
