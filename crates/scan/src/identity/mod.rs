//! What credentials say about themselves: decoded, never asked for.
//!
//! A function of the rule, the value and the bytes around it; it is called for matches
//! only. Most of it goes by the form of the value, so that what a rule for one provider
//! finds is understood by the same code as what a general rule finds.

mod der;
mod key;
mod key_pgp;
mod login;
mod macaroon;
mod prefix;
mod presigned;
mod query;
mod sas;
mod token;
mod url;
mod x509;

use std::sync::Arc;

use sluicegate_core::{Identity, Trait};

/// What stands around a value is read so far on either side, in bytes; less than the rules
/// reach, so that the answer is that of the whole file. A certificate beside a key, twice in
/// base64 as kubeconfigs have it, is 2 to 4 KiB.
pub(crate) const AROUND: usize = 6144;

/// A value and the text that it stands in.
pub(crate) struct Value<'t> {
    /// The id of the rule that found it.
    pub(crate) rule: &'t str,
    /// The value, decoded.
    pub(crate) bytes: &'t [u8],
    /// The text before it, and all that the rule matched before it.
    pub(crate) before: &'t [u8],
    /// The text behind it.
    pub(crate) after: &'t [u8],
}

/// What the value says; nothing if it says nothing.
pub(crate) fn of(value: &Value<'_>, now: Option<i64>) -> Option<Arc<Identity>> {
    let mut identity = Identity::default();
    prefix::read(value, &mut identity);
    token::read(value, &mut identity);
    key::read(value, &mut identity);
    macaroon::read(value, &mut identity);
    sas::read(value, &mut identity);
    presigned::read(value, &mut identity);
    url::read(value, &mut identity);
    login::read(value, &mut identity);
    account(value, &mut identity);
    if let Some(now) = now {
        identity.judge(now);
    }
    (!identity.is_empty()).then(|| Arc::new(identity))
}

/// The value as text, if it is short text of one line.
fn line(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() <= 16_384 && !text.contains('\n')).then_some(text)
}

/// What belongs to the value and stands beside it: the parts of key files in JSON, and the
/// key id of an AWS secret.
fn account(value: &Value<'_>, identity: &mut Identity) {
    if value.rule.starts_with("gcp") || value.rule.starts_with("private-key") {
        for (member, name) in [
            ("project_id", Trait::Project),
            ("client_email", Trait::User),
        ] {
            if let Some(found) = member_near(value, member) {
                identity.add(name, found);
            }
        }
    }
    if value.rule.starts_with("azure") || value.rule.starts_with("microsoft") {
        for member in ["tenant_id", "tenantId", "tenant"] {
            if let Some(found) = member_near(value, member).filter(|v| v.len() == 36) {
                identity.add(Trait::Tenant, found);
            }
        }
    }
}

/// The value of a member of the JSON object that the value stands in; quotes may be
/// escaped. The nearest one counts.
fn member_near(value: &Value<'_>, member: &str) -> Option<String> {
    let behind = memchr::memmem::find(value.after, member.as_bytes());
    let ahead = memchr::memmem::rfind(value.before, member.as_bytes());
    let far = |place: Option<usize>| place.unwrap_or(usize::MAX);
    let distance = far(ahead.map(|at| value.before.len() - at));
    let (text, at) = if far(behind) < distance {
        (value.after, behind?)
    } else {
        (value.before, ahead?)
    };
    let rest = &text[at + member.len()..];
    let rest = quote(rest)?;
    let rest = rest.trim_ascii_start().strip_prefix(b":")?;
    let rest = quote(rest.trim_ascii_start())?;
    let end = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'\\' | b'\n'))?;
    let found = std::str::from_utf8(&rest[..end]).ok()?;
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.@:/+".contains(&b);
    (!found.is_empty() && found.bytes().all(is_name)).then(|| found.to_owned())
}

/// What follows a quote, escaped or not.
fn quote(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"\\").unwrap_or(text);
    text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'"))
}

#[cfg(test)]
mod tests;
