//! Moments, given from outside: the gate has no clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// A moment in whole seconds since 1970, in UTC.
///
/// ```
/// use sluicegate_gate::Time;
///
/// let time: Time = "2026-03-01T12:00:00Z".parse()?;
/// assert_eq!(time.plus_days(-1).to_string(), "2026-02-28T12:00:00Z");
/// assert_eq!("2026-03-01".parse::<Time>()?.to_string(), "2026-03-01T00:00:00Z");
/// # Ok::<(), sluicegate_gate::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// The text is no moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeError(String);

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no date: write 2026-03-01 or 2026-03-01T12:00:00Z",
            self.0
        )
    }
}

impl std::error::Error for TimeError {}

impl Time {
    /// The moment that many seconds after the beginning of 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the beginning of 1970.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// So many days later.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// So many hours later.
    #[must_use]
    pub fn plus_hours(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours.saturating_mul(3_600)))
    }

    /// The whole days from this moment to a later one; negative if that is earlier.
    pub fn days_until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0).div_euclid(DAY)
    }

    /// The date without the time of day.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(
            f,
            "{}T{hour:02}:{minute:02}:{:02}Z",
            self.date(),
            second % 60
        )
    }
}

/// Howard Hinnant's `civil_from_days`: years begin in March, so that the odd day comes
/// last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, day)
}

/// The other way round.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let in_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719_468
}

impl FromStr for Time {
    type Err = TimeError;

    /// Reads a date, or a date and a time in UTC, as RFC 3339 has them.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse(text).ok_or_else(|| TimeError(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<Time> {
    let (date, clock) = match text.split_once('T') {
        Some((date, clock)) => (date, clock.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let days = days(year, month, day);
    // Only days that the calendar has come back as they were.
    let is_real = civil(days) == (year, month, day);
    let in_day = hour < 24 && minute < 60 && second < 60;
    (is_real && in_day).then(|| Time(days * DAY + hour * 3_600 + minute * 60 + second))
}

fn numbers(text: &str, sign: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut out = [0; 3];
    let mut parts = text.split(sign);
    for (into, length) in out.iter_mut().zip(lengths) {
        let part = parts.next()?;
        let is_number = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        *into = part.parse().ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then_some(out)
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2026-11-20T05:54:50Z", Some(1_795_154_090)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2026-11-20T05:54:50.25Z", Some(1_795_154_090)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-20T24:00:00Z", None),
            ("2026-11-20T05:54:50+01:00", None),
            ("2026-1-2", None),
            ("tomorrow", None),
        ] {
            let time = text.parse::<Time>().ok();
            assert_eq!(time.map(Time::seconds), seconds, "{text}");
            if let Some(time) = time.filter(|_| !text.contains('.')) {
                assert_eq!(time.to_string(), text);
            }
        }
        let (a, b) = (Time(0), Time(DAY * 3 - 1));
        assert_eq!((a.days_until(b), b.days_until(a)), (2, -3));
    }
}
