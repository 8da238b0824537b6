//! What a credential says about itself, in one line.

use sluicegate_core::identity::rfc3339;
use sluicegate_core::{Finding, Trait};

use crate::value::Values;

/// Such as `account 123456789012, ended 2024-03-01`; nothing if it says nothing.
pub(super) fn said(finding: &Finding, values: &Values<'_>) -> Option<String> {
    let identity = finding.identity.as_deref()?;
    let mut said: Vec<String> = identity
        .traits()
        .map(|(name, value)| match (name, value) {
            (Trait::Protection, "none") => "no passphrase".to_owned(),
            (Trait::Protection, _) => "under a passphrase".to_owned(),
            (Trait::Bits, bits) => format!("{bits} bits"),
            (name, value) => format!("{name} {}", values.words(value)),
        })
        .collect();
    let day = |seconds| rfc3339(seconds).map(|time| time[..10].to_owned());
    if let Some(day) = identity.issued.and_then(day) {
        said.push(format!("issued {day}"));
    }
    if let Some(day) = identity.expires.and_then(day) {
        let verb = if identity.is_expired() {
            "expired"
        } else {
            "expires"
        };
        said.push(format!("{verb} {day}"));
    }
    let ended = if identity.is_expired() {
        ": not live any more, so of low severity"
    } else {
        ""
    };
    (!said.is_empty()).then(|| said.join(", ") + ended)
}
