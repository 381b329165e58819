//! Days and moments as ISO 8601 writes them: `2026-11-26` and `2026-11-26T10:09:14Z`.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A day of the Gregorian calendar, years 1 to 9999. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A text that names no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is no date: expected year-month-day such as 2026-11-26")]
pub struct DateError {
    got: String,
}

impl Date {
    /// The day of these seconds after 1970, in UTC; of the calendar's end where they lie beyond it.
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Self {
        // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days: years begin in March.
        let days = (seconds / 86_400).min(2_932_896) + 719_468;
        let era_day = days % 146_097;
        let era_year = (era_day - era_day / 1_460 + era_day / 36_524 - era_day / 146_096) / 365;
        let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
        let shifted = (5 * year_day + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era_year + days / 146_097 * 400 + u64::from(month <= 2);
        Self { year: year as u16, month: month as u8, day: (year_day - (153 * shifted + 2) / 5 + 1) as u8 }
    }

    /// Today, in UTC, by the system's clock.
    #[must_use]
    pub fn today() -> Self {
        Self::of_seconds(seconds_since_1970())
    }

    /// The second after 1970 with which the day begins, in UTC; negative before.
    #[must_use]
    pub fn start(self) -> i64 {
        // As above, days_from_civil.
        let (year, month) = (i64::from(self.year) - i64::from(self.month <= 2), i64::from(self.month));
        let year_day = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + year_day;
        (days - 719_468) * 86_400
    }

    fn days_of_month(year: u16, month: u8) -> u8 {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?
        };
        let hyphens = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        let parts = hyphens.then(|| Some((number(0..4)?, number(5..7)? as u8, number(8..10)? as u8))).flatten();
        match parts {
            Some((year @ 1.., month @ 1..=12, day @ 1..)) if day <= Self::days_of_month(year, month) => {
                Ok(Self { year, month, day })
            }
            _ => Err(DateError { got: text.chars().take(40).collect() }),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl TryFrom<String> for Date {
    type Error = DateError;

    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

/// A moment, to the second, in UTC by the system's clock; stored and shown as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(String);

impl Moment {
    /// Now. Not for the audio thread: it makes a text.
    #[must_use]
    pub fn now() -> Self {
        Self::of_seconds(seconds_since_1970())
    }

    /// The moment so many seconds after 1970.
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Self {
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        Self(format!("{}T{hour:02}:{minute:02}:{second:02}Z", Date::of_seconds(seconds)))
    }

    /// Its day; none where the text is damaged.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        self.0.get(..10)?.parse().ok()
    }

    /// As people write it: `2026-11-26 10:09:14 UTC`.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.0.replacen('T', " ", 1).replacen('Z', " UTC", 1)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A clock set before 1970 counts as 1970.
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_exist_are_read_and_shown_alike_and_others_refused() {
        for day in ["2026-11-26", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(day.parse::<Date>().unwrap().to_string(), day);
        }
        for wrong in [
            "",
            "2026",
            "2026-13-01",
            "2026-00-10",
            "2023-02-29",
            "1900-02-29",
            "2026-04-31",
            "0000-01-01",
            "26/11/2026",
        ] {
            assert!(wrong.parse::<Date>().unwrap_err().to_string().contains("2026-11-26"), "{wrong}");
        }
        for wrong in ["2026-11-2é", "2026-+1-01", "2026-11-26T", "2026:11:26"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
        assert!("2026-02-01".parse::<Date>().unwrap() > "2025-12-31".parse().unwrap());
    }

    #[test]
    fn every_day_of_six_centuries_follows_the_one_before_it() {
        let mut date = Date::of_seconds(0);
        assert_eq!(date.to_string(), "1970-01-01");
        for day in 1..220_000 {
            let next = Date::of_seconds(day * 86_400);
            let follows = (next.year, next.month, next.day) == (date.year, date.month, date.day + 1)
                || (date.day == Date::days_of_month(date.year, date.month) && next.day == 1 && next > date);
            assert!(follows && next.to_string().parse() == Ok(next), "{date} then {next}");
            assert_eq!(next.start(), day as i64 * 86_400);
            date = next;
        }
        assert_eq!(date.to_string(), "2572-05-03");
        assert_eq!("0001-01-01".parse::<Date>().unwrap().start(), -62_135_596_800);
    }

    #[test]
    fn moments_are_known_by_their_seconds() {
        let moment = Moment::of_seconds(1_795_687_754);
        assert_eq!(moment.to_string(), "2026-11-26T10:09:14Z");
        assert_eq!(moment.in_words(), "2026-11-26 10:09:14 UTC");
        assert_eq!(moment.date().unwrap().to_string(), "2026-11-26");
        assert_eq!(Date::of_seconds(u64::MAX).to_string(), "9999-12-31");
        assert_eq!(Moment(String::from("é")).date(), None);
    }
}
