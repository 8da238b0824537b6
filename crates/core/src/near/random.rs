//! Does a value look as if a machine made it up?

use crate::anchor::commonness;
use crate::filter::entropy;

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
    (random && entropy(value) >= 2.9).then_some(Kind::Mixed)
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
        "sha1-", "sha256-", "sha384-", "sha512-", "0x", "v0.", "v1.", "v2.", "http",
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
    STARTS.iter().any(starts) || ending || address || host || path.count() >= 2
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
            "2024-05-17T10-22-31",
            "192.168.100.200",
            "node_modules/lib/index.js",
            "getAccessTokenFromHeader",
            "us-east-1-production-3",
            "a1b2c3.tar.gz",
            "s3.corp-files.com/RPM-GPG-KEY-x7q",
            "http%3A%2F%2Fq7x9.corp%2F",
            "node7.k3s.corp:10.20.30.40",
        ] {
            assert_eq!(kind(text.as_bytes()), None, "{text}");
        }
    }
}
