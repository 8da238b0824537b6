//! Private keys: what they are for, how long they are, and whether a passphrase protects
//! them.

use memchr::memmem;
use sluicegate_core::checksum::decode_base64;
use sluicegate_core::{Identity, Trait};

use super::der::{BITS, INTEGER, OBJECT, OCTETS, SEQUENCE, elements, name};
use super::{Value, key_pgp, x509};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
const BEGIN_IN_BASE64: &[u8] = b"LS0tLS1CRUdJTi";

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    if value.bytes.starts_with(b"PuTTY-User-Key-File-") {
        return putty(value.bytes, identity);
    }
    // As kubeconfigs and Kubernetes secrets hold it.
    let inside = value.bytes.starts_with(BEGIN_IN_BASE64);
    let inside = inside.then(|| decode_base64(value.bytes)).flatten();
    let bytes = inside.as_deref().unwrap_or(value.bytes);
    let Some(at) = memmem::find(bytes, BEGIN).filter(|at| *at < 16) else {
        return;
    };
    let rest = &bytes[at + BEGIN.len()..];
    let Some(end) = memmem::find(rest, DASHES).filter(|end| *end < 48) else {
        return;
    };
    let (label, rest) = (&rest[..end], &rest[end + DASHES.len()..]);
    let body = &rest[..memmem::find(rest, DASHES).unwrap_or(rest.len())];
    let encrypted = memmem::find(body, b",ENCRYPTED").is_some();
    let Some(bytes) = decode_base64(&digits(body)) else {
        return;
    };
    match label {
        b"OPENSSH PRIVATE KEY" => {
            openssh(&bytes, identity);
        }
        b"PGP PRIVATE KEY BLOCK" => key_pgp::read(&bytes, identity),
        b"ENCRYPTED PRIVATE KEY" => identity.add(Trait::Protection, "passphrase"),
        _ if encrypted => {
            let algorithm = label.split(|b| *b == b' ').next().unwrap_or_default();
            identity.add(Trait::Algorithm, String::from_utf8_lossy(algorithm));
            identity.add(Trait::Protection, "passphrase");
        }
        _ => {
            if let Some(public) = der(label, &bytes, identity) {
                identity.add(Trait::Protection, "none");
                x509::beside(value, public, identity);
            }
        }
    }
}

/// The digits of base64 in the body of a block that stands in some language: without
/// headers, quotes, escapes, signs of concatenation and checksums.
pub(super) fn digits(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let text = String::from_utf8_lossy(body);
    for line in text.replace("\\r", "\n").replace("\\n", "\n").lines() {
        let line = line.trim();
        let quoted = line.ends_with('+') && line.contains(['"', '\'']);
        let line = if quoted {
            line.trim_end_matches('+')
        } else {
            line
        };
        let line = line.trim_matches(|c: char| c.is_whitespace() || "\"',\\#*>|.".contains(c));
        if line.contains(':') || line.starts_with('=') {
            continue;
        }
        let is_digit = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
        out.extend(line.bytes().filter(is_digit));
    }
    out
}

/// PKCS#1, SEC 1, the traditional form of DSA, and PKCS#8. What the key holds of its public
/// half: the modulus of RSA, the point of a curve; empty if it holds none.
fn der<'d>(label: &[u8], bytes: &'d [u8], identity: &mut Identity) -> Option<&'d [u8]> {
    let outer = elements(bytes).next().filter(|e| e.tag == SEQUENCE)?;
    let mut inner = elements(outer.content);
    inner.next().filter(|version| version.tag == INTEGER)?;
    let second = inner.next()?;
    match (label, second.tag) {
        (b"EC PRIVATE KEY", OCTETS) => {
            let named = elements(outer.content).nth(2);
            let named = named.and_then(|e| elements(e.content).next());
            let curve = named.filter(|e| e.tag == OBJECT);
            let curve = curve.and_then(|e| name(e.content));
            identity.add(Trait::Algorithm, curve.unwrap_or("EC"));
            identity.add(Trait::Bits, (second.length * 8).to_string());
            Some(point(outer.content))
        }
        (_, INTEGER) => {
            let dsa = label == b"DSA PRIVATE KEY";
            identity.add(Trait::Algorithm, if dsa { "DSA" } else { "RSA" });
            identity.add(Trait::Bits, second.bits()?.to_string());
            Some(second.magnitude())
        }
        (_, SEQUENCE) => {
            let mut of = elements(second.content);
            let algorithm = of.next().filter(|e| e.tag == OBJECT)?;
            let curve = of.next().filter(|e| e.tag == OBJECT);
            let curve = curve.and_then(|e| name(e.content));
            let algorithm = curve.or_else(|| name(algorithm.content))?;
            identity.add(Trait::Algorithm, algorithm);
            let key = inner.next().filter(|e| e.tag == OCTETS);
            let key = key.and_then(|e| elements(e.content).next());
            let key = key.map(|e| e.content).unwrap_or_default();
            if algorithm != "RSA" {
                return Some(point(key));
            }
            // The key in it is PKCS#1.
            let Some(modulus) = elements(key).nth(1) else {
                return Some(&[]);
            };
            if let Some(bits) = modulus.bits() {
                identity.add(Trait::Bits, bits.to_string());
            }
            Some(modulus.magnitude())
        }
        _ => None,
    }
}

/// The point in a key of SEC 1, of the content of its sequence.
fn point(content: &[u8]) -> &[u8] {
    let holder = elements(content).find(|e| e.tag == 0xA1);
    let bits = holder.and_then(|e| elements(e.content).next());
    let bytes = bits.filter(|e| e.tag == BITS).map(|e| e.content);
    bytes.and_then(|bytes| bytes.get(1..)).unwrap_or_default()
}

/// Reads strings as SSH writes them: four bytes of length, and so many bytes.
struct Strings<'d>(&'d [u8]);

impl<'d> Strings<'d> {
    fn number(&mut self) -> Option<usize> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        usize::try_from(u32::from_be_bytes(*head)).ok()
    }

    fn string(&mut self) -> Option<&'d [u8]> {
        let length = self.number()?;
        let string = self.0.get(..length)?;
        self.0 = &self.0[length..];
        Some(string)
    }
}

/// `openssh-key-v1`, as PROTOCOL.key of OpenSSH describes it.
fn openssh(bytes: &[u8], identity: &mut Identity) -> Option<()> {
    let mut outer = Strings(bytes.strip_prefix(b"openssh-key-v1\0")?);
    let cipher = outer.string()?;
    let plain = cipher == b"none";
    let protection = if plain { "none" } else { "passphrase" };
    identity.add(Trait::Protection, protection);
    // How the passphrase makes the key, and how many keys there are.
    outer.string()?;
    outer.string()?;
    outer.number()?;
    let mut public = Strings(outer.string()?);
    let kind = public.string()?;
    let (algorithm, fields) = match kind {
        b"ssh-rsa" => ("RSA", 6),
        b"ssh-dss" => ("DSA", 5),
        b"ssh-ed25519" => ("Ed25519", 2),
        b"ecdsa-sha2-nistp256" => ("EC P-256", 3),
        b"ecdsa-sha2-nistp384" => ("EC P-384", 3),
        b"ecdsa-sha2-nistp521" => ("EC P-521", 3),
        _ => return None,
    };
    identity.add(Trait::Algorithm, algorithm);
    if algorithm == "RSA" {
        public.string()?;
        let modulus = public.string()?;
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
        let leading = modulus.first()?.leading_zeros() as usize;
        identity.add(Trait::Bits, (modulus.len() * 8 - leading).to_string());
    }
    if plain {
        let mut private = Strings(outer.string()?);
        // Two equal numbers that tell a wrong passphrase, and the kind again.
        private.number()?;
        private.number()?;
        for _ in 0..=fields {
            private.string()?;
        }
        let comment = private.string()?;
        identity.add(Trait::Comment, String::from_utf8_lossy(comment));
    }
    Some(())
}

/// The header lines of PuTTY's format.
fn putty(bytes: &[u8], identity: &mut Identity) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines().take(4) {
        match line.split_once(": ") {
            Some(("Encryption", "none")) => identity.add(Trait::Protection, "none"),
            Some(("Encryption", _)) => identity.add(Trait::Protection, "passphrase"),
            Some(("Comment", comment)) => identity.add(Trait::Comment, comment),
            Some((_, kind)) if line.starts_with("PuTTY") => {
                identity.add(Trait::Algorithm, kind);
            }
            _ => {}
        }
    }
}
