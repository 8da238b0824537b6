//! A rule's own tests.

use serde::{Deserialize, Serialize};

/// A rule's own tests, as templates; see [`expand`](crate::expand).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Texts that give a finding of the rule.
    #[serde(default)]
    pub positive: Vec<String>,
    /// Texts that give none.
    #[serde(default)]
    pub negative: Vec<String>,
}
