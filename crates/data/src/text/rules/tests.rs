use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::calendar::{Date, MONTHS};
use super::*;

fn config(rule: TextRule) -> TextRulesConfig {
    TextRulesConfig {
        rule,
        samples: 3000,
        test_samples: 300,
        min_length: None,
        max_length: None,
        data_seed: 1,
        tokenizer: hearth_config::TokenizerKind::Characters,
        vocabulary: None,
        lowercase: false,
    }
}

/// The sums of all pairs by VERSION 1 of the generator.
const SUMS: &str = "copy 769ff8d84a9d, dates d7df186325c8, reverse a489a69ae53a, sort 009fe579e677";

/// The pairs for training, for the test and longer ones.
fn parts(corpus: &Corpus) -> [Vec<[&str; 2]>; 3] {
    let mut pairs = corpus.texts.iter();
    [corpus.num_train, corpus.num_test, corpus.num_longer]
        .map(|count| pairs.by_ref().take(count).collect())
}

#[test]
fn each_rule_gives_its_target() {
    for (rule, first) in
        [(TextRule::Reverse, "cba"), (TextRule::Copy, "abc"), (TextRule::Sort, "abc")]
    {
        assert_eq!(letters::target(rule, "abc"), first);
        let corpus = corpus(&config(rule));
        for [source, target] in corpus.texts.iter() {
            assert_eq!(letters::target(rule, source), target);
            assert!(source.bytes().all(|letter| letter.is_ascii_lowercase()));
        }
    }
    assert_eq!(letters::target(TextRule::Sort, "banana"), "aaabnn");
    assert_eq!(letters::target(TextRule::Reverse, "banana"), "ananab");
}

#[test]
fn lengths_are_those_of_the_config_and_longer_ones_are_apart() {
    let config =
        TextRulesConfig { min_length: Some(3), max_length: Some(8), ..config(TextRule::Copy) };
    let corpus = corpus(&config);
    let [train, test, longer] = parts(&corpus);
    assert_eq!((train.len(), test.len(), longer.len()), (3000, 300, 1000));
    let lengths =
        |part: &[[&str; 2]]| part.iter().map(|pair| pair[0].len()).collect::<BTreeSet<_>>();
    assert_eq!(lengths(&train), (3..=8).collect());
    assert_eq!(lengths(&test), (3..=8).collect());
    assert_eq!(lengths(&longer), (9..=16).collect());
    // Each length is as likely as another.
    let of_three = train.iter().filter(|pair| pair[0].len() == 3).count();
    assert!((400..600).contains(&of_three), "{of_three}");
}

#[test]
fn no_test_source_is_a_training_source() {
    // Few sources of two letters, and still fewer of one.
    for [min, max] in [[1, 2], [2, 20], [1, 1]] {
        let config = TextRulesConfig {
            min_length: Some(min),
            max_length: Some(max),
            ..config(TextRule::Reverse)
        };
        let corpus = corpus(&config);
        let [train, test, _] = parts(&corpus);
        let sources: HashSet<_> = test.iter().map(|pair| pair[0]).collect();
        assert_eq!(sources.len(), test.len(), "test sources are distinct");
        assert!(train.iter().all(|pair| !sources.contains(pair[0])));
        assert_eq!(train.len(), 3000);
        // A quarter of the sources of each length.
        let of_one = sources.iter().filter(|source| source.len() == 1).count();
        assert!(of_one <= 6, "{of_one}");
        assert_eq!(corpus.notes.len(), usize::from(test.len() < 300), "{:?}", corpus.notes);
        if max == 1 {
            assert_eq!(test.len(), 6);
            assert!(corpus.notes[0].contains("there are 6 test pairs"), "{:?}", corpus.notes);
        }
    }
}

#[test]
fn pairs_depend_on_the_seed_alone_and_stay_what_they_are() {
    let sums: BTreeMap<&str, String> =
        [TextRule::Reverse, TextRule::Copy, TextRule::Sort, TextRule::Dates]
            .into_iter()
            .map(|rule| {
                let sum = |config: &TextRulesConfig| {
                    corpus(config).checksums.into_values().next().unwrap()
                };
                let one = sum(&config(rule));
                assert_eq!(one, sum(&config(rule)));
                assert_ne!(one, sum(&TextRulesConfig { data_seed: 2, ..config(rule) }));
                (rule.name(), one)
            })
            .collect();
    // Another sum needs another VERSION.
    let shown: Vec<_> = sums.iter().map(|(rule, sum)| format!("{rule} {}", &sum[..12])).collect();
    assert_eq!((VERSION, shown.join(", ").as_str()), (1, SUMS));
    let few = config(TextRule::Dates);
    let more = TextRulesConfig { samples: 4000, ..few.clone() };
    let (few, more) = (corpus(&few), corpus(&more));
    assert_eq!(parts(&few)[0], parts(&more)[0][..3000], "more samples keep the first ones");
    assert_eq!(few.origin.as_deref(), Some("rule \"dates\", version 1, seed 1"));
}

#[test]
fn the_calendar_has_its_leap_years_and_days() {
    for (number, iso, weekday) in [
        (0, "1900-01-01", "Monday"),
        (58, "1900-02-28", "Wednesday"),
        (59, "1900-03-01", "Thursday"),
        (34_394, "1994-03-03", "Thursday"),
        (36_583, "2000-02-29", "Tuesday"),
        (Date::COUNT - 1, "2099-12-31", "Thursday"),
    ] {
        let date = Date::of(number);
        assert_eq!((date.iso().as_str(), date.weekday_name()), (iso, weekday));
    }
    let all: BTreeSet<String> = (0..Date::COUNT).map(|number| Date::of(number).iso()).collect();
    assert_eq!(all.len(), Date::COUNT);
}

#[test]
fn numbers_are_english() {
    let all: Vec<Date> = (0..Date::COUNT).map(Date::of).collect();
    let find = |[year, month, day]: [usize; 3]| {
        let is_it = |date: &&Date| [date.year, date.month, date.day] == [year, month, day];
        *all.iter().find(is_it).expect("a date")
    };
    let date = |iso: &str| {
        let numbers = iso.split('-').map(|part| part.parse().expect("a number"));
        find(numbers.collect::<Vec<_>>().try_into().expect("three"))
    };
    for (iso, nth, day, year) in [
        ("1900-01-01", "1st", "first", "nineteen hundred"),
        ("1905-02-02", "2nd", "second", "nineteen oh five"),
        ("1910-03-03", "3rd", "third", "nineteen ten"),
        ("1994-11-11", "11th", "eleventh", "nineteen ninety-four"),
        ("2000-12-12", "12th", "twelfth", "two thousand"),
        ("2009-10-13", "13th", "thirteenth", "two thousand and nine"),
        ("2010-10-20", "20th", "twentieth", "twenty ten"),
        ("2051-10-21", "21st", "twenty-first", "twenty fifty-one"),
        ("2099-10-30", "30th", "thirtieth", "twenty ninety-nine"),
        ("2080-10-31", "31st", "thirty-first", "twenty eighty"),
    ] {
        let date = date(iso);
        let found = (date.ordinal_day(), date.day_in_words(), date.year_in_words());
        assert_eq!(found, (nth.to_owned(), day.to_owned(), year.to_owned()));
    }
    let third = date("1994-03-03");
    let forms: Vec<String> =
        (0..dates::NUM_FORMS).map(|form| dates::in_english(third, form)).collect();
    for form in [
        "March 3rd, 1994",
        "3 Mar 1994",
        "third of March nineteen ninety-four",
        "Thursday, March 3, 1994",
    ] {
        assert!(forms.iter().any(|found| found == form), "{form}: {forms:?}");
    }
    assert_eq!(forms.iter().collect::<BTreeSet<_>>().len(), dates::NUM_FORMS);
}

#[test]
fn every_english_date_means_one_day() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for number in (0..Date::COUNT).step_by(37) {
        let date = Date::of(number);
        for form in 0..dates::NUM_FORMS {
            let source = dates::in_english(date, form).to_lowercase();
            let iso = known.entry(source.clone()).or_insert_with(|| date.iso());
            assert_eq!(*iso, date.iso(), "{source}");
        }
    }
    assert_eq!(MONTHS.map(|month| &month[..3]).iter().collect::<BTreeSet<_>>().len(), 12);
}

#[test]
fn no_test_date_is_a_training_date() {
    let corpus = corpus(&config(TextRule::Dates));
    let [train, test, longer] = parts(&corpus);
    assert_eq!((train.len(), test.len(), longer.len()), (3000, 300, 0));
    let dates: HashSet<_> = test.iter().map(|pair| pair[1]).collect();
    assert_eq!(dates.len(), 300);
    assert!(train.iter().all(|pair| !dates.contains(pair[1])));
    let all = TextRulesConfig { test_samples: 20_000, samples: 10, ..config(TextRule::Dates) };
    let corpus = super::corpus(&all);
    assert_eq!(corpus.num_test, 18_262);
    assert!(corpus.notes[0].contains("there are 18262 test pairs"), "{:?}", corpus.notes);
}
