//! What a value is by what stands around it and by how programs write such values.

use super::name::{Class, Named};
use super::near;
use super::role;
use super::value::{contains, is_digest, is_uuid};
use crate::filter::contains_ignore_case;
use crate::model;
use crate::span::Span;

/// Why the value is no credential where it stands.
pub(super) fn of_its_place(bytes: &[u8], named: &Named, value: Span) -> Option<&'static str> {
    let text = value.of(bytes);
    if is_uuid(text) && named.class == Class::Password && near::uuids(bytes, value) >= 3 {
        return Some("the value is one in a table of identifiers");
    }
    let stored = named.class == Class::Password && (is_digest(text) || is_packed_digest(text));
    (stored && speaks_of_hashes(bytes, value)).then_some("the value is the hash of a password")
}

/// Base64 of as many bytes as digests have.
fn is_packed_digest(value: &[u8]) -> bool {
    matches!(value.len(), 24 | 28 | 44 | 88)
        && value.ends_with(b"=")
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}

/// Whether a way to hash is named near the value.
fn speaks_of_hashes(bytes: &[u8], value: Span) -> bool {
    const WORDS: &[&str] = &[
        "hash", "md5", "sha1", "sha2", "sha3", "sha5", "bcrypt", "scrypt", "argon", "pbkdf", "salt",
    ];
    let (before, after) = near::around(bytes, value);
    let has = |word: &&str| {
        contains_ignore_case(before, word.as_bytes())
            || contains_ignore_case(after, word.as_bytes())
    };
    WORDS.iter().any(has)
}

/// `rows[0].name`: where something stands in data.
pub(super) fn is_place_in_data(value: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'[', value) else {
        return false;
    };
    let closes = memchr::memchr(b']', &value[open..]).map(|at| &value[open + 1..open + at]);
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    value[0].is_ascii_alphabetic()
        && closes.is_some_and(is_number)
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(b))
}

/// `csrfToken`, `accessKeyId`: what a secret is called in code.
pub(super) fn is_name_of_secret(value: &[u8]) -> bool {
    const LAST: &[&str] = &[
        "Token",
        "Tokens",
        "Key",
        "Keys",
        "Secret",
        "Secrets",
        "Password",
        "Credential",
        "Credentials",
        "Id",
        "Name",
        "Header",
        "Cookie",
    ];
    value[0].is_ascii_lowercase()
        && value.iter().all(u8::is_ascii_alphabetic)
        && LAST.iter().any(|word| value.ends_with(word.as_bytes()))
        && super::value::one_case_at_a_time(value)
}

/// What programs put before fingerprints and hashes.
const MARKS: &[&[u8]] = &[
    b"$1$",
    b"$2a$",
    b"$2b$",
    b"$2y$",
    b"$5$",
    b"$6$",
    b"$7$",
    b"$y$",
    b"$P$",
    b"$H$",
    b"$S$",
    b"$apr1$",
    b"$argon2",
    b"$scrypt$",
    b"$pbkdf2",
    b"pbkdf2",
    b"{SSHA",
    b"{SHA",
    b"{CRYPT}",
    b"{bcrypt}",
    b"{MD5}",
    b"LS0tLS1CRUdJTi",
    b"sha256:",
    b"sha512:",
    b"sha1:",
    b"md5:",
    b"sha256-",
    b"sha384-",
    b"sha512-",
    b"SHA256:",
    b"openpgp4fpr:",
    b"hash:",
    b"public:",
    b"id:",
];

/// `$name$parameters$salt$hash`: how most programs keep what passwords are checked by.
fn is_modular(value: &[u8]) -> bool {
    let Some(rest) = value.strip_prefix(b"$") else {
        return false;
    };
    let mut parts = rest.split(|b| *b == b'$');
    let is_name = |name: &[u8]| {
        (2..=20).contains(&name.len())
            && name
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    };
    parts.next().is_some_and(is_name)
        && value.len() >= 40
        && parts.next_back().is_some_and(|hash| hash.len() >= 20)
        && parts.next().is_some()
}

/// `nonce||text` in base64, as programs of Apache NiFi keep what they have encrypted. The
/// value may end before the bars.
pub(super) fn is_sealed(value: &[u8], behind: &[u8]) -> bool {
    let packed = |part: &[u8]| {
        part.len() >= 12
            && part
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    if let Some(rest) = behind.strip_prefix(b"||") {
        let digits = rest.iter().take(12);
        return packed(value) && digits.filter(|b| b.is_ascii_alphanumeric()).count() >= 10;
    }
    let bar = memchr::memchr(b'|', value).filter(|at| value[*at..].starts_with(b"||"));
    bar.is_some_and(|at| packed(&value[..at]) && packed(&value[at + 2..]))
}

/// Whether the value is a hash that says so.
pub(super) fn is_marked_hash(value: &[u8]) -> bool {
    let hex = |part: &[u8]| part.len() == 32 && part.iter().all(u8::is_ascii_hexdigit);
    // PostgreSQL stores that of the password and the name behind `md5`.
    MARKS.iter().any(|mark| value.starts_with(mark))
        || value.strip_prefix(b"md5").is_some_and(hex)
        || is_modular(value)
}

/// Whether the value is the hexadecimal of words of placeholders: `6163636573735f746f6b656e`.
pub(super) fn spells_words(value: &[u8]) -> bool {
    let is_digits = value.len() >= 16 && value.len().is_multiple_of(2) && value.len() <= 128;
    if !is_digits || !matches!(value[0], b'2'..=b'7') || !value.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0);
    let plain: Vec<u8> = value
        .chunks_exact(2)
        .map(|two| (digit(two[0]) << 4 | digit(two[1])) as u8)
        .collect();
    plain.iter().all(u8::is_ascii_graphic) && model::stock(&plain) >= 0.6
}

/// What the name is a part of that is no assignment: the name of a resource
/// (`arn:aws:secretsmanager:…:secret:name`), or the address of a badge that everybody may
/// see (`badge.svg?token=…`).
pub(super) fn part_of_something(bytes: &[u8], name: Span) -> Option<&'static str> {
    let before = &bytes[name.start.saturating_sub(role::LINE_REACH)..name.start];
    let sign = before.last().copied()?;
    if before.ends_with(b"encrypted=\"true\" name=\"") {
        return Some("the value is encrypted");
    }
    if before.ends_with(b"://") {
        return Some("the name is that of a host");
    }
    // `checksum/secret` makes a deployment start again when a secret has changed.
    if before.ends_with(b"checksum/") {
        return Some("the value is a checksum");
    }
    if !matches!(sign, b':' | b'?' | b'&') {
        return None;
    }
    let is_part = |b: &u8| b.is_ascii_graphic() && !b"\"'`<>()[]{},".contains(b);
    let length = before.iter().rev().take_while(|b| is_part(b)).count();
    let part = &before[before.len() - length..];
    if sign == b':' && part.starts_with(b"arn:") {
        return Some("the value is the name of a resource");
    }
    let has = |word: &[u8]| contains(part, word);
    (sign != b':' && has(b"badge")).then_some("the value shows a badge")
}

/// `#79c0ff`, as style sheets have it.
pub(super) fn is_colour(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"#").unwrap_or_default();
    let digits = digits.strip_suffix(b";").unwrap_or(digits);
    matches!(digits.len(), 3 | 4 | 6 | 8) && digits.iter().all(u8::is_ascii_hexdigit)
}
