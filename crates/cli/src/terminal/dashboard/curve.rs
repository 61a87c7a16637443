//! A curve of any length, kept in a few hundred points.

/// The most points of a curve: more than a terminal has dots.
const MOST: usize = 200;

/// Numbers larger than this are left out: differences of them overflow.
const LARGEST: f64 = 1e100;

/// The results of neighbouring steps, summed.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    number: u64,
    count: f64,
    steps: f64,
    values: f64,
}

/// Results over steps. Once there are too many points, neighbours become their mean.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Steps in one bucket.
    width: u64,
    buckets: Vec<Bucket>,
    /// The last result, whatever it was.
    last: f64,
}

impl Curve {
    /// No results yet.
    pub const fn new() -> Self {
        Self { width: 1, buckets: Vec::new(), last: f64::NAN }
    }

    /// Adds the result of a step that comes after all others. One that is not finite has no place in a
    /// picture, and is only remembered as the last.
    pub fn add(&mut self, step: u64, value: f64) {
        self.last = value;
        if !has_place(value) {
            return;
        }
        let number = step / self.width;
        self.merge(Bucket { number, count: 1.0, steps: step as f64, values: value });
        if self.buckets.len() > MOST {
            self.width *= 2;
            for mut bucket in std::mem::take(&mut self.buckets) {
                bucket.number /= 2;
                self.merge(bucket);
            }
        }
    }

    /// Where the curve ends; the last result where it has no place in a picture.
    pub fn newest(&self) -> f64 {
        let end = self.points().last().filter(|_| has_place(self.last));
        end.map_or(self.last, |(_, value)| value)
    }

    /// Steps and results.
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

/// Whether a number can be drawn: NaN is not less than anything.
fn has_place(value: f64) -> bool {
    value.abs() <= LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_curve_is_kept_whole() {
        let mut curve = Curve::new();
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
        let mut curve = Curve::new();
        for step in 1..=100_000 {
            curve.add(step, 2.0 * step as f64);
        }
        assert!((MOST / 2 - 1..=MOST).contains(&curve.points().len()), "{}", curve.points().len());
        assert!(curve.points().all(|(step, value)| (value - 2.0 * step).abs() < 1e-6));
        assert!(curve.points().zip(curve.points().skip(1)).all(|(one, next)| one.0 < next.0));
    }
}
