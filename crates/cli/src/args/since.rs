//! Points in time, as people type them.

use std::str::FromStr;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// Seconds since 1970.
    At(i64),
    /// Seconds before now.
    Ago(i64),
}

impl Since {
    /// In seconds since 1970.
    pub(crate) fn at(self, now: i64) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => now.saturating_sub(seconds),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        absolute(text)
            .map(Self::At)
            .or_else(|| ago(text).map(Self::Ago))
            .ok_or_else(|| {
                "write a day such as 2024-01-31, a time such as 2024-01-31T12:00:00Z, or how \
                 long ago, such as 12h, 90d, 2w or 1y"
                    .to_owned()
            })
    }
}

/// `90d`
fn ago(text: &str) -> Option<i64> {
    let (end, unit) = text.char_indices().next_back()?;
    let unit = match unit {
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        'y' => 365 * DAY,
        _ => return None,
    };
    digits(&text[..end])?.checked_mul(unit)
}

/// `2024-01-31`, with a time of day and a zone if wanted (RFC 3339).
fn absolute(text: &str) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = days(day)?.checked_mul(DAY)?;
    if rest.is_empty() {
        return Some(day);
    }
    let (time, zone) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let [hour, minute, second] = fields(time, ':', [23, 59, 60])?;
    let offset = match zone {
        "" | "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let [hours, minutes] = fields(zone.strip_prefix(['+', '-'])?, ':', [23, 59])?;
            sign * (hours * HOUR + minutes * MINUTE)
        }
    };
    Some(day + hour * HOUR + minute * MINUTE + second - offset)
}

/// The days from 1970-01-01 to a day of the calendar.
fn days(text: &str) -> Option<i64> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = digits(year)?;
    let [month, day] = fields(rest.strip_prefix('-')?, '-', [12, 31])?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if month == 0 || day == 0 || day > length {
        return None;
    }
    // Howard Hinnant's `days_from_civil`: years begin in March, so that the odd day comes
    // last.
    let year = year - i64::from(month <= 2);
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let in_era = in_era * 365 + in_era / 4 - in_era / 100 + in_year;
    Some(era * 146_097 + in_era - 719_468)
}

/// Numbers of two digits with a sign between them, each with the largest it may be.
fn fields<const N: usize>(text: &str, sign: char, most: [i64; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(sign);
    for (number, most) in numbers.iter_mut().zip(most) {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *number = digits(part).filter(|number| *number <= most)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, want) in [
            ("1970-01-01", Since::At(0)),
            ("2000-02-29", Since::At(951_782_400)),
            ("2024-02-29", Since::At(1_709_164_800)),
            ("1969-12-31", Since::At(-86_400)),
            ("2023-11-14T22:13:20Z", Since::At(1_700_000_000)),
            ("2023-11-14T23:43:20+01:30", Since::At(1_700_000_000)),
            ("2023-11-14 14:13:20-08:00", Since::At(1_700_000_000)),
            ("2023-11-14T22:13:20", Since::At(1_700_000_000)),
            ("12h", Since::Ago(43_200)),
            ("90d", Since::Ago(7_776_000)),
            ("2w", Since::Ago(1_209_600)),
            ("1y", Since::Ago(31_536_000)),
        ] {
            assert_eq!(text.parse(), Ok(want), "{text}");
        }
        assert_eq!(Since::Ago(5).at(20), 15);
        assert_eq!(Since::At(5).at(20), 5);
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        for text in [
            "",
            "d",
            "-1d",
            "yesterday",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-00-10",
            "2024-1-1",
            "2024-01-31T",
            "2024-01-31T25:00:00",
            "2024-01-31T12:00:00+1",
            "2024-01-31x",
            "1.5d",
            "99999999999999999y",
            "😀",
        ] {
            let why = text.parse::<Since>().expect_err(text);
            assert!(why.contains("2024-01-31"), "{text}: {why}");
        }
    }
}
