//! An axis of a sweep: `KEY=V1,V2,...` or `KEY=LOW..HIGH`.

use hearth_config::{Diagnostic, typed};
use serde::{Deserialize, Serialize};

/// A setting and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepAxis {
    /// The setting, such as `optimizer.learning_rate`.
    pub key: String,
    /// Its values.
    #[serde(flatten)]
    pub values: AxisValues,
}

/// The values of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AxisValues {
    /// A list, each value written as TOML.
    Values(Vec<String>),
    /// A range of numbers.
    Range(NumberRange),
}

/// A range to draw numbers from: log-uniformly where both ends are above zero, else uniformly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberRange {
    /// The smallest number.
    pub low: f64,
    /// The largest number.
    pub high: f64,
    /// True if only whole numbers are drawn.
    pub whole: bool,
}

impl SweepAxis {
    /// Parses an axis.
    ///
    /// # Errors
    /// When it is not `KEY=VALUES`, a bracket or quotation mark is unbalanced, or a value is missing or repeated.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let Some((key, values)) = text.split_once('=') else {
            return Err(Diagnostic::new(format!("`{text}` is not KEY=VALUE,VALUE,..."))
                .help("for example optimizer.learning_rate=0.01,0.03,0.1"));
        };
        let fault = |fault: &str| Diagnostic::new(format!("`{text}`: {fault}"));
        let values = split(values).map_err(fault)?;
        let values: Vec<String> = values.into_iter().map(typed).collect();
        let range = match values.as_slice() {
            [value] => range(value).map_err(fault)?.map(AxisValues::Range),
            several => {
                if several.iter().any(|value| matches!(range(value), Ok(Some(_)) | Err(_))) {
                    return Err(fault("a range must be the only value"));
                }
                None
            }
        };
        if let Some(twice) = (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
            return Err(fault(&format!("{} is listed twice", values[twice])));
        }
        let list = || AxisValues::Values(values.clone());
        Ok(Self { key: key.trim().to_owned(), values: range.unwrap_or_else(list) })
    }

    /// Parses axes of different keys.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse), and a key that is given twice.
    pub fn parse_all(texts: &[String]) -> Result<Vec<Self>, Diagnostic> {
        let mut axes: Vec<Self> = Vec::new();
        for text in texts {
            let new = Self::parse(text)?;
            if axes.iter().any(|axis| axis.key == new.key) {
                return Err(Diagnostic::new(format!("`{}` is given twice", new.key))
                    .help("a key takes several values as in KEY=VALUE,VALUE"));
            }
            axes.push(new);
        }
        Ok(axes)
    }

    /// True if the axis has more than one value.
    pub fn varies(&self) -> bool {
        !matches!(&self.values, AxisValues::Values(values) if values.len() == 1)
    }

    /// The override that gives the setting this value.
    pub fn with(&self, value: &str) -> String {
        format!("{}={value}", self.key)
    }
}

impl std::fmt::Display for SweepAxis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.values {
            AxisValues::Values(values) => write!(f, "{}={}", self.key, values.join(",")),
            AxisValues::Range(NumberRange { low, high, .. }) => {
                write!(f, "{}={low}..{high}", self.key)
            }
        }
    }
}

impl NumberRange {
    /// The quantile of the distribution at `share`, from 0 to below 1, written as TOML.
    pub fn at(&self, share: f64) -> String {
        let &Self { low, high, whole } = self;
        // Each whole number covers the interval up to the next one, the last included.
        let end = if whole { high + 1.0 } else { high };
        let number =
            if low > 0.0 { low * (end / low).powf(share) } else { low + (end - low) * share };
        if whole {
            return (number.floor().clamp(low, high) as i64).to_string();
        }
        // Four digits distinguish trials, and are the same on every platform.
        let rounded: f64 = format!("{number:.3e}").parse().expect("a number was written");
        format!("{:?}", rounded.clamp(low, high))
    }
}

/// Parses `LOW..HIGH`; `None` for anything else, such as a path.
fn range(value: &str) -> Result<Option<NumberRange>, &'static str> {
    let Some((low, high)) = value.split_once("..") else { return Ok(None) };
    let (low, high) = (low.trim(), high.trim());
    let whole = low.parse::<i64>().is_ok() && high.parse::<i64>().is_ok();
    match (low.parse(), high.parse()) {
        (Ok(low), Ok(high)) if low < high && f64::is_finite(high - low) => {
            Ok(Some(NumberRange { low, high, whole }))
        }
        (Ok(_), Ok(_)) => Err("a range goes from a number to a larger one"),
        _ => Ok(None),
    }
}

/// Splits values at the commas outside of lists, tables and strings.
fn split(text: &str) -> Result<Vec<&str>, &'static str> {
    let (mut values, mut begun) = (Vec::new(), 0);
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(mark), letter) => quote = Some(mark).filter(|mark| *mark != letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => open.push(']'),
            (None, '{') => open.push('}'),
            (None, ']' | '}') if open.pop() != Some(letter) => {
                return Err("a bracket is closed that was not opened");
            }
            (None, ',') if open.is_empty() => {
                values.push(text[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
    }
    if quote.is_some() || !open.is_empty() {
        return Err("a bracket or a quotation mark is not closed");
    }
    values.push(text[begun..].trim());
    if values.contains(&"") { Err("a value is missing") } else { Ok(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        match SweepAxis::parse(text).expect("good").values {
            AxisValues::Values(values) => values,
            AxisValues::Range(range) => panic!("{range:?}"),
        }
    }

    #[test]
    fn values_are_split_at_the_commas_between_them() {
        for (text, expected) in [
            ("a=1", &["1"][..]),
            ("a=0.1, 0.2 ,3", &["0.1", "0.2", "3"]),
            ("a=[128],[256,128],[]", &["[128]", "[256,128]", "[]"]),
            ("a=[[1,2],[3]],{b=1,c=[2,3]}", &["[[1,2],[3]]", "{b=1,c=[2,3]}"]),
            ("a=sgd,adam", &["sgd", "adam"]),
            ("a=1 epoch,20 steps", &["1 epoch", "20 steps"]),
            (r#"a="x,y",'z,"w',"q\",[r""#, &[r#""x,y""#, r#"'z,"w'"#, r#""q\",[r""#]),
            ("a=\"]\",[\"[\",2]", &["\"]\"", "[\"[\",2]"]),
            ("a=../data,runs/..", &["../data", "runs/.."]),
            ("a=ü,ß", &["ü", "ß"]),
            ("a=b=c", &["b=c"]),
            ("a=.1,1.,True", &["0.1", "1.0", "true"]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn malformed_axes_are_errors() {
        for (text, part) in [
            ("a", "KEY=VALUE"),
            ("a=", "a value is missing"),
            ("a=1,,2", "a value is missing"),
            ("a=1,", "a value is missing"),
            ("a=[1,2", "is not closed"),
            ("a=[1},2]", "was not opened"),
            ("a=1],2", "was not opened"),
            ("a=\"x,y", "is not closed"),
            ("a=1,2,1", "1 is listed twice"),
            ("a=.1,0.1", "0.1 is listed twice"),
            ("a=1..2,3", "a range must be the only value"),
            ("a=2..1", "a larger one"),
            ("a=1..1", "a larger one"),
            ("a=0..inf", "a larger one"),
        ] {
            let fault = SweepAxis::parse(text).expect_err(text).to_string();
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    fn range_of(text: &str) -> NumberRange {
        match SweepAxis::parse(text).expect("good").values {
            AxisValues::Range(range) => range,
            AxisValues::Values(values) => panic!("{values:?}"),
        }
    }

    #[test]
    fn a_range_above_zero_is_logarithmic() {
        let range = range_of("a=0.001..0.1");
        let at: Vec<_> = [0.0, 0.25, 0.5, 0.75].iter().map(|&share| range.at(share)).collect();
        assert_eq!(at, ["0.001", "0.003162", "0.01", "0.03162"]);
        // Rounding stays inside the range.
        let narrow = range_of("a=0.123456..0.123457");
        assert_eq!([narrow.at(0.0), narrow.at(0.999)], ["0.123457", "0.123457"]);
        let uniform = range_of("a=0..0.5");
        assert_eq!([uniform.at(0.0), uniform.at(0.5)], ["0.0", "0.25"]);
        let uniform = range_of("a=-1.0..1.0");
        assert_eq!([uniform.at(0.0), uniform.at(0.25)], ["-1.0", "-0.5"]);
        assert_eq!(range_of("a=1e-8..1e-6").at(0.5), "1e-7");
    }

    #[test]
    fn a_range_of_whole_numbers_reaches_both_ends() {
        for (text, expected) in
            [("a=0..3", &["0", "1", "2", "3"][..]), ("a=-1..1", &["-1", "0", "1"])]
        {
            let range = range_of(text);
            let shares = (0..expected.len()).map(|part| part as f64 / expected.len() as f64);
            let found: Vec<_> = shares.map(|share| range.at(share + 1e-9)).collect();
            assert_eq!(found, expected, "{text}");
        }
        let logarithmic = range_of("a=1..3");
        // Up to ln 2 / ln 4, ln 3 / ln 4 and 1.
        let found = [0.0, 0.49, 0.51, 0.79, 0.8, 0.999_999].map(|share| logarithmic.at(share));
        assert_eq!(found, ["1", "1", "2", "2", "3", "3"]);
        assert_eq!(range_of("a=8..512").at(1.0 - 1e-12), "512");
    }

    #[test]
    fn an_axis_is_written_and_read_back() {
        for text in ["a=1,[2,3],x", "b.c=0.001..0.1", "b.c=1..9"] {
            let axis = SweepAxis::parse(text).expect("good");
            let json = serde_json::to_string(&axis).expect("JSON");
            assert_eq!(serde_json::from_str::<SweepAxis>(&json).expect("JSON"), axis, "{json}");
            assert_eq!(axis.to_string(), text);
        }
    }
}
