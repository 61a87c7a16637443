//! Days of the calendar, and numbers in English.

/// The names of the months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days of the week.
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Cardinal and ordinal numbers below 20; 0 has no ordinal.
const ONES: [(&str, &str); 20] = [
    ("", ""),
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("four", "fourth"),
    ("five", "fifth"),
    ("six", "sixth"),
    ("seven", "seventh"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("ten", "tenth"),
    ("eleven", "eleventh"),
    ("twelve", "twelfth"),
    ("thirteen", "thirteenth"),
    ("fourteen", "fourteenth"),
    ("fifteen", "fifteenth"),
    ("sixteen", "sixteenth"),
    ("seventeen", "seventeenth"),
    ("eighteen", "eighteenth"),
    ("nineteen", "nineteenth"),
];

/// Multiples of ten from 20.
const TENS: [(&str, &str); 8] = [
    ("twenty", "twentieth"),
    ("thirty", "thirtieth"),
    ("forty", "fortieth"),
    ("fifty", "fiftieth"),
    ("sixty", "sixtieth"),
    ("seventy", "seventieth"),
    ("eighty", "eightieth"),
    ("ninety", "ninetieth"),
];

/// A date from 1900 to 2099.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub year: usize,
    /// 1 to 12.
    pub month: usize,
    /// 1 to 31.
    pub day: usize,
    /// 0 for Monday.
    weekday: usize,
}

impl Date {
    /// Number of dates from 1900 to 2099.
    pub const COUNT: usize = 73_049;

    /// The date `number` days after 1 January 1900, a Monday.
    pub fn of(number: usize) -> Self {
        let (mut year, mut month, mut left) = (1900, 1, number);
        while left >= 365 + usize::from(is_leap(year)) {
            left -= 365 + usize::from(is_leap(year));
            year += 1;
        }
        while left >= days(year, month) {
            left -= days(year, month);
            month += 1;
        }
        Self { year, month, day: left + 1, weekday: number % 7 }
    }

    /// The date by ISO 8601: `1994-03-03`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// The name of the month.
    pub fn month_name(self) -> &'static str {
        MONTHS[self.month - 1]
    }

    /// The name of the day of the week.
    pub fn weekday_name(self) -> &'static str {
        DAYS[self.weekday]
    }

    /// The day with its suffix: `3rd`.
    pub fn ordinal_day(self) -> String {
        let suffix = match (self.day, self.day % 10) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        format!("{}{suffix}", self.day)
    }

    /// The day in words: `twenty-third`.
    pub fn day_in_words(self) -> String {
        in_words(self.day, |(_, ordinal)| ordinal)
    }

    /// The year in words: `nineteen ninety-four`, `nineteen oh five`, `two thousand and five`, `twenty ten`.
    pub fn year_in_words(self) -> String {
        let rest = in_words(self.year % 100, |(cardinal, _)| cardinal);
        match self.year {
            1900 => "nineteen hundred".to_owned(),
            1901..=1909 => format!("nineteen oh {rest}"),
            1910..=1999 => format!("nineteen {rest}"),
            2000 => "two thousand".to_owned(),
            2001..=2009 => format!("two thousand and {rest}"),
            _ => format!("twenty {rest}"),
        }
    }
}

/// A number from 1 to 99 in words; `form` selects the cardinal or the ordinal of the last one.
fn in_words(number: usize, form: fn((&'static str, &'static str)) -> &'static str) -> String {
    match (number / 10, number % 10) {
        (0 | 1, _) => form(ONES[number]).to_owned(),
        (tens, 0) => form(TENS[tens - 2]).to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens - 2].0, form(ONES[ones])),
    }
}

fn is_leap(year: usize) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days(year: usize, month: usize) -> usize {
    match month {
        2 => 28 + usize::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
