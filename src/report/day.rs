//! Days, as far as a document needs them: to be written for people, and to be put on a line.

use super::texts::{Texts, fill};
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    year: i32,
    month: u8,
    day: u8,
}

impl Day {
    /// Reads `YYYY-MM-DD`, or the day at the beginning of a longer time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        let day = parts.next()?.parse().ok()?;
        let is_one = (1..=12).contains(&month) && (1..=31).contains(&day);
        is_one.then_some(Self { year, month, day })
    }

    /// The day it is, in UTC.
    pub(crate) fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let days = since.map_or(0, |since| since.as_secs() / 86_400);
        Self::of_number(i64::try_from(days).unwrap_or_default())
    }

    /// The day so many days after 1970-01-01: the algorithm of Howard Hinnant,
    /// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
    fn of_number(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: i32::try_from(year).unwrap_or_default(),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    /// The year with its fraction, precise enough to be drawn.
    pub(super) fn as_years(self) -> f64 {
        f64::from(self.year)
            + (f64::from(self.month) - 1.0) / 12.0
            + (f64::from(self.day) - 1.0) / 372.0
    }

    /// By the calendar that plans and releases are dated by.
    pub(super) fn year(self) -> i32 {
        self.year
    }

    /// `19 May 2026`.
    pub(super) fn shown(self, texts: &Texts) -> String {
        let month = &texts.days.months[usize::from(self.month) - 1];
        fill(
            &texts.days.written,
            &[("day", &self.day), ("month", month), ("year", &self.year)],
        )
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A day of the data for people; as it is where it is none.
pub(super) fn shown(text: &str, texts: &Texts) -> String {
    Day::parse(text).map_or_else(|| text.to_owned(), |day| day.shown(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_and_written() {
        for (number, day) in [
            (0, "1970-01-01"),
            (19_782, "2024-02-29"),
            (20_788, "2026-12-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(Day::of_number(number).to_string(), day);
        }
        let texts = Texts::english();
        assert_eq!(shown("2026-05-19", texts), "19 May 2026");
        for odd in [
            "",
            "2026",
            "2026-13-01",
            "2026-05-00",
            "20x6-05-01",
            "ä026-05-01",
        ] {
            assert_eq!(Day::parse(odd), None, "{odd}");
        }
    }
}
