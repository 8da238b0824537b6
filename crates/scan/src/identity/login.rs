//! Users and hosts that are set beside a password: `DB_USER=app`, `host: db.internal`.

// From `core`, which has addresses but no sockets.
use core::net::Ipv4Addr;

use sluicegate_core::{Identity, Trait};

use super::Value;

/// So many lines on either side belong to the password.
const LINES: usize = 4;

/// Longer values are no names of users or hosts, in bytes.
const LONGEST: usize = 80;

const USERS: &[&str] = &["user", "username", "login", "uid"];
const HOSTS: &[&str] = &["host", "hostname", "server", "endpoint"];

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    if value.rule != "generic-credential" {
        return;
    }
    let mut before = value.before.rsplit(|b| *b == b'\n');
    let mut after = value.after.split(|b| *b == b'\n');
    let (Some(own), Some(_)) = (before.next(), after.next()) else {
        return;
    };
    let Some((name, _)) = assigned(own) else {
        return;
    };
    let group = group(name);
    for line in before.take(LINES).chain(after.take(LINES)) {
        let Some((name, said)) = assigned(line) else {
            continue;
        };
        // `SMTP_USER` is nobody's beside `DB_PASSWORD`.
        let said = std::str::from_utf8(said).ok().filter(|said| is_name(said));
        let Some(said) = said.filter(|_| self::group(name) == group) else {
            continue;
        };
        let last = &name[group.len()..];
        let is = |words: &[&str]| {
            words
                .iter()
                .any(|w| last.eq_ignore_ascii_case(w.as_bytes()))
        };
        if is(USERS) {
            identity.add(Trait::User, said);
        } else if is(HOSTS) {
            identity.add(Trait::Host, said);
        }
    }
}

/// The name and the value that a line sets, as far as the line is there.
fn assigned(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let sign = line.iter().position(|b| matches!(b, b'=' | b':'))?;
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let name = line[..sign].trim_ascii_end();
    let name = name
        .strip_suffix(b"\"")
        .or(name.strip_suffix(b"'"))
        .unwrap_or(name);
    let length = name.iter().rev().take_while(|b| is_part(b)).count();
    let name = &name[name.len() - length..];
    let said = line[sign + 1..].trim_ascii();
    let said = said
        .strip_suffix(b",")
        .or(said.strip_suffix(b";"))
        .unwrap_or(said);
    let quote = said.first().filter(|b| matches!(b, b'"' | b'\''));
    let said = quote.map_or(said, |quote| {
        let inner = &said[1..];
        inner.strip_suffix(&[*quote]).unwrap_or(inner)
    });
    (!name.is_empty()).then_some((name, said))
}

/// What a name has before its last word: `DB_` of `DB_PASSWORD`.
fn group(name: &[u8]) -> &[u8] {
    let sign = |b: &u8| matches!(b, b'_' | b'-' | b'.');
    let end = name.iter().rposition(sign).map_or(0, |at| at + 1);
    &name[..end]
}

/// Whether it is what users and hosts are called, and no reference to one.
fn is_name(said: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"._-@:\\".contains(&b);
    let digits = said.bytes().filter(u8::is_ascii_digit).count();
    let has_letters = digits * 3 <= said.len() * 2;
    (2..=LONGEST).contains(&said.len())
        && said.bytes().all(is_part)
        && (has_letters || is_address(said))
}

/// Whether it is an IPv4 address, with a port or without one.
fn is_address(said: &str) -> bool {
    let (address, port) = said.split_once(':').unwrap_or((said, "0"));
    address.parse::<Ipv4Addr>().is_ok() && port.parse::<u16>().is_ok()
}
