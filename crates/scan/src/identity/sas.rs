//! Shared access signatures: what they allow and until when stands beside the signature.

use sluicegate_core::identity::seconds;
use sluicegate_core::{Identity, Trait};

use super::Value;

/// The query around the value is read so far on either side, in bytes.
const NEAR: usize = 700;

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let before = &value.before[value.before.len().saturating_sub(NEAR)..];
    let after = &value.after[..value.after.len().min(NEAR)];
    let left = before.iter().rev().take_while(|b| is_query(**b)).count();
    let right = after.iter().take_while(|b| is_query(**b)).count();
    let text = [&before[before.len() - left..], value.bytes, &after[..right]].concat();
    if value.bytes.len() > 2048 || !text.windows(4).any(|w| w == b"sig=") {
        return;
    }
    let text = String::from_utf8_lossy(&text);
    let text = text.replace("&amp;", "&").replace("\\u0026", "&");
    let (address, query) = text.split_once('?').unwrap_or(("", text.as_str()));
    let mut found = false;
    let mut named = Identity::default();
    for pair in query.split(['&', ' ', ';']) {
        let Some((key, said)) = pair.split_once('=') else {
            continue;
        };
        let said = decode(said);
        match key {
            "se" => {
                named.expires = said.parse().ok().or_else(|| seconds(&said));
                found |= named.expires.is_some();
            }
            "st" => named.issued = seconds(&said),
            "sp" => named.add(Trait::Permissions, said),
            "sv" => named.add(Trait::Version, said),
            "sr" if said.contains('.') => named.add(Trait::Host, said),
            "sr" | "ss" => named.add(Trait::Resource, said),
            "skn" => named.add(Trait::User, said),
            _ => {}
        }
    }
    // `sig=` alone is the signature of many things.
    if !found && named.get(Trait::Version).is_none() {
        return;
    }
    if let Some((_, rest)) = address.split_once("://") {
        named.add(Trait::Host, rest.split('/').next().unwrap_or_default());
    }
    for (name, said) in named.traits() {
        identity.add(name, said);
    }
    (identity.issued, identity.expires) = (named.issued, named.expires);
}

fn is_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%&=-._~:/?+;@!*,\\".contains(&byte)
}

/// Undoes percent signs; what is none stays.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
