//! The detector for values that have no shape of their own: `password = "…"`,
//! `"api_key": "…"`, YAML, env files, XML, headers, command flags.
//!
//! Around an anchor word it reads the whole name, the operator and the value, and
//! judges all three. It looks at a bounded stretch of one place, so that the same
//! bytes always give the same answer.

mod name;
mod role;
mod syntax;
mod value;

use crate::filter::Rejection;
use crate::lower::LoweredAnchor;
use crate::scan::Blob;
use crate::span::Span;
use crate::vocabulary::Confidence;

pub use role::{FileKind, Role};

/// The longest stretch that one assignment may take: name, operator and value.
/// Comments are told by the start of their line, which is looked for as far back.
pub(crate) const MAX_LENGTH: usize =
    role::LINE_REACH + name::MAX + syntax::MAX_GLUE + syntax::MAX_VALUE;

/// Words, one of which stands in every name that this detector looks at. Lower case;
/// `key` alone is too common, so it comes with what makes a key a secret.
const ANCHORS: &[&str] = &[
    "secret",
    "passw",
    "passphrase",
    "passcode",
    "_pass",
    "-pass",
    ".pass",
    "userpass",
    "dbpass",
    "pass=",
    "pwd",
    "token",
    "credential",
    "api_key",
    "apikey",
    "api-key",
    "api.key",
    "access_key",
    "accesskey",
    "access-key",
    "private_key",
    "privatekey",
    "private-key",
    "auth_key",
    "authkey",
    "auth-key",
    "encryption_key",
    "encryptionkey",
    "encryption-key",
    "signing_key",
    "signingkey",
    "signing-key",
    "master_key",
    "masterkey",
    "master-key",
    "account_key",
    "accountkey",
    "storage_key",
    "storagekey",
    "shared_key",
    "sharedkey",
    "app_key",
    "appkey",
    "client_key",
    "clientkey",
    "service_key",
    "servicekey",
    "crypt_key",
    "cryptkey",
    "aes_key",
    "aeskey",
    "hmac_key",
    "hmackey",
    "session_key",
    "sessionkey",
    "webhook_key",
    "license_key",
    "licensekey",
    "deploy_key",
    "admin_key",
    "adminkey",
    "ssh_key",
    "sshkey",
    "_key",
    "-key",
    "key=",
    "key =",
    "key:",
    "key\"",
    "key'",
    "key>",
];

/// The anchors of the detector, as a rule has them.
pub(crate) fn anchors() -> Vec<LoweredAnchor> {
    ANCHORS
        .iter()
        .map(|word| LoweredAnchor {
            literal: word.as_bytes().to_vec(),
            ignore_case: true,
            min_offset: 0,
            max_offset: name::MAX,
            follow: Vec::new(),
            is_word: false,
            rarest: crate::anchor::rarest(word.as_bytes()),
        })
        .collect()
}

/// An assignment: all of it, and the value.
pub(crate) struct Found {
    pub(crate) span: Span,
    pub(crate) value: Span,
}

/// An assignment as a file of one kind has it, before the file's role is asked.
pub(crate) struct Reading {
    pub(crate) found: Found,
    /// How sure the name and the value are by themselves.
    pub(crate) verdict: Result<Confidence, Rejection>,
    /// Where the name starts: a comment there may change the role.
    name: usize,
    kind: FileKind,
}

impl Reading {
    /// Whether code in production would call the place a comment.
    pub(crate) fn is_comment(&self, bytes: &[u8]) -> bool {
        Role::Production.at(bytes, self.name, self.kind) != Role::Production
    }
}

/// What is left of a confidence in a file of this kind and role.
pub(crate) fn temper(
    confidence: Confidence,
    role: Role,
    is_comment: bool,
) -> Result<Confidence, Rejection> {
    let role = match role {
        Role::Production if is_comment => Role::Example,
        role => role,
    };
    role.temper(confidence)
}

/// Reads the assignment around the anchor word, if there is one, and judges it.
pub(crate) fn examine(
    blob: &Blob<'_>,
    anchor: Span,
) -> Option<(Found, Result<Confidence, Rejection>)> {
    let reading = read(blob.bytes, anchor, FileKind::of(blob.path))?;
    let is_comment = reading.is_comment(blob.bytes);
    let verdict = reading
        .verdict
        .and_then(|confidence| temper(confidence, Role::of(blob.path), is_comment));
    Some((reading.found, verdict))
}

/// Reads the assignment around the anchor word as a file of this kind has it.
pub(crate) fn read(bytes: &[u8], anchor: Span, kind: FileKind) -> Option<Reading> {
    let name = name::around(bytes, anchor);
    let assignment = syntax::read(bytes, name, kind)?;
    let found = Found {
        span: Span::new(name.start, assignment.end),
        value: assignment.value,
    };
    let text = name.of(bytes);
    let verdict = match name::judge(text) {
        Err(why) => Err(Rejection::Context(why)),
        Ok(class) => value::judge(assignment.value.of(bytes), text, class, &assignment),
    };
    Some(Reading {
        found,
        verdict,
        name: name.start,
        kind: assignment.kind,
    })
}

/// Whether the name around the anchor word is that of a secret.
pub(crate) fn names_a_secret(bytes: &[u8], anchor: Span) -> bool {
    name::judge(name::around(bytes, anchor).of(bytes)).is_ok()
}
