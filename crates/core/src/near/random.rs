//! Does a value look as if a machine made it up?

use crate::common::commonness;
use crate::filter::{entropy, placeholder, public};
use crate::model;

/// What a random value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Hex digits or decimal digits, in one piece or in groups: it may be a hash or an
    /// identifier as well.
    Hex,
    /// Letters and digits as no word, name, path or version has them.
    Mixed,
}

/// The mean of how common its pairs are in source code, times ten, below which a value of
/// at least 16 characters is random. Of 69,000 names and words of at least 14 characters in
/// public source code 1.9 % are below; of random values of 20 characters 97 % are.
const RARE: u32 = 158;

/// The same for values of 12 to 15 characters.
const RARE_SHORT: u32 = 142;

/// What kind of random value it is, if it is one.
pub(super) fn kind(value: &[u8]) -> Option<Kind> {
    let count = |class: fn(&u8) -> bool| value.iter().filter(|b| class(b)).count();
    let digits = count(u8::is_ascii_digit);
    let letters = count(u8::is_ascii_alphabetic);
    let others = value.len() - digits - letters;
    // Cheap things first: most values are words.
    if value.len() < super::SHORTEST || digits == 0 && value.len() < 20 {
        return None;
    }
    let hex = value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    // Signs in plenty make a path, a version, a list.
    let plenty = others * 5 > value.len() || digits + letters < super::SHORTEST;
    if !hex && plenty || is_about(value) {
        return None;
    }
    if hex {
        let enough = if letters == 0 {
            digits >= 20 && others == 0
        } else {
            digits + letters >= 16 && digits >= 4 && letters >= 2
        };
        let bits = if letters == 0 { 2.4 } else { 2.8 };
        return (enough && entropy(value) >= bits).then_some(Kind::Hex);
    }
    let pairs = u32::try_from(value.len() - 1).ok()?;
    let mean = commonness(value) * 10 / pairs;
    let (rare, few) = if value.len() < 16 {
        (RARE_SHORT, 2)
    } else {
        (RARE, 1)
    };
    let of_letters =
        digits == 0 && value.len() >= 20 && (changes_case(value) || mean <= RARE_SHORT);
    let random = mean <= rare && (letters >= 2 && digits >= few || of_letters);
    let secret = || !encodes_stock(value) && !public::is_public_key(value);
    (random && entropy(value) >= 2.9 && secret()).then_some(Kind::Mixed)
}

/// Whether it reads as names in code do: `ResetPasswordRequest`.
pub(super) fn is_name(value: &[u8]) -> bool {
    const WORDS: f32 = 3.0;
    value.len() >= super::SHORTEST
        && value.iter().all(u8::is_ascii_alphanumeric)
        && value.iter().any(u8::is_ascii_lowercase)
        && model::word_bits(value) > WORDS
}

/// Whether it has the form of a UUID.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    let lengths = value.split(|&b| b == b'-').map(<[u8]>::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
}

/// Whether it is base64 of the words of placeholders.
fn encodes_stock(value: &[u8]) -> bool {
    let plain = crate::filter::checksum::basic(value);
    plain.is_some_and(|plain| model::stock(&plain) >= 0.9 || placeholder(&plain).is_some())
}

/// Whether capitals and small letters alternate as they do by chance.
fn changes_case(value: &[u8]) -> bool {
    let changes = value
        .windows(2)
        .filter(|w| w[0].is_ascii_lowercase() != w[1].is_ascii_lowercase());
    changes.count() * 4 >= value.len()
}

/// A hash that says so, a file, a version, a path.
fn is_about(value: &[u8]) -> bool {
    const STARTS: &[&str] = &[
        "sha1-",
        "sha256-",
        "sha384-",
        "sha512-",
        "0x",
        // Advisories of GitHub.
        "GHSA-",
        "CVE-",
        "v0.",
        "v1.",
        "v2.",
        "http",
        // PEM in base64.
        "LS0tLS1CRUdJTi",
    ];
    let starts = |word: &&str| value.starts_with(word.as_bytes());
    let piece = value.rsplit(|&b| b == b'.').next().unwrap_or_default();
    let ending = piece.len() < value.len()
        && (1..=5).contains(&piece.len())
        && piece.iter().all(u8::is_ascii_lowercase);
    let path = value.split(|&b| b == b'/').filter(|part| {
        part.len() >= 3 && part.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
    });
    let dots = value.iter().filter(|b| **b == b'.').count();
    let address = dots >= 2
        && value
            .split(|b| b".:/".contains(b))
            .all(|part| part.len() < 12);
    let host = value.contains(&b'/')
        && value.split(|&b| b == b'/').any(|part| {
            let last = part.rsplit(|&b| b == b'.').next().unwrap_or_default();
            last.len() < part.len()
                && (2..=5).contains(&last.len())
                && last.iter().all(u8::is_ascii_lowercase)
        });
    STARTS.iter().any(starts)
        || ending
        || address
        || host
        || path.count() >= 2
        || has_date(value)
        || is_revision(value)
        || is_version(value)
        || value
            .windows(3)
            .any(|w| w == b"%20" || w == b"://" || w == b"%26")
        || has_query(value)
        || is_slug(value)
}

/// Whether it is words and short numbers between hyphens, as models and regions are called:
/// `claude-haiku-4-5-20251001`.
fn is_slug(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        let digits = part.iter().all(u8::is_ascii_digit);
        let date = part.len() == 8 && part.starts_with(b"20");
        digits && (part.len() <= 2 || date) || part.iter().all(u8::is_ascii_lowercase)
    };
    let mut parts = 0;
    value.split(|&b| b == b'-').all(|part| {
        parts += 1;
        !part.is_empty() && is_part(part)
    }) && parts >= 3
}

/// Whether it is a part of a query that was escaped: `state%3D17`. Behind a token it is the
/// padding.
fn has_query(value: &[u8]) -> bool {
    let mut signs = value.windows(4);
    signs.any(|w| w.starts_with(b"%3") && matches!(w[2], b'D' | b'd') && w[3] != b'%')
}

/// Whether it starts as versions do: `26.7.0.124771-community`.
fn is_version(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b'.');
    let mut number = |most: usize| {
        let part = parts.next().unwrap_or_default();
        (1..=most).contains(&part.len()) && part.iter().all(u8::is_ascii_digit)
    };
    number(4) && number(4) && number(8)
}

/// Whether a date of this or the last century stands in it, as versions have it:
/// `2023-05-01-preview`, `v0.0.0-20200324110947-a37a7636d23e`.
fn has_date(value: &[u8]) -> bool {
    let century = |w: &[u8]| w.starts_with(b"20") || w.starts_with(b"19");
    let day = |w: &[u8]| {
        let marks = w[4] == b'-' && w[7] == b'-';
        let digits = w.iter().filter(|b| b.is_ascii_digit()).count();
        marks && digits == 8 && matches!(w[5], b'0' | b'1') && century(w)
    };
    let second = |w: &[u8]| {
        matches!(w[0], b'-' | b'.')
            && w[15] == b'-'
            && century(&w[1..])
            && w[1..15].iter().all(u8::is_ascii_digit)
    };
    value.windows(10).any(day) || value.windows(16).any(second)
}

/// Whether it is a name and a hash of it: `org/project/9f86d08...`.
fn is_revision(value: &[u8]) -> bool {
    let Some(slash) = memchr::memrchr(b'/', value) else {
        return false;
    };
    let (names, hash) = (&value[..slash], &value[slash + 1..]);
    let is_name = |part: &[u8]| {
        part.len() >= 3
            && part
                .iter()
                .all(|b| b.is_ascii_alphabetic() || b"-_.".contains(b))
    };
    matches!(hash.len(), 8 | 32 | 40 | 64)
        && hash.iter().all(u8::is_ascii_hexdigit)
        && names.split(|b| *b == b'/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_told_from_names() {
        for text in [
            ["k3Vq9Zr7", "TwXb2Lm8"].concat(),
            ["q8zr3kt1", "vnw5y2xh7c4j"].concat(),
            ["QZXKVJWBPM", "FHGYTQXZJK", "81"].concat(),
            ["aXqZtRvBkM", "nWpLsQyDfG"].concat(),
            ["sk-Q7x", "9ZkV2mT4_wR8bN1c"].concat(),
            ["q8Zr3kT1", "vNw5Yb2LmC7xPs%3D%3D"].concat(),
        ] {
            assert_eq!(kind(text.as_bytes()), Some(Kind::Mixed), "{text}");
        }
        for text in [
            ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat(),
            ["8b1a9953-c461-4296", "-a827-abf8c47804d7"].concat(),
            ["48524837305463", "69349872663"].concat(),
        ] {
            assert_eq!(kind(text.as_bytes()), Some(Kind::Hex), "{text}");
        }
        for text in [
            "organization",
            "authentication_provider_2",
            "application/json",
            "com.example.service.v2.Client",
            "1.24.3-beta.2",
            "GHSA-2cc5-23r7-vc4v",
            "CVE-2021-26086",
            "oauth_nonce%3De685449bf73",
            "claude-haiku-4-5",
            "claude-haiku-4-5-20251001",
            "26.7.0.124771-community",
            "cockroach://root@127.0.0.1:3446/defaultdb",
            "2024-05-17T10-22-31",
            "192.168.100.200",
            "node_modules/lib/index.js",
            "getAccessTokenFromHeader",
            "us-east-1-production-3",
            "a1b2c3.tar.gz",
            "s3.corp-files.com/RPM-GPG-KEY-x7q",
            "http%3A%2F%2Fq7x9.corp%2F",
            "node7.k3s.corp:10.20.30.40",
            "rest-sql-2023-05-01-preview",
            "4.1-0.20200324110947-a37a7636d23e",
            "github/packages/ee09932cedcef15aaf476f9343d1dea2cb77e261",
            "In%20the%20below",
            "ZXhhbXBsZTpleGFtcGxl",
            "MCowBQYDK2VwAyEAY0OZFFE5kSuqYK6/UprTL5RmvQ+8dpPTGMCw1MiO/Gs=",
        ] {
            assert_eq!(kind(text.as_bytes()), None, "{text}");
        }
    }
}
