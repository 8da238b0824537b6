//! What a credential says about itself, read without asking anybody.

use crate::finding::Finding;
use crate::vocabulary::{Lifetime, Severity, Trait};

/// A credential that ended less than this long ago is not called expired: clocks differ,
/// and times are copied. In seconds.
const GRACE: i64 = 86_400;

const DAY: i64 = 86_400;

/// What a credential says about itself: whose it is, for what, and how long it lives.
/// Nothing of it is secret.
///
/// ```
/// use sluicegate_core::{Identity, Lifetime, Trait};
///
/// let mut identity = Identity::default();
/// identity.add(Trait::Issuer, "https://login.example/");
/// (identity.issued, identity.expires) = (Some(1_700_000_000), Some(1_700_003_600));
/// assert_eq!(identity.lifetime(), Some(Lifetime::L1));
/// assert!(!identity.is_expired());
/// identity.judge(1_800_000_000);
/// assert!(identity.is_expired());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What it says, in the order of [`Trait`]; each word at most once.
    traits: Vec<(Trait, String)>,
    /// When it was issued, in seconds since 1970.
    pub issued: Option<i64>,
    /// When it ends, in seconds since 1970.
    pub expires: Option<i64>,
    /// How long such a credential lives, if its kind tells.
    pub class: Option<Lifetime>,
    expired: bool,
}

impl Identity {
    /// Longer values are cut, in bytes.
    const LONGEST: usize = 200;

    /// Adds what is said; the first one of each word counts, and nothing is no answer.
    pub fn add(&mut self, name: Trait, value: impl AsRef<str>) {
        let value = value.as_ref().trim();
        if value.is_empty() {
            return;
        }
        if let Err(place) = self.traits.binary_search_by_key(&name, |(name, _)| *name) {
            let mut end = value.len().min(Self::LONGEST);
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            self.traits.insert(place, (name, value[..end].to_owned()));
        }
    }

    /// What it says, in the order of [`Trait`].
    pub fn traits(&self) -> impl Iterator<Item = (Trait, &str)> {
        self.traits
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// What it says under that word.
    pub fn get(&self, name: Trait) -> Option<&str> {
        self.traits().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.traits.is_empty() && self.issued.or(self.expires).is_none() && self.class.is_none()
    }

    /// Decides whether it is expired, for somebody to whom it is `now`, in seconds since
    /// 1970. Until this is called it is not.
    pub fn judge(&mut self, now: i64) {
        self.expired = self
            .expires
            .is_some_and(|end| end.saturating_add(GRACE) < now);
    }

    /// Whether it had ended more than a day before the time it was judged for.
    pub fn is_expired(&self) -> bool {
        self.expired
    }

    /// How long it lives, if it says so.
    pub fn lifetime(&self) -> Option<Lifetime> {
        let end = match (self.issued, self.expires) {
            (Some(start), Some(end)) if end > start => match end - start {
                ..=DAY => Lifetime::L1,
                span if span <= 90 * DAY => Lifetime::L2,
                _ => Lifetime::L3,
            },
            _ => return self.class,
        };
        Some(end)
    }
}

impl Finding {
    /// How bad it is: what its rule says, and low if it is known to have ended.
    pub fn severity(&self) -> Severity {
        match &self.identity {
            Some(identity) if identity.is_expired() => Severity::Low,
            _ => self.rule.severity,
        }
    }

    /// How long the credential lives: what it says itself, or what its rule says.
    pub fn lifetime(&self) -> Lifetime {
        let own = self.identity.as_ref().and_then(|own| own.lifetime());
        own.unwrap_or(self.rule.lifetime)
    }
}

/// A time in UTC as RFC 3339 has it, from seconds since 1970; years before 1 and after
/// 9999 are none.
pub fn rfc3339(seconds: i64) -> Option<String> {
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    if !(-719_162..=2_932_896).contains(&days) {
        return None;
    }
    // Howard Hinnant's `civil_from_days`: years begin in March, so that the odd day comes
    // last.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let in_month = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!(
        "{year:04}-{month:02}-{in_month:02}T{hour:02}:{minute:02}:{second:02}Z"
    ))
}

/// Seconds since 1970, from a time or a date as RFC 3339 has them; no offset is UTC.
pub fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        (digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
    };
    let is = |at: usize, marks: &[u8]| text.as_bytes().get(at).is_some_and(|b| marks.contains(b));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !is(4, b"-") || !is(7, b"-") || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The inverse of the above.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let in_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719_468;
    if text.len() == 10 {
        return Some(days * DAY);
    }
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    if !is(10, b"Tt ") || !is(13, b":") || hour > 23 || minute > 59 {
        return None;
    }
    let second = if is(16, b":") { number(17, 19)? } else { 0 };
    let rest = text.get(if is(16, b":") { 19 } else { 16 }..)?;
    let rest = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest.as_bytes() {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let hours: i64 = rest.get(1..3)?.parse().ok()?;
            let minutes: i64 = rest.get(rest.len().saturating_sub(2)..)?.parse().ok()?;
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'+' { offset } else { -offset }
        }
        _ => return None,
    };
    Some(days * DAY + hour * 3600 + minute * 60 + second - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, number, written) in [
            ("1970-01-01", 0, "1970-01-01T00:00:00Z"),
            ("2000-02-29T12:30:01Z", 951_827_401, "2000-02-29T12:30:01Z"),
            ("2023-11-14T22:13Z", 1_699_999_980, "2023-11-14T22:13:00Z"),
            (
                "2023-11-14T23:43:20.125+01:30",
                1_700_000_000,
                "2023-11-14T22:13:20Z",
            ),
            (
                "9999-12-31T23:59:59Z",
                253_402_300_799,
                "9999-12-31T23:59:59Z",
            ),
        ] {
            assert_eq!(seconds(text), Some(number), "{text}");
            assert_eq!(rfc3339(number).as_deref(), Some(written));
        }
        for text in [
            "",
            "2023",
            "2023-13-01",
            "2023-11-14T25:00Z",
            "14.11.2023",
            "2023-11-14 x",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(rfc3339(i64::MAX), None);
        assert_eq!(rfc3339(i64::MIN), None);
    }

    #[test]
    fn the_class_follows_from_the_times() {
        let of = |issued, expires| Identity {
            issued,
            expires,
            ..Identity::default()
        };
        for (issued, expires, class) in [
            (Some(0), Some(3600), Some(Lifetime::L1)),
            (Some(0), Some(30 * DAY), Some(Lifetime::L2)),
            (Some(0), Some(365 * DAY), Some(Lifetime::L3)),
            (Some(10), Some(5), None),
            (None, Some(5), None),
        ] {
            assert_eq!(of(issued, expires).lifetime(), class);
        }
    }

    #[test]
    fn what_ended_a_day_ago_is_expired_and_what_ended_just_now_is_not() {
        let mut identity = Identity {
            expires: Some(1000),
            ..Identity::default()
        };
        for (now, expired) in [(0, false), (1001, false), (1000 + GRACE + 1, true)] {
            identity.judge(now);
            assert_eq!(identity.is_expired(), expired, "{now}");
        }
        Identity::default().judge(i64::MAX);
    }

    #[test]
    fn the_first_answer_counts_and_long_ones_are_cut() {
        let mut identity = Identity::default();
        assert!(identity.is_empty());
        identity.add(Trait::User, "é".repeat(150));
        identity.add(Trait::User, "second");
        identity.add(Trait::Account, "1");
        identity.add(Trait::Host, "  ");
        let all: Vec<_> = identity.traits().map(|(name, v)| (name, v.len())).collect();
        assert_eq!(all, [(Trait::Account, 1), (Trait::User, 200)]);
    }
}
