//! What a credential says about itself, as the JSON documents have it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sluicegate_core::identity::rfc3339;
use sluicegate_core::{self as core};

use crate::value::Values;

/// What a credential says about itself, or what belongs to it beside it; read, never asked
/// for. Known values in it are redacted.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Identity<'a> {
    /// What it says, by words such as `account`, `issuer` or `algorithm`. More words may be
    /// added.
    traits: BTreeMap<&'static str, Cow<'a, str>>,
    /// When it was issued, as in RFC 3339, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    /// When it ends, as in RFC 3339, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// Whether it had ended more than a day before the time of the scan; it is of low
    /// severity then.
    expired: bool,
}

impl<'a> Identity<'a> {
    /// What is to say about a finding, if it says anything.
    pub(crate) fn of(finding: &'a core::Finding, values: &Values<'_>) -> Option<Self> {
        let identity = finding.identity.as_deref()?;
        Some(Self {
            traits: identity
                .traits()
                .map(|(name, value)| (name.as_str(), values.words(value)))
                .collect(),
            issued: identity.issued.and_then(rfc3339),
            expires: identity.expires.and_then(rfc3339),
            expired: identity.is_expired(),
        })
    }
}
