//! Users and hosts of passwords that stand in addresses.

use sluicegate_core::{Identity, Trait};

use super::Value;

/// An address is looked for so far on either side, in bytes.
const NEAR: usize = 256;

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let start = value.before.len().saturating_sub(NEAR);
    let before = &value.before[start..];
    let (before, at_value) = match memchr::memmem::rfind(before, b"://") {
        Some(at) if is_part(&before[at..]) => (&before[at + 3..], true),
        // All of the address may be the value.
        _ => match memchr::memmem::find(value.bytes, b"://") {
            Some(at) if value.bytes.len() <= 4 * NEAR => (&value.bytes[at + 3..], false),
            _ => return,
        },
    };
    let (user, host) = if at_value {
        let Some(user) = before.strip_suffix(b":") else {
            return;
        };
        let Some(host) = value.after.strip_prefix(b"@") else {
            return;
        };
        (user, host)
    } else {
        let end = before.iter().position(|b| matches!(b, b'/' | b'?'));
        let authority = &before[..end.unwrap_or(before.len())];
        let Some(at) = authority.iter().rposition(|b| *b == b'@') else {
            return;
        };
        let (logins, host) = (&authority[..at], &before[at + 1..]);
        let Some(colon) = logins.iter().position(|b| *b == b':') else {
            return;
        };
        (&logins[..colon], host)
    };
    let is_host = |b: &u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(b);
    let length = host.iter().take(NEAR).take_while(|b| is_host(b)).count();
    if is_part(user) && is_name(user) {
        identity.add(Trait::User, String::from_utf8_lossy(user));
    }
    let host = String::from_utf8_lossy(&host[..length]);
    identity.add(Trait::Host, host.trim_end_matches([':', '.']));
}

/// Whether it is what people are called, and no token: those stand in this place, too.
fn is_name(user: &[u8]) -> bool {
    const TOKEN: usize = 16;
    let runs = user.split(|b| !b.is_ascii_alphanumeric());
    let is_token = |run: &[u8]| run.len() >= TOKEN && run.iter().any(u8::is_ascii_digit);
    user.len() <= 64 && !runs.into_iter().any(is_token)
}

/// Whether all of it can stand in an address.
fn is_part(text: &[u8]) -> bool {
    text.iter()
        .all(|b| b.is_ascii_graphic() && !b"\"'<>`{}$".contains(b))
}
