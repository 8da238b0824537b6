//! Why: stable codes. Those of the policy stand in the policy; these are of the gate
//! itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One reason for a verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// The stable code.
    pub code: Arc<str>,
    /// Why, in words.
    pub says: Arc<str>,
    /// What belongs to it, such as a date; may be empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Reason {
    pub(crate) fn new(code: &Arc<str>, says: &Arc<str>) -> Self {
        Self {
            code: Arc::clone(code),
            says: Arc::clone(says),
            facts: BTreeMap::new(),
        }
    }

    /// One of [`CODES`].
    pub(crate) fn known(code: &'static str) -> Self {
        let says = CODES
            .iter()
            .find(|(known, _)| *known == code)
            .map_or("", |(_, says)| says);
        Self::new(&code.into(), &says.into())
    }

    pub(crate) fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }
}

/// The codes of the gate itself, and what they mean.
pub const CODES: &[(&str, &str)] = &[
    ("UNKNOWN", "no row of the policy fits, so it is judged hard"),
    ("REF-PATTERN", "the rule says how its pattern is judged"),
    ("MARKED", "a marker in the file says that it does not count"),
    ("ABSENT", "it is not there any more"),
    ("OVERDUE", "its remedy is overdue"),
    (
        "BUDGET",
        "more is owed than may be before something goes to users",
    ),
    ("WAIVED", "a waiver lets it pass until its end"),
    ("WAIVER-EXPIRED", "there was a waiver, and it has ended"),
    ("WAIVER-SOON", "its waiver ends soon"),
    (
        "WAIVER-EARLY",
        "there is a waiver, and it does not hold yet",
    ),
    (
        "WAIVER-LONG",
        "there is a waiver for longer than the policy lets one hold",
    ),
    (
        "WAIVER-UNSIGNED",
        "there is a waiver, and nobody has signed it",
    ),
    (
        "WAIVER-SIGNATURE",
        "there is a waiver with a signature that is not good",
    ),
    (
        "WAIVER-UNKNOWN-SIGNER",
        "there is a waiver signed by somebody who may not approve",
    ),
    (
        "WAIVER-SELF",
        "there is a waiver approved by somebody who had a part in the change",
    ),
    (
        "WAIVER-APPROVERS",
        "there is a waiver that needs more approvers",
    ),
    (
        "WAIVER-RENEWALS",
        "there is a waiver renewed too often by the same approver",
    ),
    (
        "WAIVER-NOT-BASE",
        "there is a waiver that the change itself brings, not approved yet",
    ),
    (
        "WAIVER-DENIED",
        "there is a waiver, and for this no waiver counts",
    ),
    (
        "WAIVER-UNUSED",
        "a waiver lets nothing pass and can be taken away",
    ),
    ("WAIVER-MALFORMED", "a waiver cannot be read"),
    (
        "APPROVAL-OTHER",
        "there is an approval of another commit, stage, policy or time",
    ),
    ("APPROVED", "somebody who may has approved it"),
    ("REGO", "a policy in Rego says so"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_told_apart_and_explained() {
        let mut seen = BTreeSet::new();
        let policy = crate::Policy::builtin();
        for (code, says) in CODES.iter().copied().chain(policy.codes()) {
            assert!(seen.insert(code), "{code} twice");
            assert!(says.len() > 8, "{code}");
        }
    }
}
