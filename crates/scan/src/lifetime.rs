//! How long a value lives, where it says so itself. Nothing here looks at a clock: what counts
//! is how long it was made to live, and a report is the same tomorrow.

use sluicegate_core::{Lifetime, Piece, checksum};

use crate::blob::Hit;

const DAY: i64 = 86_400;

/// The lifetime that the value of a rule tells, if it tells one.
pub(crate) fn told(rule: &str, hit: &Hit) -> Option<Lifetime> {
    match rule {
        "jwt" => of_jwt(hit.secret.expose_secret_bytes()),
        // The value is the signature; when it starts and ends stands beside it.
        "azure-sas-url" => {
            let pieces = hit.excerpt.pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Own(_) | Piece::Other(_) => "&",
            });
            of_signature(&pieces.collect::<String>())
        }
        _ => None,
    }
}

/// A lifetime in seconds.
fn of_seconds(seconds: i64) -> Lifetime {
    if seconds <= DAY {
        Lifetime::L1
    } else if seconds <= 90 * DAY {
        Lifetime::L2
    } else {
        Lifetime::L3
    }
}

/// A token without `exp` never ends. Without `iat` and `nbf` it cannot be told how long it
/// was made to live; that it ends is known.
fn of_jwt(token: &[u8]) -> Option<Lifetime> {
    let payload = token.split(|&b| b == b'.').nth(1)?;
    let claims: serde_json::Value =
        serde_json::from_slice(&checksum::decode_base64(payload)?).ok()?;
    let claims = claims.as_object()?;
    // Dates may have fractions.
    let date = |name: &str| {
        let value = claims.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|v| v as i64))
    };
    let Some(end) = date("exp") else {
        return Some(Lifetime::L4);
    };
    let start = date("iat").or_else(|| date("nbf"));
    Some(start.map_or(Lifetime::L3, |start| of_seconds(end.saturating_sub(start))))
}

/// The query of a URL with a shared access signature.
fn of_signature(query: &str) -> Option<Lifetime> {
    let field = |name: &str| {
        let sign = |at: usize| at == 0 || matches!(query.as_bytes()[at - 1], b'?' | b'&' | b';');
        let mut places = query.match_indices(name).filter(|&(at, _)| sign(at));
        let (at, _) = places.next()?;
        query[at + name.len()..].split(['&', '"', '\'', ' ']).next()
    };
    // Signed by an identity, for seven days at most.
    if field("skoid=").is_some() {
        return Some(Lifetime::L2);
    }
    match (field("st="), field("se=")) {
        (Some(start), Some(end)) => Some(of_seconds((days(end)? - days(start)?) * DAY)),
        (None, Some(_)) => Some(Lifetime::L3),
        // A policy that is stored with the service says when it ends.
        (_, None) => field("si=").map(|_| Lifetime::LU),
    }
}

/// The number of the day that a date such as `2030-01-31T…` names.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.get(..10)?.split('-');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    // Years start in March, so that the day of a leap year comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + of_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_how_long_they_were_made_to_live() {
        let token = |payload: &str| [&b"e30."[..], payload.as_bytes(), b".sig"].concat();
        // {"sub":"a"}, {"exp":1700003600}, {"iat":1700000000,"exp":1700003600},
        // {"iat":1700000000,"exp":1702592000}, {"iat":1700000000,"exp":1800000000}
        for (payload, lifetime) in [
            ("eyJzdWIiOiJhIn0", Lifetime::L4),
            ("eyJleHAiOjE3MDAwMDM2MDB9", Lifetime::L3),
            (
                "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0",
                Lifetime::L1,
            ),
            (
                "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMjU5MjAwMH0",
                Lifetime::L2,
            ),
            (
                "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTgwMDAwMDAwMH0",
                Lifetime::L3,
            ),
        ] {
            assert_eq!(of_jwt(&token(payload)), Some(lifetime), "{payload}");
        }
        assert_eq!(of_jwt(b"a.b.c"), None);
    }

    #[test]
    fn signatures_say_how_long_they_hold() {
        for (query, lifetime) in [
            (
                "?sv=2022-11-02&st=2026-02-28T23%3A00Z&se=2026-03-01T01%3A00Z&sig=",
                Some(Lifetime::L1),
            ),
            (
                "?sv=2022-11-02&st=2026-01-01&se=2026-03-01&sig=",
                Some(Lifetime::L2),
            ),
            (
                "?sv=2022-11-02&st=2026-01-01&se=2035-01-01&sig=",
                Some(Lifetime::L3),
            ),
            ("?sv=2022-11-02&se=2035-01-01&sig=", Some(Lifetime::L3)),
            (
                "?sv=2022-11-02&skoid=x&st=2026-01-01&se=2026-01-05&sig=",
                Some(Lifetime::L2),
            ),
            ("?sv=2022-11-02&si=readers&sig=", Some(Lifetime::LU)),
            ("?sv=2022-11-02&sig=", None),
        ] {
            assert_eq!(of_signature(query), lifetime, "{query}");
        }
        assert_eq!(
            days("2024-03-01")
                .zip(days("2024-02-28"))
                .map(|(b, a)| b - a),
            Some(2)
        );
        assert_eq!(days("soon"), None);
    }
}
