//! Dates in English, and in ISO 8601.

use std::collections::HashSet;

use hearth_config::TextRulesConfig;

use super::calendar::Date;
use super::{Generated, Part, fewer, stream};
use crate::text::texts::Texts;

/// Number of English forms.
pub(super) const NUM_FORMS: usize = 19;

/// One in how many dates may be a test date.
const TEST_SHARE: usize = 4;

/// One in how many sources is in lower case.
const LOWER_SHARE: usize = 4;

/// Generates the pairs. Test dates are distinct, and no training pair has one of them.
pub(super) fn generate(config: &TextRulesConfig) -> Generated {
    let num_test = config.test_samples.min(Date::COUNT / TEST_SHARE);
    let (mut is_test, mut tests) = (HashSet::new(), Vec::new());
    let mut index = 0;
    while tests.len() < num_test {
        let mut random = stream(config, Part::Test, index);
        let number = random.below(Date::COUNT);
        index += 1;
        if is_test.insert(number) {
            tests.push(pair(number, &mut random));
        }
    }
    let mut all = Texts::default();
    // At most 11 million pairs of at most 60 bytes.
    let mut push = |[source, target]: [String; 2]| all.push(&source, &target).is_some();
    let mut num_train = 0;
    for index in 0..config.samples {
        let mut random = stream(config, Part::Train, index);
        let mut number = random.below(Date::COUNT);
        while is_test.contains(&number) {
            number = random.below(Date::COUNT);
        }
        num_train += usize::from(push(pair(number, &mut random)));
    }
    for test in tests {
        push(test);
    }
    let reason = "as at most a quarter of all dates are test dates";
    Generated {
        texts: all,
        counts: [num_train, num_test, 0],
        notes: fewer(config, num_test, reason).into_iter().collect(),
    }
}

fn pair(number: usize, random: &mut hearth_config::seed::Stream) -> [String; 2] {
    let date = Date::of(number);
    let source = in_english(date, random.below(NUM_FORMS));
    let lower = random.below(LOWER_SHARE) == 0;
    [if lower { source.to_lowercase() } else { source }, date.iso()]
}

/// A date in one of the English forms, each of which means one date alone.
pub(super) fn in_english(date: Date, form: usize) -> String {
    let Date { year, day, .. } = date;
    let (month, weekday) = (date.month_name(), date.weekday_name());
    let (short, short_weekday) = (&month[..3], &weekday[..3]);
    let nth = date.ordinal_day();
    match form {
        0 => format!("{month} {day}, {year}"),
        1 => format!("{month} {nth}, {year}"),
        2 => format!("{day} {month} {year}"),
        3 => format!("{nth} {month} {year}"),
        4 => format!("{nth} of {month} {year}"),
        5 => format!("the {nth} of {month}, {year}"),
        6 => format!("{short} {day}, {year}"),
        7 => format!("{day} {short} {year}"),
        8 => format!("{day}-{short}-{year}"),
        9 => format!("{weekday}, {month} {day}, {year}"),
        10 => format!("{weekday} {day} {month} {year}"),
        11 => format!("{short_weekday}, {day} {short} {year}"),
        12 => format!("{year} {month} {day}"),
        13 => format!("{year}, {nth} of {month}"),
        14 => format!("the {} of {month} {year}", date.day_in_words()),
        15 => format!("{} of {month} {}", date.day_in_words(), date.year_in_words()),
        16 => format!("the {} of {month}, {}", date.day_in_words(), date.year_in_words()),
        17 => format!("{month} the {}, {}", date.day_in_words(), date.year_in_words()),
        _ => format!("{month} {}, {}", date.day_in_words(), date.year_in_words()),
    }
}
