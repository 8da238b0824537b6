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
        })
        .collect()
}

/// An assignment: all of it, and the value.
pub(crate) struct Found {
    pub(crate) span: Span,
    pub(crate) value: Span,
}

/// Reads the assignment around the anchor word, if there is one, and judges it.
pub(crate) fn examine(
    blob: &Blob<'_>,
    anchor: Span,
) -> Option<(Found, Result<Confidence, Rejection>)> {
    let name = name::around(blob.bytes, anchor);
    let assignment = syntax::read(blob.bytes, name, blob.path)?;
    let found = Found {
        span: Span::new(name.start, assignment.end),
        value: assignment.value,
    };
    let role = Role::of(blob.path).at(blob.bytes, name.start, assignment.kind);
    let verdict = match name::judge(name.of(blob.bytes)) {
        Err(why) => Err(Rejection::Context(why)),
        Ok(class) => value::judge(
            assignment.value.of(blob.bytes),
            name.of(blob.bytes),
            class,
            &assignment,
        )
        .and_then(|confidence| role.temper(confidence)),
    };
    Some((found, verdict))
}
