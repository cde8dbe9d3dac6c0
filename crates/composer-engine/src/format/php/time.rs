//! The `time` of a package: from what people and repositories write to what Composer writes.

use regex::{Captures, Regex};
use std::sync::LazyLock;

const DAY: i64 = 86_400;

/// The forms of `new DateTime` that are found in metadata: a date, perhaps with a time, a fraction, an offset.
static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix-u)^\s* (?<year>\d{4}) - (?<month>\d{1,2}) - (?<day>\d{1,2})
        (?: (?:t|\s+) (?<hour>\d{1,2}) : (?<minute>\d{2}) (?: : (?<second>\d{2}) (?:\.\d*)? )? )?
        \s* (?: z | utc | gmt | (?<sign>[+-]) (?<offset_hour>\d{1,2}) :? (?<offset_minute>\d{2})? )? \s*$",
    )
    .expect("the pattern is valid")
});

/// A date as Composer's loader takes it (Unix seconds, or what PHP's `DateTime` reads, in UTC when it has no offset),
/// in RFC 3339 with its own offset: `2024-05-01T10:00:00+02:00`. None for what cannot be read; Composer then writes no time.
pub fn to_rfc3339(time: &str) -> Option<String> {
    if !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format(time.parse().ok()?, 0));
    }
    let parts = DATE_TIME.captures(time)?;
    let (month, day) = (number(&parts, "month"), number(&parts, "day"));
    let (hour, minute, second) = (
        number(&parts, "hour"),
        number(&parts, "minute"),
        number(&parts, "second"),
    );
    let (offset_hour, offset_minute) = (
        number(&parts, "offset_hour"),
        number(&parts, "offset_minute"),
    );
    if month > 12
        || day > 31
        || hour > 24
        || minute > 59
        || second > 60
        || offset_hour > 23
        || offset_minute > 59
    {
        return None;
    }
    let sign = if parts.name("sign").is_some_and(|sign| sign.as_str() == "-") {
        -1
    } else {
        1
    };
    // What is beyond its unit rolls over: 2012-02-30 is the first of March.
    let days = days_before(number(&parts, "year"), month) + day - 1;
    Some(format(
        days * DAY + hour * 3600 + minute * 60 + second,
        sign * (offset_hour * 60 + offset_minute),
    ))
}

fn number(parts: &Captures<'_>, name: &str) -> i64 {
    parts
        .name(name)
        .and_then(|digits| digits.as_str().parse().ok())
        .unwrap_or(0)
}

/// Days from 1970-01-01 to the first of a month; month 0 is the December before.
fn days_before(year: i64, month: i64) -> i64 {
    // Years begin in March, so that the leap day is their last.
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 - 719_468
}

/// Local seconds since 1970 and the offset in minutes.
pub(crate) fn format(seconds: i64, offset: i64) -> String {
    let (days, clock) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // A guess from the mean length of a year, never too late and at most two years too early.
    let mut year = 1969 + (days * 400).div_euclid(146_097);
    while days_before(year + 1, 1) <= days {
        year += 1;
    }
    let month = (2..=12)
        .take_while(|&month| days_before(year, month) <= days)
        .last()
        .unwrap_or(1);
    format!(
        "{}{:04}-{month:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}",
        if year < 0 { "-" } else { "" },
        year.abs(),
        days - days_before(year, month) + 1,
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
        if offset < 0 { '-' } else { '+' },
        offset.abs() / 60,
        offset.abs() % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // What PHP 8.2 answers.
    #[test]
    fn dates_are_read_as_php_does() {
        for (time, written) in [
            ("1704067200", "2024-01-01T00:00:00+00:00"),
            ("2013-01-01 00:00:00", "2013-01-01T00:00:00+00:00"),
            ("2012-01-01", "2012-01-01T00:00:00+00:00"),
            ("2012-1-1", "2012-01-01T00:00:00+00:00"),
            ("2024-02-29T23:59:59-05:30", "2024-02-29T23:59:59-05:30"),
            ("2012-01-01 10:00:00 +0200", "2012-01-01T10:00:00+02:00"),
            ("2012-01-01T10:00:00.123456Z", "2012-01-01T10:00:00+00:00"),
            ("2012-01-01 10:00 UTC", "2012-01-01T10:00:00+00:00"),
            ("2012-02-30", "2012-03-01T00:00:00+00:00"),
            ("2012-12-31 24:00:00", "2013-01-01T00:00:00+00:00"),
            ("1969-12-31 23:59:59", "1969-12-31T23:59:59+00:00"),
            ("0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:00"),
        ] {
            assert_eq!(to_rfc3339(time).as_deref(), Some(written), "{time}");
        }
        for unreadable in [
            "",
            "yesterday evening",
            "2012-13-01",
            "2012-01-32",
            "2012-01-01 25:00",
        ] {
            assert_eq!(to_rfc3339(unreadable), None, "{unreadable}");
        }
    }
}
