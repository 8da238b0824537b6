//! Macaroons: tokens that carry their own limits, in the two binary forms of libmacaroons.
//! PyPI's tokens are some.

use serde_json::Value as Json;
use sluicegate_core::checksum::decode_base64;
use sluicegate_core::identity::seconds;
use sluicegate_core::{Identity, Trait};

use super::{Value, line};

const LOCATION: u64 = 1;
const IDENTIFIER: u64 = 2;

/// What it is good for, and the limits set on it, in their order.
#[derive(Default)]
struct Macaroon<'m> {
    location: &'m [u8],
    caveats: Vec<&'m [u8]>,
}

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let Some(text) = line(value.bytes).map(|text| text.strip_prefix("pypi-").unwrap_or(text))
    else {
        return;
    };
    // Both forms start with the length of a location, which is short.
    let bytes = if text.starts_with("AgE") || text.starts_with("MDA") {
        decode_base64(text.as_bytes())
    } else if text.starts_with("0201") {
        hex(text)
    } else {
        None
    };
    let Some(bytes) = bytes else {
        return;
    };
    let Some(macaroon) = second_form(&bytes).or_else(|| first_form(&bytes)) else {
        return;
    };
    identity.add(Trait::Host, String::from_utf8_lossy(macaroon.location));
    for caveat in macaroon.caveats {
        let Ok(caveat) = std::str::from_utf8(caveat) else {
            continue;
        };
        match serde_json::from_str(caveat) {
            Ok(Json::Array(parts)) => numbered(&parts, identity),
            Ok(Json::Object(parts)) => named(&Json::Object(parts), identity),
            _ => worded(caveat, identity),
        }
    }
}

/// Version 2: fields of a number, a length and so many bytes; nought ends a section.
fn second_form(bytes: &[u8]) -> Option<Macaroon<'_>> {
    let mut rest = bytes.strip_prefix(&[2])?;
    let mut macaroon = Macaroon::default();
    let mut in_header = true;
    let mut has_identifier = false;
    // A section without fields is behind the last caveat.
    let mut is_empty = true;
    loop {
        let field = varint(&mut rest)?;
        if field == 0 {
            if is_empty {
                return has_identifier.then_some(macaroon);
            }
            (in_header, is_empty) = (false, true);
            continue;
        }
        is_empty = false;
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        let data = rest.get(..length)?;
        rest = &rest[length..];
        match (in_header, field) {
            (true, LOCATION) => macaroon.location = data,
            (true, IDENTIFIER) => has_identifier = true,
            (false, IDENTIFIER) => macaroon.caveats.push(data),
            _ => {}
        }
    }
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..5 {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        number |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Version 1: packets of a length in four hexadecimal digits, a word, a blank, a text and
/// the end of a line.
fn first_form(bytes: &[u8]) -> Option<Macaroon<'_>> {
    let mut rest = bytes;
    let mut macaroon = Macaroon::default();
    while let Some(head) = rest.get(..4) {
        let length = usize::from_str_radix(std::str::from_utf8(head).ok()?, 16).ok()?;
        let packet = rest.get(4..length)?;
        rest = &rest[length..];
        let at = packet.iter().position(|b| *b == b' ')?;
        let data = packet[at + 1..].strip_suffix(b"\n")?;
        match &packet[..at] {
            b"location" => macaroon.location = data,
            b"cid" => macaroon.caveats.push(data),
            b"signature" => return Some(macaroon),
            _ => {}
        }
    }
    None
}

/// PyPI's caveats: a number that says which, and what it needs.
fn numbered(parts: &[Json], identity: &mut Identity) {
    match (parts.first().and_then(Json::as_u64), parts.get(1)) {
        (Some(0), Some(end)) => {
            identity.expires = end.as_i64();
            identity.issued = parts.get(2).and_then(Json::as_i64);
        }
        (Some(1), Some(names)) => identity.add(Trait::Project, words(names)),
        _ => {}
    }
}

/// The same as PyPI wrote them before.
fn named(caveat: &Json, identity: &mut Identity) {
    if let Some(projects) = caveat.pointer("/permissions/projects") {
        identity.add(Trait::Project, words(projects));
    }
    if let Some(scope) = caveat.get("permissions").and_then(Json::as_str) {
        identity.add(Trait::Scope, scope);
    }
    if let Some(end) = caveat.get("exp").and_then(Json::as_i64) {
        identity.expires = Some(end);
        identity.issued = caveat.get("nbf").and_then(Json::as_i64);
    }
}

fn words(names: &Json) -> String {
    let names = names.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
    names.join(" ")
}

/// Caveats in words that several services share: an end, and a user.
fn worded(caveat: &str, identity: &mut Identity) {
    if let Some(end) = caveat.strip_prefix("time-before ") {
        identity.expires = seconds(end);
    } else if let Some(end) = caveat.strip_prefix("time < ") {
        // Seconds, or thousandths of them.
        let end = end.trim().parse::<i64>().ok();
        identity.expires = end.map(|t| if t > 99_999_999_999 { t / 1000 } else { t });
    } else if let Some(user) = caveat.strip_prefix("user_id = ") {
        identity.add(Trait::User, user);
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2);
    let digit = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(digit).collect()
}
