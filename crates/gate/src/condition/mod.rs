//! Conditions: the part of CEL, the Common Expression Language, that asks about findings.
//!
//! Everything is looked up and typed when a policy is loaded, so that a condition cannot
//! fail later: there is no unknown name, no wrong type and no missing field left. What is
//! in the language is what stands in `docs/policy.md`; what CEL has beyond that (numbers
//! with a fraction, arithmetic, maps, messages) is an error with a place. A test holds it
//! against a complete implementation of CEL.

mod attribute;
mod check;
mod eval;
mod lex;
mod narrow;
mod parse;

use std::ops::Range;

pub use attribute::{ATTRIBUTES, Attribute, Type};
pub(crate) use eval::Scene;

/// The longest condition, in bytes.
const MAX_LENGTH: usize = 4096;

/// A condition that has been checked.
///
/// ```
/// use sluicegate_gate::{Condition, Context, Finding, FindingKind, Stage, Time};
///
/// let condition = Condition::parse("finding.kind == 'secret_value' && actor.kind != 'human'")?;
/// let context = Context::new(Stage::Merge, Time::from_seconds(0));
/// let finding = Finding::new("0f", "acme-token", FindingKind::SecretValue);
/// assert!(!condition.holds(&finding, &context));
///
/// let error = Condition::parse("finding.kind == 'secert_value'").unwrap_err();
/// assert_eq!(error.span, 16..30);
/// # Ok::<(), sluicegate_gate::ConditionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    node: check::Node,
    /// A bit for each kind of finding that it can hold for.
    kinds: u16,
}

/// What is wrong with a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// The bytes of the condition that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub message: String,
}

impl ConditionError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

impl std::fmt::Display for ConditionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConditionError {}

impl Condition {
    /// Reads and checks a condition.
    ///
    /// # Errors
    ///
    /// If it is no expression, or asks for something that a finding does not have, or
    /// compares what cannot be equal.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        if text.len() > MAX_LENGTH {
            let message = format!("a condition may have {MAX_LENGTH} bytes; split it in two");
            return Err(ConditionError::new(0..text.len(), message));
        }
        let tokens = lex::tokens(text)?;
        let expression = parse::expression(&tokens, text.len())?;
        let node = check::condition(&expression)?;
        Ok(Self {
            text: text.to_owned(),
            kinds: narrow::kinds(&node),
            node,
        })
    }

    /// Whether it holds for the finding.
    pub fn holds(&self, finding: &crate::Finding, context: &crate::Context) -> bool {
        self.holds_in(&Scene::new(finding, context))
    }

    pub(crate) fn holds_in(&self, scene: &Scene<'_>) -> bool {
        self.kinds & narrow::bit(scene.finding.kind) != 0 && eval::holds(&self.node, scene)
    }

    /// Whether it can hold for any finding at all in that context: much of a policy is
    /// about changes of another kind, and need not be asked ten thousand times.
    pub(crate) fn can_hold(&self, context: &crate::Context) -> bool {
        narrow::can_hold(&self.node, context)
    }

    /// The text it was made from.
    pub fn text(&self) -> &str {
        &self.text
    }
}
