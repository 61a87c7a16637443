//! Histograms with the buckets of TensorFlow's histogram.cc
//! (<https://github.com/tensorflow/tensorflow/blob/v2.18.0/tensorflow/core/lib/histogram/histogram.cc>).

use super::proto::HistogramProto;
use std::sync::LazyLock;

/// The upper limits of the buckets: for either sign, from 1e-12 to 1e20 by a factor of 1.1, with 0 between and the
/// largest number at the ends. Bucket `i` holds `LIMITS[i - 1] <= value < LIMITS[i]`.
static LIMITS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let grown = std::iter::successors(Some(1e-12), |limit| Some(limit * 1.1));
    let mut positive: Vec<f64> = grown.take_while(|limit| *limit < 1e20).collect();
    positive.push(f64::MAX);
    let negative = positive.iter().rev().map(|limit| -limit);
    negative.chain([0.0]).chain(positive.iter().copied()).collect()
});

impl HistogramProto {
    /// The histogram of the finite values.
    pub fn of(values: &[f32]) -> Self {
        let limits = LIMITS.as_slice();
        let mut counts = vec![0_u64; limits.len()];
        let [mut min, mut max] = [f64::INFINITY, f64::NEG_INFINITY];
        let [mut sum, mut sum_squares] = [0.0; 2];
        for value in values.iter().filter(|value| value.is_finite()) {
            let value = f64::from(*value);
            // In range: the last limit is above any f32.
            counts[limits.partition_point(|limit| *limit <= value)] += 1;
            min = min.min(value);
            max = max.max(value);
            sum += value;
            sum_squares += value * value;
        }
        let num = counts.iter().sum::<u64>() as f64;
        if num == 0.0 {
            // As histogram.cc does: readers accept no histogram without a bucket.
            let [bucket_limit, bucket] = [vec![f64::MAX], vec![0.0]];
            return Self { min: 0.0, max: 0.0, num, sum, sum_squares, bucket_limit, bucket };
        }
        let (bucket_limit, bucket) = written(limits, &counts);
        Self { min, max, num, sum, sum_squares, bucket_limit, bucket }
    }
}

/// The limits and counts for a file: without the empty buckets at both ends, and with adjacent empty buckets merged.
fn written(limits: &[f64], counts: &[u64]) -> (Vec<f64>, Vec<f64>) {
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for (limit, count) in limits.iter().zip(counts) {
        match buckets.last_mut() {
            None if *count == 0 => {}
            Some((last, 0.0)) if *count == 0 => *last = *limit,
            _ => buckets.push((*limit, *count as f64)),
        }
    }
    buckets.pop_if(|(_, count)| *count == 0.0);
    buckets.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_tensorflow() {
        // As in its InitDefaultBucketsInner: 774 powers of 1.1 and the largest number, twice, and 0.
        assert_eq!(LIMITS.len(), 2 * 775 + 1);
        assert_eq!(LIMITS[774..778], [-1e-12, 0.0, 1e-12, 1e-12 * 1.1]);
        assert!(LIMITS.is_sorted());
    }

    #[test]
    fn a_value_is_below_the_limit_of_its_bucket_and_not_below_the_one_before() {
        let edge = LIMITS[900] as f32;
        let values = [0.0, -0.0, 1.0, -1.0, edge, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::MIN];
        for value in values {
            let histogram = HistogramProto::of(&[value, 5e30, -5e30]);
            let value = f64::from(value);
            let bucket = histogram.bucket_limit.iter().position(|limit| value < *limit).unwrap();
            assert!(histogram.bucket[bucket] >= 1.0, "{value}: {histogram:?}");
        }
        let zero = HistogramProto::of(&[0.0; 5]);
        assert_eq!((zero.bucket_limit, zero.bucket), (vec![1e-12], vec![5.0]));
    }

    #[test]
    fn the_totals_are_those_of_the_finite_values() {
        let values = [1.5, -2.0, 0.0, f32::NAN, 0.25, f32::INFINITY, f32::NEG_INFINITY, 0.25];
        let histogram = HistogramProto::of(&values);
        assert_eq!((histogram.min, histogram.max, histogram.num), (-2.0, 1.5, 5.0));
        assert_eq!((histogram.sum, histogram.sum_squares), (0.0, 6.375));
        // -2, nothing, 0, nothing, two of 0.25, nothing, 1.5.
        assert_eq!(histogram.bucket, [1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 1.0]);
        assert_eq!(histogram.bucket.len(), histogram.bucket_limit.len());
        assert!(histogram.bucket_limit.is_sorted());
    }

    #[test]
    fn every_value_is_counted() {
        let values: Vec<f32> = (0..100_000).map(|i| (i as f32).sin()).collect();
        let histogram = HistogramProto::of(&values);
        let counted: f64 = histogram.bucket.iter().sum();
        assert_eq!((counted, histogram.num), (100_000.0, 100_000.0));
    }

    #[test]
    fn nothing_is_an_empty_histogram() {
        for values in [&[] as &[f32], &[f32::NAN, f32::INFINITY]] {
            let histogram = HistogramProto::of(values);
            assert_eq!((histogram.min, histogram.max, histogram.num), (0.0, 0.0, 0.0));
            assert_eq!((histogram.bucket_limit, histogram.bucket), (vec![f64::MAX], vec![0.0]));
        }
    }

    #[test]
    fn one_value_is_one_bucket() {
        let histogram = HistogramProto::of(&[0.1; 1000]);
        assert_eq!(histogram.bucket, [1000.0]);
        assert_eq!(histogram.min.to_bits(), histogram.max.to_bits());
        assert!(histogram.max < histogram.bucket_limit[0]);
    }
}
