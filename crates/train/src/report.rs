//! What an evaluation says, whatever was evaluated.

use serde::Serialize;

use crate::metrics::ClassificationReport;
use crate::scalars::Scalars;

/// Results on one set.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Of a network that names classes.
    Classification(ClassificationReport),
    /// Of a network that makes pictures.
    Generation(GenerationReport),
}

impl Report {
    /// `train`, `valid` or `test`.
    pub fn split(&self) -> &str {
        match self {
            Self::Classification(report) => &report.split,
            Self::Generation(report) => &report.split,
        }
    }

    /// The results that are logged and compared, by name.
    pub fn scalars(&self) -> Scalars {
        match self {
            Self::Classification(report) => {
                Scalars::new([("loss", report.loss), ("accuracy", report.accuracy)])
            }
            Self::Generation(report) => report.scalars(),
        }
    }

    /// Of made pictures: the checksum of their judge, and the share of each class.
    pub fn judged(&self) -> Option<(&str, &[ClassShare])> {
        match self {
            Self::Classification(_) => None,
            Self::Generation(report) => Some((&report.judge.checksum, &report.classes)),
        }
    }
}

/// What is said of made pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GenerationReport {
    /// Which real pictures they were compared with.
    pub split: String,
    /// The Frechet distance to them.
    pub distance: f64,
    /// The distance of real training pictures from real test pictures: as near as can be expected.
    pub floor: f64,
    /// The distance of pictures whose pixels are drawn independently, each from its own
    /// distribution: nothing was learned but that.
    pub ceiling: f64,
    /// The share of made pictures that could be real (Kynkaanniemi et al. 2019, equation 2).
    pub precision: f64,
    /// The share of real pictures that could have been made.
    pub recall: f64,
    /// The entropy of the classes that the classifier sees in them, in nats.
    pub entropy: f64,
    /// The share of each of these classes.
    pub classes: Vec<ClassShare>,
    /// How many pictures were made, and compared with as many real ones.
    pub samples: usize,
    /// Whose features they were compared by.
    pub judge: JudgeInfo,
}

/// How much of a class there is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassShare {
    /// The class's name.
    pub class: String,
    /// Its share of all pictures.
    pub share: f64,
}

/// A classifier by which pictures are judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JudgeInfo {
    /// Its run.
    pub run: String,
    /// The step of its checkpoint.
    pub step: u64,
    /// The BLAKE3 checksum of its weights.
    pub checksum: String,
}

impl GenerationReport {
    /// The results that are logged and compared.
    pub fn scalars(&self) -> Scalars {
        Scalars::new([
            ("distance", self.distance),
            ("floor", self.floor),
            ("ceiling", self.ceiling),
            ("precision", self.precision),
            ("recall", self.recall),
            ("entropy", self.entropy),
        ])
    }

    /// Where the distance stands on the way from the floor, 0, to the ceiling, 1.
    pub fn position(&self) -> f64 {
        (self.distance - self.floor) / (self.ceiling - self.floor)
    }

    /// The classes that are seen in less than a tenth of the pictures that would be their share.
    pub fn missing(&self) -> Vec<&str> {
        let few = 0.1 / self.classes.len() as f64;
        let missing = self.classes.iter().filter(|class| class.share < few);
        missing.map(|class| class.class.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_vanish_are_named() {
        let class = |class: &str, share| ClassShare { class: class.into(), share };
        let report = GenerationReport {
            split: "valid".into(),
            distance: 3.0,
            floor: 1.0,
            ceiling: 9.0,
            precision: 1.0,
            recall: 1.0,
            entropy: 0.0,
            classes: vec![class("shirt", 0.96), class("bag", 0.04), class("boot", 0.0)],
            samples: 100,
            judge: JudgeInfo { run: "runs/judge".into(), step: 1, checksum: String::new() },
        };
        assert_eq!(report.missing(), ["boot"], "a bag in 30 would be 0.033");
        assert!((report.position() - 0.25).abs() < 1e-12);
    }
}
