//! Certificates (X.509) that stand beside a private key: they say whose the key is, and until
//! when it is good for that.

use memchr::memmem;
use sluicegate_core::checksum::decode_base64;
use sluicegate_core::identity::seconds;
use sluicegate_core::{Identity, Lifetime, Trait};

use super::der::{
    BITS, BOOLEAN, Element, GENERAL_TIME, INTEGER, OBJECT, OCTETS, SEQUENCE, SET, UTC_TIME,
    elements,
};
use super::{Value, key};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const DASHES: &[u8] = b"-----";

/// `BEGIN` in base64, as kubeconfigs and Kubernetes secrets hold it.
const BEGIN_IN_BASE64: &[u8] = b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];

/// A certificate without an end (RFC 5280, 4.1.2.5).
const NO_END: i64 = 253_402_300_799;

/// More certificates beside one key are not read.
const MOST: usize = 16;

/// What a certificate says.
#[derive(Debug)]
pub(super) struct Certificate {
    from: i64,
    until: i64,
    subject: Option<String>,
    organisation: Option<String>,
    issuer: Option<String>,
    is_authority: bool,
    /// The modulus of an RSA key, without noughts; the point of others.
    key: Vec<u8>,
}

/// Adds what the certificate of the key says, if it stands near. `public` is what the key
/// holds of its public half: a certificate counts if it has the same. Of a key that holds
/// nothing of it the only certificate near it counts, if that is no authority's.
pub(super) fn beside(value: &Value<'_>, public: &[u8], identity: &mut Identity) {
    let mut all = Vec::new();
    for text in [value.before, value.after] {
        blocks(text, &mut all);
        for at in memmem::find_iter(text, BEGIN_IN_BASE64) {
            let is_digit = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
            let length = text[at..].iter().take_while(is_digit).count();
            if let Some(inner) = decode_base64(&text[at..at + length]) {
                blocks(&inner, &mut all);
            }
        }
    }
    let found = match all.as_slice() {
        [only] if public.is_empty() => Some(only).filter(|only| !only.is_authority),
        _ if public.is_empty() => None,
        all => all.iter().find(|certificate| certificate.key == public),
    };
    if let Some(certificate) = found {
        certificate.tell(identity);
    }
}

/// The certificates in blocks of PEM.
fn blocks(text: &[u8], out: &mut Vec<Certificate>) {
    for at in memmem::find_iter(text, BEGIN) {
        let rest = &text[at + BEGIN.len()..];
        let Some(end) = memmem::find(rest, DASHES).filter(|_| out.len() < MOST) else {
            return;
        };
        let bytes = decode_base64(&key::digits(&rest[..end]));
        out.extend(bytes.and_then(|bytes| parse(&bytes)));
    }
}

impl Certificate {
    fn tell(&self, identity: &mut Identity) {
        if let Some(subject) = &self.subject {
            identity.add(Trait::Subject, subject);
        }
        if let Some(organisation) = &self.organisation {
            identity.add(Trait::Account, organisation);
        }
        if let Some(issuer) = &self.issuer {
            identity.add(Trait::Issuer, issuer);
        }
        if self.is_authority {
            identity.add(Trait::Kind, "key of a certificate authority");
        }
        if self.until < NO_END {
            identity.expires = Some(self.until);
        }
        // The key of an authority makes others, however long it lives itself.
        if self.is_authority || self.until >= NO_END {
            identity.class = Some(Lifetime::L5);
        } else {
            identity.issued = Some(self.from);
        }
    }
}

/// A certificate in DER.
pub(super) fn parse(bytes: &[u8]) -> Option<Certificate> {
    let is = |tag: u8| move |e: &Element<'_>| e.tag == tag;
    let outer = elements(bytes).next().filter(is(SEQUENCE))?;
    let inner = elements(outer.content).next().filter(is(SEQUENCE))?;
    let mut fields = elements(inner.content).peekable();
    // The version, which the oldest ones leave out.
    fields.next_if(is(0xA0));
    fields.next().filter(is(INTEGER))?;
    fields.next().filter(is(SEQUENCE))?;
    let issuer = fields.next().filter(is(SEQUENCE))?;
    let validity = fields.next().filter(is(SEQUENCE))?;
    let subject = fields.next().filter(is(SEQUENCE))?;
    let key = fields.next().filter(is(SEQUENCE))?;
    let mut times = elements(validity.content);
    let (from, until) = (time(&times.next()?)?, time(&times.next()?)?);
    let extensions = fields.find(is(0xA3));
    Some(Certificate {
        from,
        until,
        subject: name(&subject, COMMON_NAME),
        organisation: name(&subject, ORGANISATION),
        issuer: name(&issuer, COMMON_NAME).or_else(|| name(&issuer, ORGANISATION)),
        is_authority: extensions.is_some_and(|e| is_authority(&e)),
        key: public(&key)?,
    })
}

/// The parts of a name that have that type, joined by blanks.
fn name(name: &Element<'_>, wanted: &[u8]) -> Option<String> {
    let mut found = Vec::new();
    for set in elements(name.content).filter(|e| e.tag == SET) {
        for pair in elements(set.content) {
            let mut pair = elements(pair.content);
            let kind = pair.next()?;
            let said = pair.next()?;
            if kind.tag == OBJECT && kind.content == wanted {
                found.push(String::from_utf8_lossy(said.content).into_owned());
            }
        }
    }
    (!found.is_empty()).then(|| found.join(" "))
}

/// `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` from then on (RFC 5280, 4.1.2.5).
fn time(element: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content).ok()?;
    let text = text.strip_suffix('Z').filter(|text| text.is_ascii())?;
    let (century, rest) = match element.tag {
        UTC_TIME if text.len() == 12 => (if text < "50" { "20" } else { "19" }, text),
        GENERAL_TIME if text.len() == 14 => text.split_at(2),
        _ => return None,
    };
    let at = |from: usize| &rest[from..from + 2];
    let date = format!("{century}{}-{}-{}", at(0), at(2), at(4));
    seconds(&format!("{date}T{}:{}:{}Z", at(6), at(8), at(10)))
}

fn public(key: &Element<'_>) -> Option<Vec<u8>> {
    let bits = elements(key.content).nth(1).filter(|e| e.tag == BITS)?;
    let (_, bytes) = bits.content.split_first()?;
    let modulus = elements(bytes)
        .next()
        .filter(|e| e.tag == SEQUENCE)
        .and_then(|e| elements(e.content).next())
        .filter(|e| e.tag == INTEGER);
    Some(modulus.map_or_else(|| bytes.to_vec(), |e| e.magnitude().to_vec()))
}

fn is_authority(extensions: &Element<'_>) -> bool {
    let list = elements(extensions.content).next();
    let list = list.map(|e| e.content).unwrap_or_default();
    elements(list).any(|extension| {
        let mut parts = elements(extension.content);
        let named = parts.next().is_some_and(|e| e.content == BASIC_CONSTRAINTS);
        let value = parts.find(|e| e.tag == OCTETS);
        let inner = value.and_then(|e| elements(e.content).next());
        let first = inner.and_then(|e| elements(e.content).next());
        named && first.is_some_and(|e| e.tag == BOOLEAN && e.content.iter().any(|b| *b != 0))
    })
}
