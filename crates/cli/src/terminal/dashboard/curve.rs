//! A curve of any length, kept in a few hundred points.

/// Maximum number of points of a curve: more than a terminal has dots.
const MAX_POINTS: usize = 200;

/// Larger numbers are left out: their differences overflow.
const MAX_VALUE: f64 = 1e100;

/// Sums over neighbouring steps.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    number: u64,
    count: f64,
    steps: f64,
    values: f64,
}

/// A metric over steps. Once there are too many points, neighbours are averaged.
#[derive(Clone, Debug)]
pub struct MetricCurve {
    /// Steps in one bucket.
    width: u64,
    buckets: Vec<Bucket>,
    /// The last value, finite or not.
    last: f64,
}

impl MetricCurve {
    /// An empty curve.
    pub const fn new() -> Self {
        Self { width: 1, buckets: Vec::new(), last: f64::NAN }
    }

    /// Adds the value of a later step. A value that cannot be drawn is only kept as the last one.
    pub fn add(&mut self, step: u64, value: f64) {
        self.last = value;
        if !is_drawable(value) {
            return;
        }
        let number = step / self.width;
        self.merge(Bucket { number, count: 1.0, steps: step as f64, values: value });
        if self.buckets.len() > MAX_POINTS {
            self.width *= 2;
            for mut bucket in std::mem::take(&mut self.buckets) {
                bucket.number /= 2;
                self.merge(bucket);
            }
        }
    }

    /// The value of the last point; the last value itself if it cannot be drawn.
    pub fn newest(&self) -> f64 {
        let end = self.points().last().filter(|_| is_drawable(self.last));
        end.map_or(self.last, |(_, value)| value)
    }

    /// Steps and values.
    pub fn points(&self) -> impl ExactSizeIterator<Item = (f64, f64)> {
        self.buckets
            .iter()
            .map(|bucket| (bucket.steps / bucket.count, bucket.values / bucket.count))
    }

    fn merge(&mut self, new: Bucket) {
        match self.buckets.last_mut().filter(|last| last.number == new.number) {
            Some(last) => {
                last.count += new.count;
                last.steps += new.steps;
                last.values += new.values;
            }
            None => self.buckets.push(new),
        }
    }
}

/// True if a value can be drawn; false for NaN and infinities.
fn is_drawable(value: f64) -> bool {
    value.abs() <= MAX_VALUE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_curve_is_kept_whole() {
        let mut curve = MetricCurve::new();
        for (step, value) in [(1, 3.0), (2, f64::NAN), (3, 2.0), (4, f64::INFINITY), (9, 1.0)] {
            curve.add(step, value);
        }
        assert_eq!(curve.points().collect::<Vec<_>>(), [(1.0, 3.0), (3.0, 2.0), (9.0, 1.0)]);
        assert!((curve.newest() - 1.0).abs() < 1e-12);
        curve.add(10, f64::NAN);
        assert!(curve.newest().is_nan());
    }

    #[test]
    fn a_long_curve_keeps_its_shape_in_few_points() {
        let mut curve = MetricCurve::new();
        for step in 1..=100_000 {
            curve.add(step, 2.0 * step as f64);
        }
        assert!(
            (MAX_POINTS / 2 - 1..=MAX_POINTS).contains(&curve.points().len()),
            "{}",
            curve.points().len()
        );
        assert!(curve.points().all(|(step, value)| (value - 2.0 * step).abs() < 1e-6));
        assert!(curve.points().zip(curve.points().skip(1)).all(|(one, next)| one.0 < next.0));
    }
}
