//! Packets of PGP (RFC 9580): the first secret key, the first user, and what the key's own
//! signature says about its end.

use sluicegate_core::{Identity, Lifetime, Trait};

const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;
const USER_ID: u8 = 13;

/// Among the parts of a signature: after how many seconds the key ends.
const KEY_EXPIRATION: u8 = 9;

pub(super) fn read(bytes: &[u8], identity: &mut Identity) {
    let mut rest = bytes;
    while let Some((tag, content, next)) = packet(rest) {
        match tag {
            SECRET_KEY => {
                key(content, identity);
            }
            USER_ID => identity.add(Trait::User, String::from_utf8_lossy(content)),
            SIGNATURE => {
                // Whoever has the key can sign a later end, so an end in the past does not
                // make it useless: it is no time of expiry.
                match ends_after(content) {
                    Some(0) => identity.class = identity.class.or(Some(Lifetime::L5)),
                    Some(_) => identity.class = Some(Lifetime::L3),
                    None => {}
                }
            }
            SECRET_SUBKEY => return,
            _ => {}
        }
        rest = next;
    }
}

/// After how many seconds the key ends, of a signature by the key on itself or on a user;
/// nought if it never does. Nothing of other signatures and of those that are cut off.
fn ends_after(content: &[u8]) -> Option<u32> {
    let version = *content.first()?;
    // On a user, with more or less care, or on the key.
    if !matches!(content.get(1)?, 0x10..=0x13 | 0x1F) {
        return None;
    }
    let rest = content.get(4..)?;
    let (size, rest) = match version {
        4 => (rest.get(..2)?, &rest[2..]),
        6 => (rest.get(..4)?, &rest[4..]),
        _ => return None,
    };
    let size = size.iter().fold(0, |n, b| n << 8 | usize::from(*b));
    let mut parts = rest.get(..size)?;
    while let Some(&first) = parts.first() {
        let (length, skip): (usize, usize) = match first {
            ..192 => (usize::from(first), 1),
            192..255 => {
                let second = usize::from(*parts.get(1)?);
                ((usize::from(first) - 192) * 256 + second + 192, 2)
            }
            255 => {
                let digits = parts.get(1..5)?;
                (digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 5)
            }
        };
        let part = parts.get(skip..skip.checked_add(length)?)?;
        parts = &parts[skip + length..];
        // The highest bit says that it must be understood.
        if let Some((kind, data)) = part.split_first()
            && kind & 0x7F == KEY_EXPIRATION
        {
            return Some(u32::from_be_bytes(data.try_into().ok()?));
        }
    }
    Some(0)
}

/// The tag and the content of the first packet, as far as it is there, and what follows.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    if head & 0x80 == 0 {
        return None;
    }
    let number = |count: usize| -> Option<(usize, usize)> {
        let digits = rest.get(..count)?;
        Some((
            digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)),
            count,
        ))
    };
    let (tag, (length, skip)) = if head & 0x40 == 0 {
        let size = match head & 3 {
            0 => number(1)?,
            1 => number(2)?,
            2 => number(4)?,
            _ => (rest.len(), 0),
        };
        (head >> 2 & 0xF, size)
    } else {
        let size = match *rest.first()? {
            first @ ..192 => (usize::from(first), 1),
            first @ 192..=223 => {
                let second = usize::from(*rest.get(1)?);
                ((usize::from(first) - 192) * 256 + second + 192, 2)
            }
            255 => {
                let digits = rest.get(1..5)?;
                (digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 5)
            }
            // Parts of unknown number: keys are not written so.
            _ => return None,
        };
        (head & 0x3F, size)
    };
    let rest = &rest[skip..];
    let (content, next) = rest.split_at(length.min(rest.len()));
    Some((tag, content, next))
}

fn key(content: &[u8], identity: &mut Identity) -> Option<()> {
    let version = *content.first()?;
    let created = content.get(1..5)?;
    identity.issued = Some(created.iter().fold(0, |n, b| n << 8 | i64::from(*b)));
    identity.add(Trait::Version, version.to_string());
    let algorithm = *content.get(5)?;
    let name = match algorithm {
        1..=3 => "RSA",
        16 => "ElGamal",
        17 => "DSA",
        18 => "ECDH",
        19 => "ECDSA",
        22 => "EdDSA",
        25 => "X25519",
        27 => "Ed25519",
        _ => return None,
    };
    identity.add(Trait::Algorithm, name);
    // How many numbers the public part has, and whether a curve comes first.
    let (numbers, curve) = match (version, algorithm) {
        (4, 1..=3) => (2, false),
        (4, 16) => (3, false),
        (4, 17) => (4, false),
        (4, 19 | 22) => (1, true),
        _ => return None,
    };
    let mut at = 6;
    if curve {
        at += 1 + usize::from(*content.get(at)?);
    }
    for number in 0..numbers {
        let bits = content.get(at..at + 2)?;
        let bits = usize::from(bits[0]) << 8 | usize::from(bits[1]);
        if number == 0 && !curve {
            identity.add(Trait::Bits, bits.to_string());
        }
        at += 2 + bits.div_ceil(8);
    }
    let protection = if *content.get(at)? == 0 {
        "none"
    } else {
        "passphrase"
    };
    identity.add(Trait::Protection, protection);
    Some(())
}
