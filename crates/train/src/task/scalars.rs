//! Named scalars: results of steps and evaluations, by the names that a task gives them.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Scalars by name, in the order of display.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scalars(Vec<(String, f64)>);

impl Scalars {
    /// Scalars of these names and values.
    pub fn new<const N: usize>(values: [(&str, f64); N]) -> Self {
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The scalar of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

impl<S: Into<String>> FromIterator<(S, f64)> for Scalars {
    fn from_iter<I: IntoIterator<Item = (S, f64)>>(values: I) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Serialize for Scalars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// Sums of results over the samples of some steps, between two lines of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// The number of samples.
    pub samples: u64,
    /// Sums over the samples.
    pub totals: Scalars,
}

impl Sums {
    /// The means over all samples.
    pub fn means(&self) -> Scalars {
        let samples = self.samples as f64;
        self.totals.iter().map(|(name, total)| (name.to_owned(), total / samples)).collect()
    }

    /// The mean of this name over all samples.
    pub fn mean(&self, name: &str) -> Option<f64> {
        self.totals.get(name).map(|total| total / self.samples as f64)
    }
}

impl std::ops::AddAssign<&Sums> for Sums {
    /// Adds newer sums, whose names and order replace the older ones unless they are empty.
    fn add_assign(&mut self, newer: &Sums) {
        if newer.samples == 0 {
            return;
        }
        let sum = |(name, value): (&str, f64)| {
            (name.to_owned(), self.totals.get(name).unwrap_or(0.0) + value)
        };
        self.totals = newer.totals.iter().map(sum).collect();
        self.samples += newer.samples;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_follow_the_order_of_the_newest_sums() {
        let mut sums =
            Sums { samples: 2, totals: Scalars::new([("accuracy", 1.0), ("loss", 3.0)]) };
        sums += &Sums { samples: 2, totals: Scalars::new([("loss", 5.0), ("accuracy", 2.0)]) };
        assert_eq!(sums.means(), Scalars::new([("loss", 2.0), ("accuracy", 0.75)]));
        assert_eq!(sums.mean("loss"), Some(2.0));
        assert_eq!(sums.mean("speed"), None);
        sums += &Sums::default();
        assert_eq!(
            sums.means(),
            Scalars::new([("loss", 2.0), ("accuracy", 0.75)]),
            "nothing was added"
        );
        let text = serde_json::to_string(&sums.means()).expect("numbers");
        assert_eq!(text, r#"{"loss":2.0,"accuracy":0.75}"#);
    }
}
